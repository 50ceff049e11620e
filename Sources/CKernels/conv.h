/* What the convolution templates share across instruction sets. */
#ifndef CALK_CONV_PRIVATE_H
#define CALK_CONV_PRIVATE_H

#include <stdint.h>

#include "include/conv.h"

/* A 7x7 window and a shortcut are the most that the network needs. */
#define CALK_TAPS_MAX 64

/* Fills the length of every tap and returns their sum. */
int64_t calk_tap_lengths(const calk_conv *conv, int32_t *lengths);

/* Fills taps x (end - begin) pointers: where each tap of each output row starts. */
void calk_tap_pointers(const calk_conv *conv, const calk_conv_data *data, int32_t begin,
                       int32_t end, const float **table);

#endif
