#include "conv_private.h"

#include <stddef.h>

int64_t calk_tap_lengths(const calk_conv *conv, int32_t *lengths) {
    int64_t depth = 0;
    int32_t tap = 0;
    for (int32_t i = 0; i < conv->windows; i++) {
        const calk_window *w = &conv->window[i];
        for (int32_t t = 0; t < w->kernel_h * w->kernel_w; t++) {
            lengths[tap++] = w->length;
            depth += w->length;
        }
    }
    return depth;
}

/* One tap of `count` positions that follow each other in a row of the output, the first of which
 * reads column `left` of `row` (NULL: the row is outside). */
static void run_pointers(const calk_window *w, const float *row, const float *zeros, int32_t left,
                         int32_t count, const float **to) {
    /* Positions begin to end are inside. */
    int32_t begin = left < 0 ? (-left + w->step - 1) / w->step : 0;
    int32_t end = left < w->width ? (w->width - left + w->step - 1) / w->step : 0;
    end = !row || end < 0 ? 0 : end < count ? end : count;
    begin = begin < end ? begin : end;
    for (int32_t i = 0; i < begin; i++)
        to[i] = zeros;
    const int64_t stride = (int64_t)w->step * w->pixel_stride;
    if (begin < end) {
        const float *from = row + (int64_t)left * w->pixel_stride;
        for (int32_t i = begin; i < end; i++)
            to[i] = from + i * stride;
    }
    for (int32_t i = end; i < count; i++)
        to[i] = zeros;
}

static void window_pointers(const calk_conv *conv, const calk_window *w, const float *in,
                            int32_t begin, int32_t end, const float **table) {
    const int32_t rows = end - begin;
    for (int32_t i = 0, count; i < rows; i += count) {
        const int32_t image = (begin + i) / conv->out_rows;
        const int32_t position = (begin + i) % conv->out_rows;
        const int32_t x = position % conv->out_width;
        count = conv->out_width - x < rows - i ? conv->out_width - x : rows - i;
        const int32_t top = position / conv->out_width * w->step - w->pad_y;
        const int32_t left = x * w->step - w->pad_x;
        const float *map = in + image * w->image_stride;
        const float **column = table + i;
        for (int32_t ky = 0; ky < w->kernel_h; ky++) {
            const int32_t y = top + ky;
            const float *row = y >= 0 && y < w->height ? map + (int64_t)y * w->row_stride : NULL;
            for (int32_t kx = 0; kx < w->kernel_w; kx++, column += rows)
                run_pointers(w, row, conv->zeros, left + kx, count, column);
        }
    }
}

void calk_tap_pointers(const calk_conv *conv, const calk_conv_data *data, int32_t begin,
                       int32_t end, const float **table) {
    for (int32_t i = 0; i < conv->windows; i++) {
        const calk_window *w = &conv->window[i];
        window_pointers(conv, w, data->in[i], begin, end, table);
        table += (int64_t)w->kernel_h * w->kernel_w * (end - begin);
    }
}

calk_walk calk_walk_over(const calk_conv *conv, const calk_conv_data *data, int32_t begin,
                         int32_t end, int32_t most, const float **table) {
    const int64_t at = (int64_t)begin * conv->out_stride;
    const calk_walk walk = {
        .rows = end - begin,
        .blocks = calk_block_count(end - begin, most),
        .taps = calk_conv_taps(conv),
        .table = table,
        .residual = data->residual ? data->residual + at : NULL,
        .out = data->out + at,
        .stride = conv->out_stride,
    };
    for (int32_t i = 0; i < walk.blocks; i++) {
        const int32_t first = calk_share(walk.rows, i, walk.blocks);
        const int32_t last = calk_share(walk.rows, i + 1, walk.blocks);
        calk_tap_pointers(conv, data, begin + first, begin + last,
                          table + (int64_t)first * walk.taps);
    }
    return walk;
}
