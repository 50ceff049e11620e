/* What Winograd's loops share across instruction sets. */
#ifndef CALK_WINOGRAD_PRIVATE_H
#define CALK_WINOGRAD_PRIVATE_H

#include "include/winograd.h"

/* Rows of G: how the three weights of a line become a point's. */
static const float calk_points2[4][3] = {
    {1, 0, 0}, {0.5f, 0.5f, 0.5f}, {0.5f, -0.5f, 0.5f}, {0, 0, 1}};
static const float calk_points4[6][3] = {
    {1 / 4.f, 0, 0},
    {-1 / 6.f, -1 / 6.f, -1 / 6.f},
    {-1 / 6.f, 1 / 6.f, -1 / 6.f},
    {1 / 24.f, 1 / 12.f, 1 / 6.f},
    {1 / 24.f, -1 / 12.f, 1 / 6.f},
    {0, 0, 1},
};

/* How tiles lie on the maps: taken once, because every store may change what `w` points to as far
 * as the compiler knows, and it would divide again for each tile. */
typedef struct calk_winograd_grid {
    int32_t tile;
    int32_t across;    /* tiles in a row of tiles */
    int32_t map_tiles; /* of one image */
} calk_winograd_grid;

static inline calk_winograd_grid calk_winograd_grid_of(const calk_winograd *w) {
    return (calk_winograd_grid){
        .tile = w->tile,
        .across = (w->width + w->tile - 1) / w->tile,
        .map_tiles = calk_winograd_map_tiles(w),
    };
}

/* A tile's image, and the row and column of its first output position. */
typedef struct calk_winograd_place {
    int32_t image, top, left;
} calk_winograd_place;

/* Of tile `index` of all images. */
static inline calk_winograd_place calk_winograd_place_of(calk_winograd_grid grid, int32_t index) {
    const int32_t in_map = index % grid.map_tiles;
    return (calk_winograd_place){
        .image = index / grid.map_tiles,
        .top = in_map / grid.across * grid.tile,
        .left = in_map % grid.across * grid.tile,
    };
}

#endif
