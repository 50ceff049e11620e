/* AVX-512 F, BW, DQ, VL. */
#if defined(__x86_64__)
#include "bf16_private.h"
#include "conv_private.h"
#include "include/kernels.h"
#include "int8_private.h"
#include "winograd_private.h"

#define ISA(x) x##_avx512
#define LANES 16
#define PANEL (2 * LANES)
#define BLOCK_ROWS 12
#define ROW_TILE_A 4
#define ROW_TILE_B 6
#define INT8_INTERLEAVE 4
#define INT8_CONV calk_int8_conv_512
#define INT8_NAME calk_int8_name_512
#define EACH_BLOCK_HEIGHT(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12)

#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#include "kernels_template.h"
#pragma clang attribute pop
#endif
