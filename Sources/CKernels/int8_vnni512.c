/* The int8 loop with AVX-512 VNNI. */
#if defined(__x86_64__)
#include "conv_private.h"
#include "int8_private.h"

#define ISA(x) x##_avx512vnni
#define LANES 16
/* More sums than two units of latency 5 have under way. */
#define INT8_ROWS 12
#define EACH_INT8_HEIGHT(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12)

#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma"))),             \
    apply_to = function)
#include "int8_avx512.h"
#include "int8_template.h"
#pragma clang attribute pop
#endif
