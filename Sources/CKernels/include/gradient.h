/* Loops of training: BatchNorm over a batch, and the gradients of convolution, pooling and
 * normalisation. Maps are position-major as in conv.h, images follow each other, channel
 * counts are multiples of CALK_CHANNELS. Every sum runs in one order that does not depend on
 * how the work is shared out. */
#ifndef CALK_GRADIENT_H
#define CALK_GRADIENT_H

#include <stdint.h>

#include "conv.h"

/* The gradient of a convolution's weights is cut into tiles: tap, run of input channels, panel
 * of output channels, panels slowest. */
typedef struct calk_weight_gradient {
    const calk_conv *conv; /* one window; weights and bias are not read */
    const float *in;
    const float *out_gradient; /* out_stride floats from position to position */
    float *gradient;           /* taps * length rows of roundup(out_channels, 16): added to */
} calk_weight_gradient;

/* A batch of one layer's values on the way through its BatchNorm. */
typedef struct calk_norm_rows {
    int32_t rows;     /* positions */
    int32_t stride;   /* floats from position to position, of all maps */
    int32_t channels; /* multiple of CALK_CHANNELS */
} calk_norm_rows;

/* What a BatchNorm does to a channel: out = in * scale + shift. */
typedef struct calk_norm {
    const float *scale, *shift;
    const float *residual; /* NULL: none; added before the ReLU */
    int32_t relu;
} calk_norm;

/* The gradient of a BatchNorm's input: out_gradient * scale + in * slope + offset. */
typedef struct calk_norm_slope {
    const float *scale, *slope, *offset;
} calk_norm_slope;

#endif
