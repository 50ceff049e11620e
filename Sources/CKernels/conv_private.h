/* What the convolution templates share across instruction sets. */
#ifndef CALK_CONV_PRIVATE_H
#define CALK_CONV_PRIVATE_H

#include <stdint.h>

#include "include/conv.h"

/* A 7x7 window and a shortcut are the most that the network needs. */
#define CALK_TAPS_MAX 64

/* A filter's weight, scaled. */
static inline float calk_weight(const calk_filter *f, int32_t o, int32_t c, int32_t tap) {
    float weight;
    const int64_t at = o * f->out_step + c * f->in_step + f->tap[tap];
    __builtin_memcpy(&weight, (const char *)f->weights + 4 * at, 4);
    return f->scale ? weight * f->scale[o] : weight;
}

/* Fills the length of every tap and returns their sum. */
int64_t calk_tap_lengths(const calk_conv *conv, int32_t *lengths);

/* Fills taps x (end - begin) pointers: where each tap of each output row starts. */
void calk_tap_pointers(const calk_conv *conv, const calk_conv_data *data, int32_t begin,
                       int32_t end, const float **table);

#endif
