/* resize.h - the inner loops of Pillow's antialiased bilinear resize on 8-bit pixels.
 *
 * Pillow resizes along one axis, rounds to 8 bits, resizes along the other, and weighs with
 * integers of 22 fraction bits. Only integer sums are left to these loops, so every kernel set
 * gives the same bytes; weights and order are the caller's (ResizeFilter.swift, Resizer.swift).
 *
 * A weight w (0 to 2^22) does not fit the 16-bit multipliers that CPUs have most of. It is
 * stored as w = high * 2^11 + low, and sum(p * w) = (sum(p * high) << 11) + sum(p * low), all
 * modulo 2^32: the true sum fits, so what the parts lose above bit 31 cancels.
 */
#ifndef CALK_RESIZE_H
#define CALK_RESIZE_H

#include <stddef.h>
#include <stdint.h>

enum {
    CALK_RESIZE_PRECISION = 22, /* fraction bits of a weight */
    CALK_RESIZE_LOW_BITS = 11,  /* of which this many are in the low part */
    CALK_RESIZE_ROWS = 4,       /* rows that one horizontal call resizes */
    CALK_RESIZE_SLACK = 16,     /* bytes a horizontal call may read behind a row's last pixel */
    CALK_RESIZE_BLOCK = 16,     /* taps per output are padded with zeros to a multiple of this */
    CALK_RESIZE_ALIGN = 32      /* rows of a multiple of this many bytes are fastest along y */
};

typedef int32_t calk_resize_set;
enum { CALK_RESIZE_PORTABLE = 1, CALK_RESIZE_AVX2 = 2 };

/* The fastest set that this CPU runs. */
calk_resize_set calk_resize_best(void);

/* The source pixels that make one output pixel. */
typedef struct calk_resize_window {
    int32_t first, count;
} calk_resize_window;

/* Weights of output o: `taps` low parts at weights[o * 2 * taps], then `taps` high parts. */
typedef struct calk_resize_filter {
    const calk_resize_window *windows;
    const int16_t *weights;
    size_t outputs, taps;
} calk_resize_filter;

typedef struct calk_resize_rows {
    const uint8_t *row[CALK_RESIZE_ROWS];
} calk_resize_rows;

/* Resizes four rows of interleaved pixels (channels 1, 3 or 4) along x, into the rows of `out`
 * from number `slot` on, `stride` bytes apart: one byte a pixel for one channel, else four in
 * the source's order, the fourth without meaning. */
void calk_resize_horizontal(calk_resize_set set, calk_resize_rows rows, size_t channels,
                            calk_resize_filter filter, uint8_t *out, size_t slot, size_t stride);

/* Makes row `output` of the resize along y: `bytes` bytes at `out`. Source rows are `stride`
 * bytes apart, in a ring: row y is number y % slots. */
void calk_resize_vertical(calk_resize_set set, const uint8_t *rows, size_t slots, size_t stride,
                          size_t bytes, calk_resize_filter filter, size_t output, uint8_t *out);

/* out[i] = table[values[i * step]], i < count. */
void calk_resize_look_up(const uint8_t *values, size_t step, size_t count, const float table[256],
                         float *out);

/* Writes width pixels of `step` bytes (1, 3 or 4) as R, G, B. red is the place of the red byte,
 * 0 or 2; blue is then the other, green is 1. One byte is all three. */
void calk_resize_rgb(const uint8_t *pixels, size_t step, size_t red, size_t width, uint8_t *rgb);

#endif
