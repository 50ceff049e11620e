/* Convolution with products of bf16 numbers, added up in floats.
 *
 * A value of the input and a weight are rounded to bf16, the upper half of a float: to the nearest,
 * ties to even. What is smaller than CALK_BF16_LEAST becomes 0 before, and so do biases. An output
 * is the bias, to which the products of all taps and channels are added in order, each sum rounded
 * to a float (then + residual, at least 0, as in fp32).
 *
 * Such a product is exact in a float, and a sum of such products is 0 or at least the least normal
 * float. So it does not matter whether a set of loops rounds products or flushes small sums to 0,
 * as VDPBF16PS does: the bits are the same in every set, with the instruction and without, unless a
 * product is beyond the range of floats. */
#ifndef CALK_BF16_H
#define CALK_BF16_H

#include <stdint.h>

#include "conv.h"
#include "kernels.h"

/* 2^-56: the last place of a product of two such numbers is 2^-126 or more. */
#define CALK_BF16_LEAST 0x1p-56f

/* The loops of a set. */
typedef struct calk_bf16 {
    int32_t panel; /* output channels in a panel of packed weights */
    /* Channels of a tap that share four bytes of codes and of a column's weights: 2, the first of
     * them in the upper half, which VDPBF16PS adds first; or 1, a float that is a bf16 number. */
    int32_t together;
    /* Makes codes of `count` positions, step floats from one to the next: of `length` channels, a
     * multiple of CALK_CHANNELS. */
    void (*encode)(const float *in, int64_t step, int64_t count, int32_t length, float *codes,
                   int64_t codes_step);
    /* As calk_kernels has it, over codes. */
    void (*conv)(const calk_conv *conv, const calk_conv_data *data, int32_t row_begin,
                 int32_t row_end, int32_t panel_begin, int32_t panel_end, const float **table);
} calk_bf16;

/* The loops for a set, with the instruction where this CPU has it; NULL where it lacks the set. */
const calk_bf16 *calk_bf16_for(calk_set set);

/* Four-byte groups of a tap of `channels`, as weights and as codes. */
static inline int32_t calk_bf16_length(const calk_bf16 *loops, int32_t channels) {
    return (channels + loops->together - 1) / loops->together;
}

/* The number that a value is multiplied as, and that a bias is added as. */
float calk_bf16_round(float value);
static inline float calk_bf16_bias(float bias) {
    return bias < CALK_BF16_LEAST && bias > -CALK_BF16_LEAST ? 0 : bias;
}

/* Packs panels begin to end of a filter as calk_kernels.pack does, in groups of four bytes: `depth`
 * of them in all, this window's from depth_offset on. `packed` must be zero. */
void calk_bf16_pack(const calk_bf16 *loops, int64_t depth, int64_t depth_offset,
                    const calk_filter *filter, int32_t panel_begin, int32_t panel_end,
                    float *packed);

/* Output rows (positions) of one image begin to end, panels begin to end. Of `conv`, whose windows
 * are over maps of floats, either there is one, or both have one tap; of a tap's channels there are
 * up to the next multiple of CALK_CHANNELS to read, and these are zero. `scratch` has
 * calk_bf16_room floats, `table` (row_end - row_begin) * taps pointers. */
void calk_bf16_conv(const calk_bf16 *loops, const calk_conv *conv, const calk_conv_data *data,
                    int32_t row_begin, int32_t row_end, int32_t panel_begin, int32_t panel_end,
                    float *scratch, const float **table);

/* Floats of scratch for the codes that `rows` output positions read. */
int64_t calk_bf16_room(const calk_bf16 *loops, const calk_conv *conv, int32_t rows);

#endif
