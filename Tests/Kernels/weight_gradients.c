/* Gradients of convolutions' weights, directly and by Winograd's algorithm, against sums in double
 * precision. */
#include <math.h>

#include "check.h"
#include "square.h"

/* What a convolution of square maps reads, and the gradient of what it gives. */
typedef struct layer {
    int32_t images, side, in, out, kernel, step; /* side: of the output's map */
    int32_t in_side, in_stride, out_stride;
    const float *map, *slope;
} layer;

/* Positions whose first `channels` floats are numbers, the others 0. */
static const float *positions(int32_t count, int32_t stride, int32_t channels) {
    float *map = zeros((int64_t)count * stride);
    for (int32_t i = 0; i < count; i++)
        for (int32_t c = 0; c < channels; c++)
            map[(int64_t)i * stride + c] = uniform();
    return map;
}

static layer random_layer(int32_t side, int32_t kernel, int32_t step, int32_t in, int32_t out) {
    layer l = {.side = side, .kernel = kernel, .step = step, .in = in, .out = out};
    l.images = pick(1, 3);
    l.in_side = (side - 1) * step + 1 + pick(0, step - 1);
    l.in_stride = padded(in) + 16;
    l.out_stride = padded(out) + 16;
    l.map = positions(l.images * l.in_side * l.in_side, l.in_stride, in);
    l.slope = positions(l.images * side * side, l.out_stride, out);
    return l;
}

/* That of one weight; adds the sizes of its terms to *size. */
static double expected(const layer *l, int32_t tap, int32_t c, int32_t o, double *size) {
    double sum = 0;
    for (int32_t i = 0; i < l->images * l->side * l->side; i++) {
        const int32_t image = i / (l->side * l->side), at = i % (l->side * l->side);
        const int32_t y = at / l->side * l->step + tap / l->kernel - l->kernel / 2;
        const int32_t x = at % l->side * l->step + tap % l->kernel - l->kernel / 2;
        if (y < 0 || x < 0 || y >= l->in_side || x >= l->in_side)
            continue;
        const int64_t from = ((int64_t)image * l->in_side + y) * l->in_side + x;
        const double term =
            (double)l->map[from * l->in_stride + c] * l->slope[(int64_t)i * l->out_stride + o];
        sum += term;
        *size += fabs(term);
    }
    return sum;
}

static void compare(const char *name, const layer *l, int32_t tap, int32_t c, const float *got,
                    float before, double tolerance) {
    for (int32_t o = 0; o < l->out; o++) {
        double size = 1;
        const double sum = before + expected(l, tap, c, o, &size);
        if (!is_close(got[o], sum, size, tolerance))
            fail("%s: %d images, side %d, kernel %d, step %d, %d to %d channels: tap %d, [%d][%d] "
                 "is "
                 "%g, needs %g",
                 name, l->images, l->side, l->kernel, l->step, l->in, l->out, tap, c, o, got[o],
                 sum);
    }
}

static void check_direct(const calk_kernels *kernels, layer l) {
    calk_conv conv = {
        .windows = 1,
        .window = {square_window(l.in_side, l.in_stride, l.in, l.kernel, l.step)},
        .out_width = l.side,
        .out_rows = l.side * l.side,
        .out_stride = l.out_stride,
        .out_channels = padded(l.out),
        .zeros = zeros(padded(l.in)),
    };
    conv.window[0].image_stride = (int64_t)l.in_side * l.in_side * l.in_stride;
    const int32_t taps = l.kernel * l.kernel, width = padded(l.out);
    float *gradient = zeros((int64_t)taps * l.in * width);
    for (int64_t i = 0; i < (int64_t)taps * l.in * width; i++)
        gradient[i] = 0.5f;
    const calk_weight_gradient w = {
        .conv = &conv, .in = l.map, .out_gradient = l.slope, .gradient = gradient};
    const int32_t rows = l.images * l.side * l.side, tiles = kernels->weight_gradient_tiles(&conv);
    const float **table = malloc(sizeof *table * (size_t)(rows * taps));
    /* In pieces, as workers take them. */
    const int32_t first = pick(0, rows), middle = pick(0, tiles);
    kernels->weight_gradient(&w, 0, first, middle, tiles, table);
    kernels->weight_gradient(&w, first, rows, middle, tiles, table);
    kernels->weight_gradient(&w, 0, rows, 0, middle, table);
    free(table);
    for (int32_t tap = 0; tap < taps; tap++)
        for (int32_t c = 0; c < l.in; c++)
            compare("weight_gradient", &l, tap, c, gradient + ((int64_t)tap * l.in + c) * width,
                    0.5f, 1e-6);
}

static void check_by_winograd(const calk_kernels *kernels, int32_t tile, layer l) {
    calk_winograd w = {.tile = tile, .images = l.images, .height = l.side, .width = l.side};
    w.in_stride = l.in_stride;
    w.in_channels = padded(l.in);
    w.out_stride = l.out_stride;
    w.out_channels = padded(l.out);
    w.zeros = zeros(w.in_channels + w.out_channels);
    const int32_t points = calk_winograd_points(tile), tiles = calk_winograd_tiles(&w);
    const int64_t step = (int64_t)w.in_channels * w.out_channels;
    float *v = zeros(points * calk_winograd_room(tiles, calk_winograd_stride(w.in_channels)));
    float *u = zeros(points * calk_winograd_room(tiles, calk_winograd_stride(w.out_channels)));
    float *sums = zeros(points * step), *line = zeros(9 * w.out_channels);
    const float **table = malloc(sizeof *table * (size_t)tiles);
    const int32_t half = pick(0, tiles), middle = pick(0, points);
    kernels->winograd_input(&w, l.map, 0, tiles, 0, tiles, v);
    kernels->winograd_gradient(&w, l.slope, half, tiles, 0, tiles, u);
    kernels->winograd_gradient(&w, l.slope, 0, half, 0, tiles, u);
    kernels->winograd_products(&w, v, u, tiles, middle, points, sums, table);
    kernels->winograd_products(&w, v, u, tiles, 0, middle, sums, table);
    free(table);
    for (int32_t c = 0; c < l.in; c++) {
        calk_winograd_taps(tile, w.out_channels, sums + (int64_t)c * w.out_channels, step, line);
        for (int32_t tap = 0; tap < 9; tap++)
            compare("winograd_gradient", &l, tap, c, line + (int64_t)tap * w.out_channels, 0,
                    tile == 2 ? 2e-6 : 1e-5);
    }
}

void check_weight_gradients(const calk_kernels *kernels) {
    static const int32_t widths[] = {1, 3, 15, 16, 17, 24, 33, 40};
    for (int32_t i = 0; i < 30; i++) {
        const int32_t kernel = 2 * pick(0, 3) + 1, step = pick(1, 2);
        check_direct(kernels, random_layer(pick(1, 9), kernel, step, widths[pick(0, 7)],
                                           widths[pick(0, 7)]));
        free_numbers();
    }
    for (int32_t i = 0; i < 20; i++) {
        const layer l = random_layer(pick(1, 11), 3, 1, widths[pick(0, 7)], widths[pick(0, 7)]);
        check_by_winograd(kernels, i % 2 ? 2 : 4, l);
        free_numbers();
    }
}
