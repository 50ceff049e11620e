/* Convolutions of bf16 numbers against a plain model of VDPBF16PS: the same bits, in every set. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "bf16.h"
#include "check.h"
#include "square.h"

/* A convolution of a square map. */
typedef struct layer {
    int32_t side, in, out, kernel, step; /* of the output's map: its side */
    int32_t in_side, in_stride;
    float *map, *weights, *fold;
} layer;

/* What layers write to. */
typedef struct output {
    int32_t channels, stride, relu;
    float *bias, *residual, *result, *expected;
} output;

/* Of size 1, and with `wide` of any size, such as those whose products leave the range of normal
 * numbers. */
static float value(int32_t wide) { return ldexpf(uniform(), wide ? pick(-140, 30) : 0); }

static layer random_layer(int32_t side, int32_t kernel, int32_t step, int32_t in, int32_t out,
                          int32_t wide) {
    layer l = {.side = side, .in = in, .out = out, .kernel = kernel, .step = step};
    l.in_side = (side - 1) * step + 1 + pick(0, step - 1);
    l.in_stride = padded(in) + 16;
    l.map = zeros((int64_t)l.in_side * l.in_side * l.in_stride);
    for (int32_t i = 0; i < l.in_side * l.in_side; i++)
        for (int32_t c = 0; c < in; c++)
            l.map[i * l.in_stride + c] = value(wide);
    const int64_t count = (int64_t)out * in * kernel * kernel;
    l.weights = zeros(count);
    for (int64_t i = 0; i < count; i++)
        l.weights[i] = value(wide);
    l.fold = numbers(out);
    return l;
}

static output random_output(const layer *l, int32_t wide) {
    output to = {.channels = l->out, .stride = padded(l->out) + 16, .relu = pick(0, 1)};
    const int64_t count = (int64_t)l->side * l->side * to.stride;
    to.bias = zeros(padded(l->out));
    for (int32_t o = 0; o < l->out; o++)
        to.bias[o] = value(wide);
    to.residual = pick(0, 1) ? numbers(count) : NULL;
    to.result = numbers(count);
    to.expected = zeros(count);
    memcpy(to.expected, to.result, (size_t)count * sizeof(float));
    return to;
}

/* Eight places, by arithmetic instead of bits. */
static float rounded(float x) {
    if (fabsf(x) < 0x1p-56f)
        return 0;
    if (!isfinite(x))
        return x;
    int exponent;
    const double places = nearbyint(ldexp(frexp(x, &exponent), 8));
    return (float)ldexp(places, exponent - 8);
}

/* One half of the instruction: a fused product and sum, which is never a denormal. */
static float add(float sum, float x, float w) {
    sum = fmaf(x, w, sum);
    return fabsf(sum) < FLT_MIN ? 0 : sum;
}

static float add_layer(float sum, const layer *l, int32_t y, int32_t x, int32_t o) {
    for (int32_t ky = 0; ky < l->kernel; ky++)
        for (int32_t kx = 0; kx < l->kernel; kx++) {
            const int32_t row = y * l->step + ky - l->kernel / 2;
            const int32_t column = x * l->step + kx - l->kernel / 2;
            if (row < 0 || column < 0 || row >= l->in_side || column >= l->in_side)
                continue;
            const float *map = l->map + (row * l->in_side + column) * l->in_stride;
            for (int32_t c = 0; c < l->in; c++) {
                const int32_t tap = ky * l->kernel + kx;
                const int32_t at = (o * l->in + c) * l->kernel * l->kernel + tap;
                /* Channels that fill up a vector have weights of 0. */
                const float w = o < l->out ? l->weights[at] * l->fold[o] : 0;
                sum = add(sum, rounded(map[c]), rounded(w));
            }
        }
    return sum;
}

static void expect(const layer *layers, int32_t count, output *to) {
    const int32_t side = layers->side;
    for (int32_t i = 0; i < side * side; i++)
        for (int32_t o = 0; o < padded(to->channels); o++) {
            const int64_t at = (int64_t)i * to->stride + o;
            float sum = fabsf(to->bias[o]) < 0x1p-56f ? 0 : to->bias[o];
            for (int32_t k = 0; k < count; k++)
                sum = add_layer(sum, &layers[k], i / side, i % side, o);
            if (to->residual)
                sum += to->residual[at];
            to->expected[at] = to->relu && sum < 0 ? 0 : sum;
        }
}

static void pack(const calk_bf16 *loops, const layer *l, int64_t depth, int64_t offset,
                 float *packed) {
    const calk_filter filter = square_filter(l->weights, l->fold, l->in, l->out, l->kernel);
    for (int32_t panel = (padded(l->out) + loops->panel - 1) / loops->panel; panel-- > 0;)
        calk_bf16_pack(loops, depth, offset, &filter, panel, panel + 1, packed);
}

