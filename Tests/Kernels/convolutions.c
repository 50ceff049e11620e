/* Convolutions by indirect rows and by Winograd's algorithm, against sums in double precision. */
#include <math.h>

#include "check.h"
#include "square.h"

/* One convolution, or two that add up, of square maps of some images. */
typedef struct layer {
    int32_t images, side, in, out, kernel, step; /* of the output's map: its side */
    int32_t in_side, in_stride, out_stride;
    const float *map, *weights, *scale, *bias, *residual;
    int32_t relu;
    float *result;
} layer;

static layer random_layer(int32_t images, int32_t side, int32_t kernel, int32_t step, int32_t in,
                          int32_t out) {
    layer l = {.side = side, .in = in, .out = out, .kernel = kernel, .step = step};
    l.images = images;
    l.in_side = (side - 1) * step + 1 + pick(0, step - 1);
    l.in_stride = padded(in) + 16;
    l.out_stride = padded(out) + 16;
    float *map = zeros((int64_t)images * l.in_side * l.in_side * l.in_stride);
    for (int32_t i = 0; i < images * l.in_side * l.in_side; i++)
        for (int32_t c = 0; c < in; c++)
            map[i * l.in_stride + c] = uniform();
    l.map = map;
    l.weights = numbers((int64_t)out * in * kernel * kernel);
    l.scale = numbers(out);
    float *bias = zeros(padded(out));
    for (int32_t o = 0; o < out; o++)
        bias[o] = uniform();
    if (pick(0, 3) == 0)
        bias[pick(0, out - 1)] = NAN;
    l.bias = bias;
    l.residual = pick(0, 1) ? numbers((int64_t)images * side * side * l.out_stride) : NULL;
    l.relu = pick(0, 1);
    l.result = numbers((int64_t)images * side * side * l.out_stride);
    return l;
}

static calk_filter filter_of(const layer *l) {
    return square_filter(l->weights, l->scale, l->in, l->out, l->kernel);
}

/* Adds one output's products to *sum and their sizes to *size. */
static void add_products(const layer *l, int32_t position, int32_t o, double *sum, double *size) {
    const int32_t image = position / l->side / l->side;
    const int32_t y = position / l->side % l->side, x = position % l->side;
    const float *map = l->map + (int64_t)image * l->in_side * l->in_side * l->in_stride;
    for (int32_t ky = 0; ky < l->kernel; ky++)
        for (int32_t kx = 0; kx < l->kernel; kx++) {
            const int32_t row = y * l->step + ky - l->kernel / 2;
            const int32_t column = x * l->step + kx - l->kernel / 2;
            if (row < 0 || column < 0 || row >= l->in_side || column >= l->in_side)
                continue;
            for (int32_t c = 0; c < l->in; c++) {
                const int32_t tap = ky * l->kernel + kx;
                const float weight = l->weights[(o * l->in + c) * l->kernel * l->kernel + tap];
                const float value = map[(row * l->in_side + column) * l->in_stride + c];
                const double product = (double)weight * l->scale[o] * value;
                *sum += product;
                *size += fabs(product);
            }
        }
}

/* `more`: the layer whose products are added; NULL: none. `before`: what the result held. */
static void compare(const layer *l, const layer *more, const float *before, double tolerance,
                    const char *name) {
    for (int32_t i = 0; i < l->images * l->side * l->side; i++)
        for (int32_t o = 0; o < l->out_stride; o++) {
            const int64_t at = (int64_t)i * l->out_stride + o;
            if (o >= padded(l->out) && l->result[at] != before[at])
                fail("%s: wrote behind the channels", name);
            if (o >= l->out)
                continue;
            double sum = l->bias[o], size = fabs(sum) + 1;
            add_products(l, i, o, &sum, &size);
            if (more)
                add_products(more, i, o, &sum, &size);
            if (l->residual)
                sum += l->residual[at];
            if (l->relu && sum < 0)
                sum = 0;
            if (!is_close(l->result[at], sum, size, tolerance))
                fail("%s: side %d, kernel %d, step %d, %d to %d channels: [%d][%d] is %g, "
                     "needs %g",
                     name, l->side, l->kernel, l->step, l->in, l->out, i, o, l->result[at], sum);
        }
}

static const float *copy(const layer *l) {
    const int64_t count = (int64_t)l->images * l->side * l->side * l->out_stride;
    float *before = zeros(count);
    for (int64_t i = 0; i < count; i++)
        before[i] = l->result[i];
    return before;
}

static int32_t panels(const calk_kernels *kernels, int32_t out) {
    return (padded(out) + kernels->panel - 1) / kernels->panel;
}

