/* Convolution as one matrix product over indirect rows.
 *
 * Maps are position-major (NHWC): a position's channels stand together, pixel_stride floats
 * from position to position. An output row (one position) is the sum over taps of
 * input[tap] . weights[tap]; where a tap falls outside the map its pointer is that of a run of
 * zeros. So 1x1, strided, 3x3 and 7x7 convolutions, and the products inside Winograd's
 * algorithm, are one loop, and a projected shortcut is one tap more.
 *
 * Output channels come in panels, CALK_PANEL(set) wide; a rest of at most half a panel makes a
 * half panel. Channel counts of outputs are multiples of CALK_CHANNELS. */
#ifndef CALK_CONV_H
#define CALK_CONV_H

#include <stdint.h>

#define CALK_CHANNELS 16

/* Channels with those that fill up the last CALK_CHANNELS. */
static inline int32_t calk_padded(int32_t channels) {
    return (channels + CALK_CHANNELS - 1) / CALK_CHANNELS * CALK_CHANNELS;
}

/* Columns of the panel that begins with output `first` of `out`: `panel`, or half of that. */
static inline int32_t calk_panel_width(int32_t panel, int32_t out, int32_t first) {
    return calk_padded(out) - first > panel / 2 ? panel : panel / 2;
}

/* Where part i of 0 to count - 1 begins, cut into `parts` parts of nearly equal length. */
static inline int32_t calk_share(int32_t count, int32_t i, int32_t parts) {
    return (int32_t)((int64_t)count * i / parts);
}

/* A map and the window that walks over it. */
typedef struct calk_window {
    int32_t height, width; /* of the map, positions */
    int32_t pixel_stride;  /* floats from position to position */
    int32_t row_stride;    /* floats from row to row */
    int32_t kernel_h, kernel_w;
    int32_t step;
    int32_t pad_y, pad_x; /* rows above the map and columns before it where it starts */
    int32_t length;       /* floats read at each tap */
    int64_t image_stride; /* floats from image to image */
} calk_window;

typedef struct calk_conv {
    calk_window window[2];
    int32_t windows;    /* 1, or 2: the second adds to the first */
    int32_t out_width;  /* positions in a row of the output */
    int32_t out_rows;   /* positions of an image; images follow each other */
    int32_t out_stride; /* floats from position to position of output and residual */
    int32_t out_channels;
    int32_t relu;
    const float *weights; /* packed by pack */
    const float *bias;    /* out_channels */
    const float *zeros;   /* as many as the longest tap */
} calk_conv;

typedef struct calk_conv_data {
    const float *in[2];
    const float *residual; /* NULL: none */
    float *out;
} calk_conv_data;

/* Taps of all windows together. */
static inline int32_t calk_conv_taps(const calk_conv *conv) {
    int32_t taps = 0;
    for (int32_t i = 0; i < conv->windows; i++)
        taps += conv->window[i].kernel_h * conv->window[i].kernel_w;
    return taps;
}

/* The weights of a convolution, of `in` channels to `out`: that of tap t stands at
 * weights[o * out_step + c * in_step + tap[t]], and each output is scaled by scale[o]. The same
 * numbers make the convolution and, with steps exchanged and taps reversed, its transpose. */
typedef struct calk_filter {
    const void *weights; /* floats at any alignment: a model file has them anywhere */
    const float *scale;  /* NULL: 1 */
    int32_t out, in;
    int64_t out_step, in_step;
    int32_t taps;
    int32_t tap[49];
} calk_filter;

#endif
