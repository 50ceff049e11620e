#include "codes.h"

static int is_single(const calk_window *window) {
    return window->kernel_h == 1 && window->kernel_w == 1;
}

/* A window of one tap reads one position for each of the output's: only those become codes. A
 * larger one reads whole lines of the map. */
calk_codes calk_codes_for(const calk_window *window, int32_t out_width, int32_t out_stride,
                          int32_t length, int32_t stride, int32_t row_begin, int32_t row_end) {
    const int32_t rows = row_end - row_begin;
    calk_codes codes = {.window = window, .out_width = out_width, .row_begin = row_begin};
    codes.conv = (calk_conv){.windows = 1, .out_rows = INT32_MAX, .out_stride = out_stride};
    calk_window w = *window;
    w.pixel_stride = stride;
    w.length = length;
    w.image_stride = 0;
    if (is_single(window)) {
        codes.positions = rows;
        codes.conv.out_width = rows;
        w.height = 1;
        w.width = rows;
        w.row_stride = stride * rows;
        w.step = 1;
    } else {
        const int32_t top = row_begin / out_width * w.step - w.pad_y;
        const int32_t bottom = (row_end - 1) / out_width * w.step - w.pad_y + w.kernel_h;
        codes.begin = row_begin;
        codes.first_line = top > 0 ? top : 0;
        codes.lines = (bottom < w.height ? bottom : w.height) - codes.first_line;
        codes.positions = (int64_t)codes.lines * w.width;
        codes.conv.out_width = out_width;
        w.row_stride = stride * w.width;
        w.pad_y += codes.first_line;
        w.height = codes.lines;
    }
    codes.conv.window[0] = w;
    return codes;
}

calk_conv_data calk_codes_data(const calk_codes *codes, const calk_conv_data *data) {
    const int64_t shift = (int64_t)(codes->row_begin - codes->begin) * codes->conv.out_stride;
    return (calk_conv_data){
        .residual = data->residual ? data->residual + shift : NULL,
        .out = data->out + shift,
    };
}

calk_run calk_codes_run(const calk_codes *codes, int64_t i) {
    const calk_window *w = codes->window;
    const int32_t single = is_single(w);
    const int64_t at = single ? codes->row_begin + i : i;
    const int32_t width = single ? codes->out_width : w->width;
    const int32_t step = single ? w->step : 1;
    const int64_t y = codes->first_line + at / width * step, x = at % width;
    const int64_t left = codes->positions - i;
    return (calk_run){
        .first = y * w->row_stride + x * step * w->pixel_stride,
        .step = (int64_t)step * w->pixel_stride,
        .count = width - x < left ? width - x : left,
    };
}

int64_t calk_codes_room(const calk_window *w, int32_t out_width, int32_t rows) {
    if (is_single(w))
        return rows;
    /* Lines of the output that `rows` positions touch, wherever they begin. */
    const int64_t touched = (rows + out_width - 2) / out_width + 1;
    const int64_t lines = (touched - 1) * w->step + w->kernel_h;
    return (lines < w->height ? lines : w->height) * w->width;
}
