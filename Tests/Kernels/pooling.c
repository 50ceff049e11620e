/* Pooling, products of rows, and weights there and back, against plain loops. */
#include <math.h>
#include <string.h>

#include "check.h"
#include "fold.h"

static void check_max_pool(const calk_kernels *kernels, int32_t height, int32_t width,
                           int32_t channels) {
    const int32_t stride = channels + 16;
    const int32_t rows = (height - 1) / 2 + 1, columns = (width - 1) / 2 + 1;
    const float *in = numbers((int64_t)height * width * stride);
    float *out = zeros((int64_t)rows * columns * stride);
    const int32_t middle = pick(0, rows);
    kernels->max_pool(in, height, width, channels, stride, out, columns, middle, rows);
    kernels->max_pool(in, height, width, channels, stride, out, columns, 0, middle);
    for (int32_t i = 0; i < rows * columns; i++)
        for (int32_t c = 0; c < channels; c++) {
            float best = -INFINITY;
            for (int32_t y = 2 * (i / columns) - 1; y <= 2 * (i / columns) + 1; y++)
                for (int32_t x = 2 * (i % columns) - 1; x <= 2 * (i % columns) + 1; x++)
                    if (y >= 0 && x >= 0 && y < height && x < width)
                        best = fmaxf(best, in[(y * width + x) * stride + c]);
            if (out[i * stride + c] != best)
                fail("max_pool: %d x %d: %g, needs %g", height, width, out[i * stride + c], best);
        }
}

/* What is not a number stays, wherever in a window it stands. */
static void check_max_pool_nan(const calk_kernels *kernels) {
    for (int32_t at = 0; at < 9; at++) {
        float *in = numbers(9 * 16), *out = zeros(4 * 16);
        in[at * 16 + 5] = NAN;
        kernels->max_pool(in, 3, 3, 16, 16, out, 2, 0, 2);
        for (int32_t i = 0; i < 4; i++) {
            const int32_t y = at / 3, x = at % 3, top = i / 2, left = i % 2;
            const int is_nan = y >= top && y <= top + 1 && x >= left && x <= left + 1;
            for (int32_t c = 0; c < 16; c++)
                if (isnan(out[i * 16 + c]) != (c == 5 && is_nan))
                    fail("max_pool: NaN at %d: %g in [%d][%d]", at, out[i * 16 + c], i, c);
        }
    }
}

static void check_pool(const calk_kernels *kernels, int32_t positions, int32_t channels) {
    const int32_t stride = channels + 16;
    float *map = numbers((int64_t)positions * stride);
    float *old = zeros((int64_t)positions * stride);
    memcpy(old, map, sizeof *map * (size_t)positions * (size_t)stride);
    const float *gate = pick(0, 1) ? numbers(positions) : NULL;
    const float *scale = numbers(channels), *shift = numbers(channels);
    float *features = zeros(channels);
    kernels->pool(map, positions, stride, gate, scale, shift, features, 0, channels);
    for (int32_t c = 0; c < channels; c++) {
        double sum = 0, size = 0;
        for (int32_t i = 0; i < positions; i++) {
            const float gated = old[i * stride + c] * (gate ? gate[i] : 1);
            if (map[i * stride + c] != gated)
                fail("pool: %g in the map, needs %g", map[i * stride + c], gated);
            sum += gated;
            size += fabs(gated);
        }
        const double expected = scale[c] * sum / positions + shift[c];
        if (!is_close(features[c], expected, size / positions + 1, 1e-6))
            fail("pool: %g, needs %g", features[c], expected);
    }
}

void check_pooling(const calk_kernels *kernels) {
    for (int32_t i = 0; i < 30; i++) {
        check_max_pool(kernels, pick(1, 12), pick(1, 12), 16 * pick(1, 5));
        check_pool(kernels, pick(1, 70), 16 * pick(1, 5));
        free_numbers();
    }
    check_max_pool_nan(kernels);
    free_numbers();
}

/* In the order that kernels.h promises, so equal to the last bit. */
static float dot(const float *a, const float *b, int64_t width) {
#pragma clang fp contract(off)
    float lane[16] = {0};
    int64_t k = 0;
    for (; k + 16 <= width; k += 16)
        for (int l = 0; l < 16; l++)
            lane[l] = a[k + l] * b[k + l] + lane[l];
    for (int half = 8; half > 0; half /= 2)
        for (int l = 0; l < half; l++)
            lane[l] = lane[l] + lane[l + half];
    for (; k < width; k++)
        lane[0] = a[k] * b[k] + lane[0];
    return lane[0];
}

void check_row_products(const calk_kernels *kernels) {
    for (int32_t i = 0; i < 40; i++) {
        const int64_t m = pick(1, 14), n = pick(1, 20), width = pick(1, 200), stride = n + 3;
        const float *a = numbers(m * width), *b = numbers(n * width);
        float *out = zeros(m * stride);
        kernels->row_products(a, m, b, n, width, out, stride);
        for (int64_t y = 0; y < m; y++)
            for (int64_t x = 0; x < stride; x++) {
                const float expected = x < n ? dot(a + y * width, b + x * width, width) : 0;
                if (memcmp(&out[y * stride + x], &expected, sizeof expected) != 0)
                    fail("row_products: %a, needs %a", out[y * stride + x], expected);
            }
        free_numbers();
    }
}

void check_fold(const calk_kernels *kernels) {
    for (int32_t i = 0; i < 20; i++) {
        calk_filter f = {.out = pick(1, 70), .in = pick(1, 40), .taps = pick(0, 1) ? 9 : 1};
        const int64_t width = (int64_t)f.in * f.taps, depth = width + 5;
        const float *weights = numbers(f.out * width);
        f.weights = weights;
        f.scale = numbers(f.out);
        f.out_step = width;
        f.in_step = f.taps;
        for (int32_t t = 0; t < f.taps; t++)
            f.tap[t] = t;
        float *packed = zeros(depth * padded(f.out)), *back = zeros(f.out * width);
        int8_t *rest = malloc((size_t)(f.out * width));
        const int32_t panels = (padded(f.out) + kernels->panel - 1) / kernels->panel;
        kernels->pack(depth, 5, &f, 0, panels, packed);
        if (!calk_fold_rest(&f, 0, f.out, rest))
            fail("fold: not all fits a byte");
        calk_unfold(kernels->panel, depth, 5, &f, packed, rest, back);
        if (memcmp(weights, back, sizeof *back * (size_t)(f.out * width)) != 0)
            fail("fold: %d to %d channels, %d taps: other weights", f.in, f.out, f.taps);
        free(rest);
        free_numbers();
    }
}
