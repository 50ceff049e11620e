#include "int8_private.h"

calk_codes calk_int8_codes(const calk_int8 *conv, int32_t row_begin, int32_t row_end) {
    const int32_t depth =
        (conv->window.length + CALK_INT8_DEPTH - 1) / CALK_INT8_DEPTH * CALK_INT8_DEPTH;
    return calk_codes_for(&conv->window, conv->out_width, conv->out_stride, depth / 4,
                          calk_int8_stride(conv->window.length) / 4, row_begin, row_end);
}

int64_t calk_int8_room(const calk_int8 *conv, int32_t rows) {
    /* One more position: what lies outside the map. */
    return (calk_codes_room(&conv->window, conv->out_width, rows) + 1) *
           calk_int8_stride(conv->window.length);
}

/* What the fours of channels from c on (0: the first, 1: the second of them) of an output sum up
 * to: the larger of the positive weights and of the negative ones. */
static float four_size(const calk_filter *f, int32_t o, int32_t c, int32_t tap, int32_t second) {
    float above = 0, below = 0;
    for (int32_t i = 0; i < 4; i++) {
        const int32_t channel = c + 2 * second + i % 2 + i / 2 * 4;
        const float weight = channel < f->in ? calk_weight(f, o, channel, tap) : 0;
        above += weight > 0 ? weight : 0;
        below += weight < 0 ? -weight : 0;
    }
    return above > below ? above : below;
}

/* Rounding adds at most a half to each code of a four. */
static float weight_step(const calk_filter *f, int32_t o) {
    float most = 0;
    for (int32_t t = 0; t < f->taps; t++)
        for (int32_t c = 0; c < f->in; c += CALK_INT8_DEPTH)
            for (int32_t second = 0; second < 2; second++) {
                const float size = four_size(f, o, c, t, second);
                most = size > most ? size : most;
            }
    return most / (CALK_FOUR_MAX - 2);
}

/* The nearest whole number, ties to even; of what is not a number, 0. */
static int8_t weight_code(float x) {
    const float shift = 3 << 22;
    if (!(x > -CALK_FOUR_MAX && x < CALK_FOUR_MAX))
        return 0;
    const float rounded = x + shift;
    return (int8_t)(rounded - shift);
}

void calk_int8_pack(int32_t interleave, const calk_filter *f, int32_t panel_begin,
                    int32_t panel_end, int8_t *packed, float *step) {
    const int64_t depth = calk_int8_packed(1, f->in, 1) / CALK_CHANNELS;
    for (int32_t o = panel_begin * CALK_CHANNELS; o < f->out && o < panel_end * CALK_CHANNELS;
         o++) {
        int8_t *panel = packed + o / CALK_CHANNELS * CALK_CHANNELS * depth * f->taps;
        step[o] = weight_step(f, o);
        if (step[o] == 0)
            continue;
        for (int32_t t = 0; t < f->taps; t++)
            for (int32_t c = 0; c < f->in; c++) {
                const int64_t group = t * depth + c / interleave * interleave;
                const int64_t at = group * CALK_CHANNELS + o % CALK_CHANNELS * interleave;
                panel[at + c % interleave] = weight_code(calk_weight(f, o, c, t) / step[o]);
            }
    }
}