static void run(const calk_bf16 *loops, const layer *layers, int32_t count, output *to) {
    int64_t depth = 0;
    for (int32_t k = 0; k < count; k++)
        depth += layers[k].kernel * layers[k].kernel * calk_bf16_length(loops, layers[k].in);
    float *packed = zeros(depth * padded(to->channels));
    float *bias = zeros(padded(to->channels));
    for (int32_t o = 0; o < to->channels; o++)
        bias[o] = calk_bf16_bias(to->bias[o]);
    calk_conv conv = {
        .windows = count,
        .out_width = layers->side,
        .out_rows = layers->side * layers->side,
        .out_stride = to->stride,
        .out_channels = padded(to->channels),
        .relu = to->relu,
        .weights = packed,
        .bias = bias,
        .zeros = zeros(80),
    };
    calk_conv_data data = {.residual = to->residual, .out = to->result};
    for (int32_t k = 0, at = 0; k < count; k++) {
        const layer *l = &layers[k];
        conv.window[k] = square_window(l->in_side, l->in_stride, l->in, l->kernel, l->step);
        data.in[k] = l->map;
        pack(loops, l, depth, at, packed);
        at += l->kernel * l->kernel * calk_bf16_length(loops, l->in);
    }
    const int32_t rows = conv.out_rows,
                  all = (padded(to->channels) + loops->panel - 1) / loops->panel;
    const int32_t first = pick(0, rows), middle = pick(0, all), taps = calk_conv_taps(&conv);
    /* In pieces, as workers take them, each with as much scratch as it is promised to need. */
    const int32_t pieces[3][4] = {
        {0, first, 0, middle}, {first, rows, 0, middle}, {0, rows, middle, all}};
    for (int32_t i = 0; i < 3; i++) {
        const int32_t *p = pieces[i];
        const size_t room = sizeof(float) * (size_t)calk_bf16_room(loops, &conv, p[1] - p[0]);
        float *scratch = malloc(room);
        const float **table = malloc(sizeof *table * (size_t)(rows * taps));
        memset(scratch, 0xff, room);
        calk_bf16_conv(loops, &conv, &data, p[0], p[1], p[2], p[3], scratch, table);
        free(table);
        free(scratch);
    }
}

static void check(const calk_bf16 *loops, const layer *layers, int32_t count, output to) {
    run(loops, layers, count, &to);
    expect(layers, count, &to);
    const layer *l = layers;
    for (int32_t i = 0; i < l->side * l->side; i++)
        for (int32_t o = 0; o < to.stride; o++) {
            const int64_t at = (int64_t)i * to.stride + o;
            const float got = to.result[at], needed = to.expected[at];
            if (got != needed && !(isnan(got) && isnan(needed)))
                fail("bf16: %d layers, side %d, kernel %d, step %d, %d to %d channels: [%d][%d] is "
                     "%.9g, needs %.9g",
                     count, l->side, l->kernel, l->step, l->in, l->out, i, o, got, needed);
        }
    free_numbers();
}

/* What is not finite stays so, but for what the ReLU makes 0. */
static void check_not_finite(const calk_bf16 *loops, int32_t relu) {
    const layer l = random_layer(5, 3, 1, 20, 18, 0);
    l.map[3 * l.in_stride + 7] = INFINITY;
    l.map[20 * l.in_stride + 1] = NAN;
    l.map[24 * l.in_stride + 5] = FLT_MAX;
    output to = random_output(&l, 0);
    to.relu = relu;
    check(loops, &l, 1, to);
}

/* A shortcut of a stride of its own, over a map of its own. */
static void check_shortcut(const calk_bf16 *loops, const int32_t *widths) {
    const int32_t side = pick(1, 9), out = widths[pick(0, 11)], wide = pick(0, 1);
    const layer layers[] = {random_layer(side, 1, 1, widths[pick(0, 11)], out, wide),
                            random_layer(side, 1, pick(1, 2), widths[pick(0, 11)], out, wide)};
    check(loops, layers, 2, random_output(layers, wide));
}

static void check_rounding(void) {
    static const float cases[][2] = {{1.00390625f, 1},
                                     {1.01171875f, 1.015625f},
                                     {-1.00390637f, -1.0078125f},
                                     {0x1p-56f, 0x1p-56f},
                                     {0x1.fffffep-57f, 0},
                                     {-0.0f, 0},
                                     {FLT_MAX, INFINITY},
                                     {1e-40f, 0},
                                     {-INFINITY, -INFINITY},
                                     {0x1.fep127f, 0x1.fep127f},
                                     {3, 3},
                                     {0x1.fffp3f, 16}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (calk_bf16_round(cases[i][0]) != cases[i][1])
            fail("bf16 of %.9g is %.9g, needs %.9g", cases[i][0], calk_bf16_round(cases[i][0]),
                 cases[i][1]);
    if (!isnan(calk_bf16_round(NAN)))
        fail("bf16 of NaN is a number");
}

void check_bf16(const calk_bf16 *loops) {
    static const int32_t widths[] = {1, 3, 7, 8, 9, 16, 17, 24, 33, 40, 64, 75};
    check_rounding();
    check_not_finite(loops, 0);
    check_not_finite(loops, 1);
    for (int32_t i = 0; i < 80; i++) {
        const int32_t kernel = 2 * pick(0, 1) + 1, step = pick(1, 2), side = pick(1, 9);
        const int32_t wide = pick(0, 1);
        const layer l =
            random_layer(side, kernel, step, widths[pick(0, 11)], widths[pick(0, 11)], wide);
        check(loops, &l, 1, random_output(&l, wide));
    }
    for (int32_t i = 0; i < 20; i++)
        check_shortcut(loops, widths);
}
