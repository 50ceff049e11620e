/* Convolution in whole numbers, of maps that are at least 0.
 *
 * A value of the input becomes a code of 8 bits, 0 to CALK_CODE_MAX, by one factor for the whole
 * map; a weight becomes a signed one, by one factor for each output channel. Sums of products are
 * exact, so every set of loops gives the same ones. An output is
 *
 *     sum * scale[o] + bias[o] (+ residual) (at least 0)
 *
 * with every operation rounded by itself, and so has the same bits in every set too.
 *
 * x86 has no wider sums of products of bytes than 16 bits before VNNI, so products add up in 16
 * bits by fours before they are widened: of channels 0, 1, 4, 5 and 2, 3, 6, 7 of each eight. An
 * output's factor is such that no four can overflow, whatever the codes of the input: neither the
 * positive weights of any four nor the negative ones add up to more than CALK_FOUR_MAX. With the
 * weights that networks have this costs less than half a bit: the largest weight's code is 90 or
 * more, as a rule, and never above 127. */
#ifndef CALK_INT8_H
#define CALK_INT8_H

#include <stdint.h>

#include "conv.h"

#define CALK_CODE_MAX 255
#define CALK_FOUR_MAX 128
/* Output channels in a panel of packed weights, in every set: CALK_CHANNELS. A tap's channels are
 * padded to a multiple of: */
#define CALK_INT8_DEPTH 8

typedef struct calk_int8 {
    calk_window window; /* over the map of floats, one image; `length` channels, of which there
                           are up to the next multiple of 32 to read */
    int32_t out_width;  /* positions in a row of the output */
    int32_t out_stride; /* floats from position to position of output and residual */
    int32_t out_channels;
    int32_t relu;
    float codes;           /* per unit of the input: CALK_CODE_MAX / largest value */
    const int8_t *weights; /* packed by calk_int8_pack */
    const float *scale;    /* out_channels */
    const float *bias;     /* out_channels */
} calk_int8;

/* Bytes from position to position of the codes: whole vectors, and a line more so that positions do
 * not fall on the same cache sets. */
static inline int32_t calk_int8_stride(int32_t channels) { return (channels + 63) / 64 * 64 + 64; }

/* Bytes of packed weights. */
static inline int64_t calk_int8_packed(int32_t taps, int32_t in, int32_t out) {
    const int64_t depth = (in + CALK_INT8_DEPTH - 1) / CALK_INT8_DEPTH * CALK_INT8_DEPTH;
    return taps * depth * calk_padded(out);
}

/* The convolution; data has one input. Output rows (positions) begin to end, panels begin to end.
 * `scratch` has calk_int8_room bytes; `table` is as for conv of calk_kernels. */
typedef void calk_int8_function(const calk_int8 *conv, const calk_conv_data *data,
                                int32_t row_begin, int32_t row_end, int32_t panel_begin,
                                int32_t panel_end, uint8_t *scratch, const float **table);

/* Bytes of scratch for the codes that `rows` output positions read. */
int64_t calk_int8_room(const calk_int8 *conv, int32_t rows);

/* Packs the panels begin to end of a filter and gives the step of each output's weights: a weight
 * is its code times step[o]. `interleave` is the set's: that many channels of a column stand
 * together. `packed` must be zero. */
void calk_int8_pack(int32_t interleave, const calk_filter *filter, int32_t panel_begin,
                    int32_t panel_end, int8_t *packed, float *step);

#endif
