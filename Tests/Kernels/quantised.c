/* Convolutions in whole numbers against plain C: the same bits, in every set. */
#include <math.h>
#include <string.h>

#include "check.h"
#include "square.h"

#pragma STDC FP_CONTRACT OFF

/* A convolution of a square map. */
typedef struct layer {
    int32_t side, in, out, kernel, step, relu; /* of the output's map: its side */
    int32_t in_side, in_stride, out_stride;
    int32_t first, middle; /* rows and panels of the first of its pieces */
    float codes;
    float *map, *weights, *fold, *scale, *bias, *residual, *result, *expected;
} layer;

static layer random_layer(int32_t side, int32_t kernel, int32_t step, int32_t in, int32_t out) {
    layer l = {.side = side, .in = in, .out = out, .kernel = kernel, .step = step};
    l.in_side = (side - 1) * step + 1 + pick(0, step - 1);
    l.in_stride = padded(in) + 16;
    l.out_stride = padded(out) + 16;
    l.relu = pick(0, 1);
    l.first = pick(0, side * side);
    l.middle = pick(0, padded(out) / CALK_CHANNELS);
    /* Some values are above the range. */
    l.codes = CALK_CODE_MAX / 0.9f;
    l.map = zeros((int64_t)l.in_side * l.in_side * l.in_stride);
    for (int32_t i = 0; i < l.in_side * l.in_side; i++)
        for (int32_t c = 0; c < in; c++)
            l.map[i * l.in_stride + c] = fmaxf(uniform(), 0);
    l.weights = numbers((int64_t)out * in * kernel * kernel);
    l.fold = numbers(out);
    l.scale = zeros(padded(out));
    l.bias = zeros(padded(out));
    for (int32_t o = 0; o < out; o++)
        l.bias[o] = uniform();
    const int64_t count = (int64_t)side * side * l.out_stride;
    l.residual = pick(0, 1) ? numbers(count) : NULL;
    l.result = numbers(count);
    l.expected = zeros(count);
    memcpy(l.expected, l.result, (size_t)count * sizeof(float));
    return l;
}

static int32_t code(float value, float codes) {
    return (int32_t)nearbyintf(fminf(fmaxf(value * codes, 0), CALK_CODE_MAX));
}

static float weight(const layer *l, int32_t o, int32_t c, int32_t tap) {
    return l->weights[(o * l->in + c) * l->kernel * l->kernel + tap] * l->fold[o];
}

static float weight_step(const layer *l, int32_t o) {
    static const int32_t fours[2][4] = {{0, 1, 4, 5}, {2, 3, 6, 7}};
    float most = 0;
    for (int32_t t = 0; t < l->kernel * l->kernel; t++)
        for (int32_t c = 0; c < l->in; c += 8)
            for (int32_t four = 0; four < 2; four++) {
                float above = 0, below = 0;
                for (int32_t i = 0; i < 4; i++) {
                    const int32_t channel = c + fours[four][i];
                    const float w = channel < l->in ? weight(l, o, channel, t) : 0;
                    above = above + fmaxf(w, 0);
                    below = below + fmaxf(-w, 0);
                }
                most = fmaxf(most, fmaxf(above, below));
            }
    return most / (CALK_FOUR_MAX - 2);
}

static int32_t sum_at(const layer *l, int32_t y, int32_t x, int32_t o, float step) {
    int32_t sum = 0;
    for (int32_t ky = 0; ky < l->kernel; ky++)
        for (int32_t kx = 0; kx < l->kernel; kx++) {
            const int32_t row = y * l->step + ky - l->kernel / 2;
            const int32_t column = x * l->step + kx - l->kernel / 2;
            if (row < 0 || column < 0 || row >= l->in_side || column >= l->in_side)
                continue;
            for (int32_t c = 0; c < l->in && step > 0; c++) {
                const float w = weight(l, o, c, ky * l->kernel + kx) / step;
                sum += (int32_t)nearbyintf(w) *
                       code(l->map[(row * l->in_side + column) * l->in_stride + c], l->codes);
            }
        }
    return sum;
}

static void expect(layer *l) {
    for (int32_t o = 0; o < padded(l->out); o++) {
        const float step = o < l->out ? weight_step(l, o) : 0;
        for (int32_t i = 0; i < l->side * l->side; i++) {
            float *to = &l->expected[(int64_t)i * l->out_stride + o];
            float v = o < l->out ? (float)sum_at(l, i / l->side, i % l->side, o, step) : 0;
            v = v * l->scale[o];
            v = v + l->bias[o];
            if (l->residual)
                v = v + l->residual[(int64_t)i * l->out_stride + o];
            *to = l->relu && v < 0 ? 0 : v;
        }
    }
}

