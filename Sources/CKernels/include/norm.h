/* BatchNorm over a batch, and its gradient. Maps are position-major as in conv.h, images follow
 * each other, channel counts are multiples of CALK_CHANNELS. Every sum runs in one order that does
 * not depend on how the work is shared out. */
#ifndef CALK_NORM_H
#define CALK_NORM_H

#include <stdint.h>

/* A batch of one layer's values on the way through its BatchNorm. */
typedef struct calk_norm_rows {
    int32_t rows;     /* positions */
    int32_t stride;   /* floats from position to position, of all maps */
    int32_t channels; /* multiple of CALK_CHANNELS */
} calk_norm_rows;

/* What a BatchNorm does to a channel: out = in * scale + shift. Both have `channels` floats. */
typedef struct calk_norm {
    const float *scale, *shift;
    const float *residual; /* a map, added before the ReLU; NULL: none */
    int32_t relu;
} calk_norm;

/* The gradient of a BatchNorm's input: out_gradient * scale + in * slope + offset, `channels`
 * floats each. */
typedef struct calk_norm_slope {
    const float *scale, *slope, *offset;
} calk_norm_slope;

#endif
