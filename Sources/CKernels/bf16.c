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
static float *encode(const calk_bf16 *loops, const calk_codes *codes, const float *in, float *to) {
    const calk_window *w = codes->window;
    const int32_t stride = stride_of(loops, w);
    for (int64_t i = 0; i < codes->positions;) {
        const calk_run run = calk_codes_run(codes, i);
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
    calk_codes codes[2];
    for (int32_t i = 0; i < conv->windows; i++) {
        const calk_window *w = &conv->window[i];
        codes[i] =
            calk_codes_for(w, conv->out_width, conv->out_stride, calk_bf16_length(loops, w->length),
                           stride_of(loops, w), row_begin, row_end);
    }
    /* Two windows have one tap each, so that the codes of both count positions alike. */
    calk_conv over = *conv;
    over.out_width = codes[0].conv.out_width;
    over.out_rows = codes[0].conv.out_rows;
    calk_conv_data source = calk_codes_data(&codes[0], data);
    for (int32_t i = 0; i < conv->windows; i++) {
        over.window[i] = codes[i].conv.window[0];
        source.in[i] = scratch;
        scratch = encode(loops, &codes[i], data->in[i], scratch);
    }
    const int32_t begin = codes[0].begin;
    loops->conv(&over, &source, begin, begin + rows, panel_begin, panel_end, table);
}
