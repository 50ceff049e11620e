/* The plain target: SSE2 on x86-64, NEON on arm64. */
#include "conv.h"
#include "include/kernels.h"
#include "winograd_points.h"

#define ISA(x) x##_portable
#define LANES 4
#define PANEL (2 * LANES)
#define BLOCK_ROWS 4
#define ROW_TILE_A 1
#define ROW_TILE_B 2
#define EACH_BLOCK_HEIGHT(X) X(1) X(2) X(3) X(4)

#include "kernels_template.h"