static void check_conv(const calk_kernels *kernels, layer l, const layer *more) {
    const layer *terms[2] = {&l, more};
    calk_conv conv = {.windows = more ? 2 : 1, .out_width = l.side, .out_rows = l.side * l.side};
    conv.out_stride = l.out_stride;
    conv.out_channels = padded(l.out);
    conv.relu = l.relu;
    conv.bias = l.bias;
    conv.zeros = zeros(padded(l.in) + (more ? padded(more->in) : 0));
    calk_conv_data data = {.residual = l.residual, .out = l.result};
    int64_t depth = 0, before = 0;
    for (int32_t i = 0; i < conv.windows; i++)
        depth += (int64_t)terms[i]->kernel * terms[i]->kernel * terms[i]->in;
    float *packed = numbers(depth * padded(l.out));
    const int32_t all = panels(kernels, l.out);
    for (int32_t i = 0; i < conv.windows; i++) {
        const layer *term = terms[i];
        conv.window[i] =
            square_window(term->in_side, term->in_stride, term->in, term->kernel, term->step);
        conv.window[i].image_stride = (int64_t)term->in_side * term->in_side * term->in_stride;
        data.in[i] = term->map;
        const calk_filter filter = filter_of(term);
        for (int32_t panel = all; panel-- > 0;)
            kernels->pack(depth, before, &filter, panel, panel + 1, packed);
        before += (int64_t)filter.taps * filter.in;
    }
    conv.weights = packed;
    const float *old = copy(&l);
    const int32_t rows = l.images * conv.out_rows;
    const float **table = malloc(sizeof *table * (size_t)(rows * calk_conv_taps(&conv)));
    /* In pieces, as workers take them. */
    const int32_t first = pick(0, rows), middle = pick(0, all);
    kernels->conv(&conv, &data, 0, first, 0, middle, table);
    kernels->conv(&conv, &data, first, rows, 0, middle, table);
    kernels->conv(&conv, &data, 0, rows, middle, all, table);
    free(table);
    compare(&l, more, old, 1e-6, "conv");
}

void check_convolutions(const calk_kernels *kernels) {
    static const int32_t widths[] = {1, 3, 15, 16, 17, 24, 32, 33, 40, 48, 64, 75};
    for (int32_t i = 0; i < 60; i++) {
        const int32_t kernel = 2 * pick(0, 3) + 1, step = pick(1, 2), side = pick(1, 9);
        const int32_t out = widths[pick(0, 11)];
        const int32_t images = pick(1, 3);
        const layer l = random_layer(images, side, kernel, step, widths[pick(0, 11)], out);
        if (kernel < 7 && pick(0, 1)) {
            layer more = random_layer(images, side, 1, pick(1, 2), widths[pick(0, 11)], out);
            check_conv(kernels, l, &more);
        } else {
            check_conv(kernels, l, NULL);
        }
        free_numbers();
    }
}

static void check_tile(const calk_kernels *kernels, int32_t tile, layer l) {
    const int32_t points = calk_winograd_points(tile), all = panels(kernels, l.out);
    calk_winograd w = {.tile = tile, .images = l.images, .height = l.side, .width = l.side};
    w.in_stride = l.in_stride;
    w.in_channels = padded(l.in);
    w.out_stride = l.out_stride;
    w.out_channels = padded(l.out);
    w.relu = l.relu;
    w.bias = l.bias;
    w.zeros = zeros(padded(l.in));
    float *packed = zeros((int64_t)points * padded(l.in) * padded(l.out));
    const calk_filter filter = filter_of(&l);
    for (int32_t panel = all; panel-- > 0;)
        kernels->winograd_pack(tile, &filter, panel, panel + 1, packed);
    w.weights = packed;

    const int32_t tiles = calk_winograd_tiles(&w), stride = calk_winograd_stride(w.in_channels);
    float *v = zeros(points * calk_winograd_room(tiles, stride));
    float *products = zeros(points * calk_winograd_room(tiles, kernels->panel));
    const float **table = malloc(sizeof *table * (size_t)tiles);
    const float *old = copy(&l);
    const calk_winograd_data data = {.residual = l.residual, .out = l.result};
    const int32_t half = pick(0, tiles), middle = pick(0, all);
    kernels->winograd_input(&w, l.map, 0, half, 0, tiles, v);
    kernels->winograd_input(&w, l.map, half, tiles, 0, tiles, v);
    kernels->winograd_output(&w, &data, v, 0, tiles, 0, middle, products, table);
    kernels->winograd_output(&w, &data, v, 0, tiles, middle, all, products, table);
    free(table);
    compare(&l, NULL, old, tile == 2 ? 2e-6 : 1e-5, "winograd");
}

void check_winograd(const calk_kernels *kernels) {
    static const int32_t widths[] = {1, 16, 20, 32, 33, 64, 128, 136};
    for (int32_t i = 0; i < 40; i++) {
        layer l =
            random_layer(pick(1, 3), pick(1, 13), 3, 1, widths[pick(0, 7)], widths[pick(0, 7)]);
        check_tile(kernels, i % 2 ? 2 : 4, l);
        free_numbers();
    }
}
