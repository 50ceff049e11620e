/* Convolutions of square maps, as the loops are told of them. */
#ifndef SQUARE_H
#define SQUARE_H

#include "kernels.h"

/* Over a map of `side` x `side` positions that are `stride` floats apart, `channels` of which
 * count; padded so that a step of 1 keeps the size. */
static inline calk_window square_window(int32_t side, int32_t stride, int32_t channels,
                                        int32_t kernel, int32_t step) {
    return (calk_window){
        .height = side,
        .width = side,
        .pixel_stride = stride,
        .row_stride = stride * side,
        .kernel_h = kernel,
        .kernel_w = kernel,
        .step = step,
        .pad_y = kernel / 2,
        .pad_x = kernel / 2,
        .length = channels,
    };
}

/* Weights as PyTorch has them: output, input, tap. */
static inline calk_filter square_filter(const float *weights, const float *scale, int32_t in,
                                        int32_t out, int32_t kernel) {
    const int32_t taps = kernel * kernel;
    calk_filter f = {.weights = weights, .scale = scale, .out = out, .in = in, .taps = taps};
    f.out_step = (int64_t)in * taps;
    f.in_step = taps;
    for (int32_t t = 0; t < taps; t++)
        f.tap[t] = t;
    return f;
}

#endif
