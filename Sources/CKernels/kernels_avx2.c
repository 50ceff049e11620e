/* AVX2 and FMA. */
#if defined(__x86_64__)
#include "bf16_private.h"
#include "conv_private.h"
#include "include/kernels.h"
#include "int8_private.h"
#include "winograd_private.h"

#define ISA(x) x##_avx2
#define LANES 8
#define PANEL (2 * LANES)
#define BLOCK_ROWS 6
#define ROW_TILE_A 2
#define ROW_TILE_B 3
#define INT8_ROWS 4
#define INT8_INTERLEAVE 4
#define INT8_CONV calk_int8_conv_256
#define INT8_NAME calk_int8_name_256
#define EACH_INT8_HEIGHT(X) X(1) X(2) X(3) X(4)
#define EACH_BLOCK_HEIGHT(X) X(1) X(2) X(3) X(4) X(5) X(6)

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "int8_avx2.h"
#include "int8_template.h"
#include "kernels_template.h"
#pragma clang attribute pop
#endif
