/* The int8 loop with AVX-VNNI: 256 bits, of processors without AVX-512. */
#if defined(__x86_64__)
#include "conv_private.h"
#include "int8_private.h"

#define ISA(x) x##_avxvnni
#define LANES 8
#define INT8_VNNI
/* 12 sums of 16 registers. */
#define INT8_ROWS 6
#define EACH_INT8_HEIGHT(X) X(1) X(2) X(3) X(4) X(5) X(6)

#pragma clang attribute push(__attribute__((target("avx2,fma,avxvnni"))), apply_to = function)
#include "int8_avx2.h"
#include "int8_template.h"
#pragma clang attribute pop
#endif
