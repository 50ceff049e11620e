/* The plain target: SSE2 on x86-64, NEON on arm64. */
#include "bf16_private.h"
#include "conv_private.h"
#include "include/kernels.h"
#include "int8_private.h"
#include "winograd_private.h"

#define ISA(x) x##_portable
#define LANES 4
#define PANEL (2 * LANES)
#define INT8_INTERLEAVE 1
#define INT8_CONV calk_int8_conv_portable
#define INT8_NAME int8_name_portable
#if defined(__aarch64__)
/* 32 registers: 16 sums, 8 rows' numbers of four steps, columns. With ten rows the compiler keeps
 * some of them in memory. */
#define BLOCK_ROWS 8
#define INT8_ROWS 4
#define EACH_INT8_HEIGHT(X) X(1) X(2) X(3) X(4)
#define ROW_TILE_A 2
#define ROW_TILE_B 3
#define EACH_BLOCK_HEIGHT(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#else
#define BLOCK_ROWS 4
#define INT8_ROWS 2
#define EACH_INT8_HEIGHT(X) X(1) X(2)
#define ROW_TILE_A 1
#define ROW_TILE_B 2
#define EACH_BLOCK_HEIGHT(X) X(1) X(2) X(3) X(4)
#endif

#include "int8_portable.h"
#include "int8_template.h"

static const char *int8_name_portable(void) { return "portable"; }

#include "kernels_template.h"
