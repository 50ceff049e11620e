/* The table of hot loops, one per instruction set, chosen at run time.
 *
 * No loop allocates, fails or keeps a pointer: every buffer is the caller's, scratch included, and
 * need not be aligned to more than its numbers are. Threads may call the same loop at once, each
 * with its own scratch and its own part of the result. Nothing is checked. */
#ifndef CALK_KERNELS_H
#define CALK_KERNELS_H

#include <stdint.h>

#include "conv.h"
#include "dct.h"
#include "int8.h"
#include "mask.h"
#include "norm.h"
#include "weight_gradient.h"
#include "winograd.h"

typedef enum calk_set { CALK_PORTABLE = 1, CALK_AVX2 = 2, CALK_AVX512 = 3 } calk_set;

typedef struct calk_kernels {
    int32_t panel; /* output channels in a panel of packed weights */

    /* Packs panels begin to end of a filter: panels of `panel` columns whose depth is `depth` in
     * all; this window's rows start at depth_offset and follow each other as tap * in + channel.
     * Columns from `out` up to the next multiple of CALK_CHANNELS are zero. packed has
     * depth * roundup(out, CALK_CHANNELS) floats. */
    void (*pack)(int64_t depth, int64_t depth_offset, const calk_filter *filter,
                 int32_t panel_begin, int32_t panel_end, float *packed);

    /* Transforms a 3x3 filter for Winograd's algorithm and packs it: panel, point, input channel,
     * column. `packed` has points * in_padded * roundup(out, CALK_CHANNELS) floats and must be
     * zero where in < in_padded, which is `in` rounded up to CALK_CHANNELS. */
    void (*winograd_pack)(int32_t tile, const calk_filter *filter, int32_t panel_begin,
                          int32_t panel_end, float *packed);

    /* Output rows (positions) begin to end, panels begin to end. `table` is scratch for
     * (row_end - row_begin) * taps pointers. */
    void (*conv)(const calk_conv *conv, const calk_conv_data *data, int32_t row_begin,
                 int32_t row_end, int32_t panel_begin, int32_t panel_end, const float **table);

    /* Channels of a column that stand together in weights of calk_int8_pack. */
    int32_t int8_interleave;

    /* The same in whole numbers, by the processor's VNNI where it has that. The name is that of
     * the instructions: "avx512vnni", "avxvnni", "avx2" or "portable". */
    calk_int8_function *int8_conv;
    const char *(*int8_name)(void);

    /* Input transform of tiles begin to end into v: point, tile - first_tile, channel;
     * `tiles` is the number of tiles that v has room for, see calk_winograd_room. */
    void (*winograd_input)(const calk_winograd *w, const float *in, int32_t tile_begin,
                           int32_t tile_end, int32_t first_tile, int32_t tiles, float *v);

    /* Products and output transform of the `tiles` tiles in v, which start at first_tile, for
     * panels begin to end. `products` is scratch for points * calk_winograd_room(tiles, panel)
     * floats, `table` for `tiles` pointers. */
    void (*winograd_output)(const calk_winograd *w, const calk_winograd_data *data, const float *v,
                            int32_t first_tile, int32_t tiles, int32_t panel_begin,
                            int32_t panel_end, float *products, const float **table);

    /* 3x3 max pooling, stride 2, padding 1, output rows (of positions) begin to end. `in` has
     * height x width positions, a row of `out` out_width; all are `stride` floats apart, of which
     * `channels` count (a multiple of 16). */
    void (*max_pool)(const float *in, int32_t height, int32_t width, int32_t channels,
                     int32_t stride, float *out, int32_t out_width, int32_t row_begin,
                     int32_t row_end);

    /* Multiplies every position of a map (`stride` floats apart) by its gate (NULL: 1) in place and
     * gives features[c] = scale[c] * mean + shift[c], channels begin to end (multiples of 16). */
    void (*pool)(float *map, int32_t positions, int32_t stride, const float *gate,
                 const float *scale, const float *shift, float *features, int32_t begin,
                 int32_t end);

    /* DCT-II, or its inverse, down columns begin to end of a square map; the result is
     * transposed, so that two calls make the two-dimensional transform: column c of `in`, whose
     * rows are in_stride floats apart, becomes the row at out + c * out_stride. Up to 15 floats
     * behind a row are read. `scratch` has calk_dct_scratch floats, aligned to 4 bytes. */
    void (*dct)(const calk_dct *plan, int32_t inverse, const float *in, int64_t in_stride,
                float *out, int64_t out_stride, int32_t begin, int32_t end, float *scratch);

    /* The mask and the masked mean over colours, rows begin to end. `scratch` has calk_mask_scratch
     * floats. */
    void (*mask)(const calk_mask *mask, int32_t row_begin, int32_t row_end, float *scratch);

    /* Mean of sigmoid(x) over windows of kernel x kernel that do not overlap, rows of windows begin
     * to end: that of row y and column x goes to out[y * out_width + x]. Rows of `in` are `stride`
     * floats apart. */
    void (*sigmoid_pool)(const float *in, int64_t stride, int32_t kernel, int32_t out_width,
                         float *out, int32_t row_begin, int32_t row_end);

    /* Training. Tiles of a weight gradient, and what output rows begin to end add to tiles
     * begin to end; `table` is scratch for (row_end - row_begin) * taps pointers. */
    int32_t (*weight_gradient_tiles)(const calk_conv *conv);
    void (*weight_gradient)(const calk_weight_gradient *w, int32_t row_begin, int32_t row_end,
                            int32_t tile_begin, int32_t tile_end, const float **table);

    /* The same by Winograd's algorithm. Transforms the output's gradient as winograd_input does
     * the input; then adds the outer products of the `tiles` tiles in v and u to the sums of
     * points begin to end: point, input channel, output channel. `table` is scratch for `tiles`
     * pointers. */
    void (*winograd_gradient)(const calk_winograd *w, const float *gradient, int32_t tile_begin,
                              int32_t tile_end, int32_t first_tile, int32_t tiles, float *u);
    void (*winograd_products)(const calk_winograd *w, const float *v, const float *u, int32_t tiles,
                              int32_t point_begin, int32_t point_end, float *sums,
                              const float **table);

    /* Adds, per channel, the sums of in - centre and of its square. `centre`, `sum` and `square`
     * have a number for each channel; so have those of the next loops. */
    void (*norm_sums)(const calk_norm_rows *n, const float *in, const float *centre, double *sum,
                      double *square);
    void (*norm_apply)(const calk_norm_rows *n, const calk_norm *norm, const float *in, float *out);

    /* Takes the ReLU's gradient in place, where `out` (NULL: no ReLU) is not above 0, and adds
     * the sums of what is left and of its products with in - centre. */
    void (*norm_gradient_sums)(const calk_norm_rows *n, const float *in, const float *centre,
                               const float *out, float *gradient, double *sum, double *dot);

    /* In place: `in` becomes its own gradient. */
    void (*norm_gradient_apply)(const calk_norm_rows *n, const calk_norm_slope *slope,
                                const float *gradient, float *in);

    /* One image's gradient of max_pool: to the first of the largest values of a window, as in
     * PyTorch. Maps have side x side and out_side x out_side positions. Added to in_gradient. */
    void (*max_pool_gradient)(const float *in, int32_t side, int32_t channels, int32_t stride,
                              const float *out_gradient, int32_t out_side, float *in_gradient);

    /* mean[c] = mean over positions of map * gate (NULL: 1), and the gradients of map and gate
     * (gate_gradient NULL: none); one image, positions `stride` floats apart. */
    void (*gated_mean)(const float *map, int32_t positions, int32_t stride, int32_t channels,
                       const float *gate, float *mean);
    void (*gated_mean_gradient)(const float *map, int32_t positions, int32_t stride,
                                int32_t channels, const float *gate, const float *mean_gradient,
                                float *map_gradient, float *gate_gradient);

    /* out[i] = sigmoid(in[i * step] + shift), i < count. */
    void (*sigmoids)(const float *in, int32_t step, float shift, int32_t count, float *out);

    /* out[i * stride + j] = row i of a times row j of b; both have rows of `width` floats. Every
     * product is summed in one order, which is that of `dot` in Sources/CALModel/Head.swift, and
     * so has the same bits in every set: sixteen partial sums, number k over the places with
     * place % 16 == k; these pairwise, upper half onto lower half; then the last width % 16
     * products one by one. */
    void (*row_products)(const float *a, int64_t a_rows, const float *b, int64_t b_rows,
                         int64_t width, float *out, int64_t stride);
} calk_kernels;

/* The loops for a set, or NULL where this CPU or build does not have it. */
const calk_kernels *calk_kernels_for(calk_set set);

/* For a thread that waits for another. */
static inline void calk_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#endif
