/* Winograd's minimal filtering for 3x3 convolutions of stride 1 and padding 1:
 * F(2x2, 3x3) and F(4x4, 3x3), Lavin and Gray, "Fast Algorithms for Convolutional Neural
 * Networks", 2015. An output tile of `tile` x `tile` positions costs (tile + 2)^2
 * multiplications per pair of channels instead of 9 tile^2. */
#ifndef CALK_WINOGRAD_H
#define CALK_WINOGRAD_H

#include <stdint.h>

#include "conv.h"

typedef struct calk_winograd {
    int32_t tile;          /* 2 or 4 */
    int32_t images;        /* maps that follow each other */
    int32_t height, width; /* of the map, positions; input and output alike */
    int32_t in_stride;     /* floats from position to position of the input */
    int32_t in_channels;   /* multiple of CALK_CHANNELS */
    int32_t out_stride;    /* of output and residual */
    int32_t out_channels;  /* multiple of CALK_CHANNELS */
    int32_t relu;
    const float *weights; /* packed by winograd_pack */
    const float *bias;    /* out_channels */
    const float *zeros;   /* in_channels */
} calk_winograd;

typedef struct calk_winograd_data {
    const float *residual; /* NULL: none */
    float *out;
} calk_winograd_data;

static inline int32_t calk_winograd_points(int32_t tile) { return (tile + 2) * (tile + 2); }

/* Tiles of one image. */
static inline int32_t calk_winograd_map_tiles(const calk_winograd *w) {
    return ((w->height + w->tile - 1) / w->tile) * ((w->width + w->tile - 1) / w->tile);
}

/* Tiles of all images, one image after the other. */
static inline int32_t calk_winograd_tiles(const calk_winograd *w) {
    return w->images * calk_winograd_map_tiles(w);
}

/* Floats from tile to tile of a transformed map of so many channels. Where tiles would fall on
 * few cache sets, one line more than the channels. */
static inline int32_t calk_winograd_stride(int32_t channels) {
    return channels % 128 == 0 ? channels + 16 : channels;
}

/* Floats from point to point of `tiles` tiles of `width` floats: an odd number of lines, because
 * all points of a tile are read and written together and must not fall on one cache set. */
static inline int64_t calk_winograd_room(int32_t tiles, int64_t width) {
    return (((tiles * width + 15) / 16) | 1) * 16;
}

/* G^T m G: gradients of `count` weights (a multiple of 16) from their points, each `point_stride`
 * floats behind the one before, to their nine taps, `count` floats each. */
void calk_winograd_taps(int32_t tile, int64_t count, const float *points, int64_t point_stride,
                        float *taps);

#endif