static void run(const calk_kernels *kernels, layer *l) {
    const int32_t taps = l->kernel * l->kernel, all = padded(l->out) / CALK_CHANNELS;
    const calk_filter filter = square_filter(l->weights, l->fold, l->in, l->out, l->kernel);
    int8_t *packed = (int8_t *)zeros(calk_int8_packed(taps, l->in, l->out) / 4 + 1);
    float *steps = zeros(padded(l->out));
    for (int32_t panel = all; panel-- > 0;)
        calk_int8_pack(kernels->int8_interleave, &filter, panel, panel + 1, packed, steps);
    for (int32_t o = 0; o < l->out; o++)
        l->scale[o] = steps[o] * (0.9f / CALK_CODE_MAX);

    const calk_int8 conv = {
        .window = square_window(l->in_side, l->in_stride, l->in, l->kernel, l->step),
        .out_width = l->side,
        .out_stride = l->out_stride,
        .out_channels = padded(l->out),
        .relu = l->relu,
        .codes = l->codes,
        .weights = packed,
        .scale = l->scale,
        .bias = l->bias,
    };
    const calk_conv_data data = {.in = {l->map}, .residual = l->residual, .out = l->result};
    const int32_t rows = l->side * l->side;
    /* In pieces, as workers take them, each with as much scratch as it is promised to need. */
    const int32_t pieces[3][4] = {
        {0, l->first, 0, l->middle}, {l->first, rows, 0, l->middle}, {0, rows, l->middle, all}};
    for (int32_t i = 0; i < 3; i++) {
        const int32_t *p = pieces[i];
        uint8_t *scratch = malloc((size_t)calk_int8_room(&conv, p[1] - p[0]));
        const float **table = malloc(sizeof *table * (size_t)(rows * taps));
        memset(scratch, 0xff, (size_t)calk_int8_room(&conv, p[1] - p[0]));
        kernels->int8_conv(&conv, &data, p[0], p[1], p[2], p[3], scratch, table);
        free(table);
        free(scratch);
    }
}

static void check(const calk_kernels *kernels, layer l) {
    run(kernels, &l);
    expect(&l);
    for (int32_t i = 0; i < l.side * l.side; i++)
        for (int32_t o = 0; o < l.out_stride; o++) {
            const int64_t at = (int64_t)i * l.out_stride + o;
            if (l.result[at] != l.expected[at])
                fail("int8: side %d, kernel %d, step %d, %d to %d channels: [%d][%d] is %.9g, "
                     "needs %.9g",
                     l.side, l.kernel, l.step, l.in, l.out, i, o, l.result[at], l.expected[at]);
        }
    free_numbers();
}

/* All codes the largest, all weights of an output as large as they may be, above or below 0: what
 * would overflow if anything did. */
static layer extreme_layer(int32_t in, int32_t kernel) {
    layer l = random_layer(3, kernel, 1, in, 17);
    for (int32_t i = 0; i < l.in_side * l.in_side * l.in_stride; i++)
        l.map[i] = i % l.in_stride < in ? 2 : 0;
    for (int32_t i = 0; i < 17 * in * kernel * kernel; i++)
        l.weights[i] = i / (in * kernel * kernel) % 2 ? 1 : -1;
    return l;
}

/* Values that no map should have. */
static layer strange_layer(void) {
    layer l = random_layer(4, 3, 1, 24, 16);
    for (int32_t i = 0; i < l.in_side * l.in_side; i++) {
        float *at = l.map + i * l.in_stride;
        at[pick(0, 7)] = NAN;
        at[pick(8, 15)] = INFINITY;
        at[pick(16, 23)] = -1;
    }
    return l;
}

void check_quantised(const calk_kernels *kernels) {
    static const int32_t widths[] = {1, 3, 7, 8, 9, 16, 17, 24, 33, 40, 64, 75};
    for (int32_t i = 0; i < 80; i++) {
        const int32_t kernel = 2 * pick(0, 1) + 1, step = pick(1, 2), side = pick(1, 9);
        const int32_t in = widths[pick(0, 11)], out = widths[pick(0, 11)];
        check(kernels, random_layer(side, kernel, step, in, out));
    }
    /* Every height of a block of rows. */
    for (int32_t rows = 1; rows <= 12; rows++) {
        layer l = random_layer(4, 2 * (rows % 2) + 1, 1, 24, 33);
        l.first = rows;
        l.middle = 2;
        check(kernels, l);
    }
    check(kernels, strange_layer());
    check(kernels, extreme_layer(512, 3));
    check(kernels, extreme_layer(2048, 1));
    check(kernels, extreme_layer(5, 3));
    layer none = random_layer(4, 1, 1, 16, 16);
    memset(none.weights, 0, 16 * 16 * sizeof(float));
    check(kernels, none);
}
