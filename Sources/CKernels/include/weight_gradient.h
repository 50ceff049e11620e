/* The gradient of a convolution's weights. Maps are position-major as in conv.h, images follow each
 * other. Every sum runs in one order that does not depend on how the work is shared out. */
#ifndef CALK_WEIGHT_GRADIENT_H
#define CALK_WEIGHT_GRADIENT_H

#include "conv.h"

/* The gradient of a convolution's weights is cut into tiles: tap, run of input channels, panel
 * of output channels, panels slowest. */
typedef struct calk_weight_gradient {
    const calk_conv *conv; /* one window; weights and bias are not read */
    const float *in;
    const float *out_gradient; /* out_stride floats from position to position */
    float *gradient;           /* taps * length rows of roundup(out_channels, 16): added to */
} calk_weight_gradient;

#endif
