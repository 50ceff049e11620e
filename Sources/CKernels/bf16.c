#include "bf16_private.h"

#include <stddef.h>
#include <string.h>

#include "codes.h"

extern const calk_bf16 calk_bf16_portable;
#if defined(__x86_64__)
extern const calk_bf16 calk_bf16_avx2;
extern const calk_bf16 calk_bf16_avx512;
extern const calk_bf16 calk_bf16_avx512bf16;
#endif

const calk_bf16 *calk_bf16_for(calk_set set) {
    if (!calk_kernels_for(set))
        return NULL;
    switch (set) {
    case CALK_PORTABLE:
        return &calk_bf16_portable;
#if defined(__x86_64__)
    case CALK_AVX2:
        return &calk_bf16_avx2;
    case CALK_AVX512:
        return __builtin_cpu_supports("avx512bf16") ? &calk_bf16_avx512bf16 : &calk_bf16_avx512;
#endif
    default:
        return NULL;
    }
}

float calk_bf16_round(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint32_t size = bits & INT32_MAX;
    if (size < CALK_BF16_LEAST_BITS)
        return 0;
    if (size > CALK_INFINITY_BITS)
        bits |= 1 << 22;
    else
        bits += 0x7fff + (bits >> 16 & 1);
    bits &= 0xffff0000;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Puts a weight into its place in a group of four bytes. */
static void place(int32_t together, int32_t c, float weight, float *group) {
    const float number = calk_bf16_round(weight);
    uint32_t bits, all;
    memcpy(&bits, &number, sizeof bits);
    memcpy(&all, group, sizeof all);
    all |= c % together ? bits >> 16 : bits;
    memcpy(group, &all, sizeof all);
}

void calk_bf16_pack(const calk_bf16 *loops, int64_t depth, int64_t depth_offset,
                    const calk_filter *f, int32_t panel_begin, int32_t panel_end, float *packed) {
    const int32_t length = calk_bf16_length(loops, f->in), panel = loops->panel;
    for (int32_t o = panel_begin * panel; o < f->out && o < panel_end * panel; o++) {
        const int32_t first = o / panel * panel;
        const int32_t width = calk_panel_width(panel, f->out, first);
        float *column = packed + first * depth + depth_offset * width + o - first;
        for (int32_t t = 0; t < f->taps; t++)
            for (int32_t c = 0; c < f->in; c++) {
                const int64_t group = (int64_t)t * length + c / loops->together;
                place(loops->together, c, calk_weight(f, o, c, t), column + group * width);
            }
    }
}

/* Floats from position to position of a window's codes: whole vectors, and a line more so that
 * positions do not fall on the same cache sets. */
static int32_t stride_of(const calk_bf16 *loops, const calk_window *w) {
    return calk_bf16_length(loops, calk_padded(w->length)) + 16;
}

int64_t calk_bf16_room(const calk_bf16 *loops, const calk_conv *conv, int32_t rows) {
    int64_t room = 0;
    for (int32_t i = 0; i < conv->windows; i++) {
        const calk_window *w = &conv->window[i];
        room += calk_codes_room(w, conv->out_width, rows) * stride_of(loops, w);
    }
    return room;
}

/* Makes the codes of a window and returns where they end. */
static float *encode(const calk_bf16 *loops, const calk_window *w, int32_t out_width,
                     const calk_codes *codes, int32_t row_begin, const float *in, float *to) {
    const int32_t stride = stride_of(loops, w);
    for (int64_t i = 0; i < codes->positions;) {
        const calk_run run = calk_codes_run(w, out_width, codes, row_begin, i);
        loops->encode(in + run.first, run.step, run.count, calk_padded(w->length), to, stride);
        to += run.count * stride;
        i += run.count;
    }
    return to;
}

void calk_bf16_conv(const calk_bf16 *loops, const calk_conv *conv, const calk_conv_data *data,
                    int32_t row_begin, int32_t row_end, int32_t panel_begin, int32_t panel_end,
                    float *scratch, const float **table) {
    const int32_t rows = row_end - row_begin;
    if (rows <= 0)
        return;
    calk_conv walk = *conv;
    calk_conv_data source = *data;
    int32_t begin = 0;
    for (int32_t i = 0; i < conv->windows; i++) {
        const calk_window *w = &conv->window[i];
        const calk_codes codes =
            calk_codes_for(w, conv->out_width, calk_bf16_length(loops, w->length),
                           stride_of(loops, w), row_begin, row_end);
        walk.window[i] = codes.walk.window[0];
        walk.out_width = codes.walk.out_width;
        walk.out_rows = codes.walk.out_rows;
        begin = codes.begin;
        source.in[i] = scratch;
        scratch = encode(loops, w, conv->out_width, &codes, row_begin, data->in[i], scratch);
    }
    /* Rows of the output are counted as the codes are. */
    const int64_t shift = (int64_t)(row_begin - begin) * conv->out_stride;
    source.out += shift;
    if (source.residual)
        source.residual += shift;
    loops->conv(&walk, &source, begin, begin + rows, panel_begin, panel_end, table);
}
