#include "int8.h"

#include "conv.h"

static int is_single(const calk_int8 *conv) {
    return conv->window.kernel_h == 1 && conv->window.kernel_w == 1;
}

/* A window of one tap reads one position for each of the output's: only those become codes. A
 * larger one reads whole lines of the map. */
calk_codes calk_int8_codes(const calk_int8 *conv, int32_t row_begin, int32_t row_end) {
    const int32_t rows = row_end - row_begin;
    const int32_t stride = calk_int8_stride(conv->window.length) / 4;
    calk_codes codes = {.positions = rows};
    calk_window w = conv->window;
    w.pixel_stride = stride;
    w.length = (w.length + CALK_INT8_DEPTH - 1) / CALK_INT8_DEPTH * CALK_INT8_DEPTH / 4;
    w.image_stride = 0;
    codes.walk = (calk_conv){.windows = 1, .out_width = conv->out_width, .out_rows = INT32_MAX};
    if (is_single(conv)) {
        w.height = 1;
        w.width = rows;
        w.row_stride = stride * rows;
        w.step = 1;
        codes.walk.out_width = rows;
    } else {
        const int32_t top = row_begin / conv->out_width * w.step - w.pad_y;
        const int32_t bottom = (row_end - 1) / conv->out_width * w.step - w.pad_y + w.kernel_h;
        codes.begin = row_begin;
        codes.first_line = top > 0 ? top : 0;
        codes.lines = (bottom < w.height ? bottom : w.height) - codes.first_line;
        codes.positions = (int64_t)codes.lines * w.width;
        w.row_stride = stride * w.width;
        w.pad_y += codes.first_line;
        w.height = codes.lines;
    }
    codes.walk.window[0] = w;
    return codes;
}

int64_t calk_int8_source(const calk_int8 *conv, const calk_codes *codes, int32_t row_begin,
                         int64_t i) {
    const calk_window *w = &conv->window;
    int64_t y, x;
    if (is_single(conv)) {
        y = (row_begin + i) / conv->out_width * w->step;
        x = (row_begin + i) % conv->out_width * w->step;
    } else {
        y = codes->first_line + i / w->width;
        x = i % w->width;
    }
    return y * w->row_stride + x * w->pixel_stride;
}

int64_t calk_int8_room(const calk_int8 *conv, int32_t rows) {
    const calk_window *w = &conv->window;
    const int64_t stride = calk_int8_stride(w->length);
    /* One more position: what lies outside the map. */
    if (is_single(conv))
        return (rows + 1) * stride;
    /* Lines of the output that `rows` positions touch, wherever they begin. */
    const int64_t touched = (rows + conv->out_width - 2) / conv->out_width + 1;
    const int64_t lines = (touched - 1) * w->step + w->kernel_h;
    return ((lines < w->height ? lines : w->height) * w->width + 1) * stride;
}

static float weight_at(const calk_filter *f, int32_t o, int32_t c, int32_t tap) {
    float weight;
    const int64_t at = o * f->out_step + c * f->in_step + f->tap[tap];
    __builtin_memcpy(&weight, (const char *)f->weights + 4 * at, 4);
    return f->scale ? weight * f->scale[o] : weight;
}

/* What the fours of channels from c on (0: the first, 1: the second of them) of an output sum up
 * to: the larger of the positive weights and of the negative ones. */
static float four_size(const calk_filter *f, int32_t o, int32_t c, int32_t tap, int32_t second) {
    float above = 0, below = 0;
    for (int32_t i = 0; i < 4; i++) {
        const int32_t channel = c + 2 * second + i % 2 + i / 2 * 4;
        const float weight = channel < f->in ? weight_at(f, o, channel, tap) : 0;
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
                panel[at + c % interleave] = weight_code(weight_at(f, o, c, t) / step[o]);
            }
    }
}
