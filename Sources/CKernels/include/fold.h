/* Weights that are kept as products with a scale, and had back bit for bit.
 *
 * Division gives a weight back up to a few units in its last place. What is missing then fits a
 * byte unless the scale is 0 or products leave the range of normal numbers. */
#ifndef CALK_FOLD_H
#define CALK_FOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "conv.h"

/* What is missing for the weights of outputs begin to end. `rest` has a byte for each weight of the
 * whole filter, in the order of the weights (output, input, tap). Returns whether all of it fits.
 */
bool calk_fold_rest(const calk_filter *filter, int32_t begin, int32_t end, int8_t *rest);

/* The weights of a filter that `pack` packed, with those steps, from what it made and `rest`:
 * floats in the order of `rest`, at any alignment. */
void calk_unfold(int32_t panel, int64_t depth, int64_t depth_offset, const calk_filter *filter,
                 const float *packed, const int8_t *rest, void *weights);

#endif
