/* Loops of training, one of which statistics need too (norm_sums), against plain sums in double
 * precision. */
#include <math.h>

#include "check.h"

/* Rows of a map, some of whose channels count. */
static calk_norm_rows random_rows(void) {
    calk_norm_rows n = {.rows = pick(1, 200), .channels = 16 * pick(1, 5)};
    n.stride = n.channels + 16;
    return n;
}

static void check_sum(const char *name, double got, double before, double sum, double size) {
    if (fabs(got - before - sum) > 2e-6 * (size + 1))
        fail("%s: %g, needs %g", name, got - before, sum);
}

static void check_norm_sums(const calk_kernels *kernels) {
    const calk_norm_rows n = random_rows();
    const float *in = numbers((int64_t)n.rows * n.stride), *centre = numbers(n.channels);
    double sum[80], square[80];
    for (int32_t c = 0; c < n.channels; c++) {
        sum[c] = c;
        square[c] = -c;
    }
    kernels->norm_sums(&n, in, centre, sum, square);
    for (int32_t c = 0; c < n.channels; c++) {
        double s = 0, q = 0, size = 0;
        for (int32_t r = 0; r < n.rows; r++) {
            const double d = (double)in[r * n.stride + c] - centre[c];
            s += d;
            q += d * d;
            size += fabs(d);
        }
        check_sum("norm_sums", sum[c], c, s, size);
        check_sum("norm_sums, squares", square[c], -c, q, q);
    }
}

static void check_norm_apply(const calk_kernels *kernels) {
    const calk_norm_rows n = random_rows();
    const int64_t count = (int64_t)n.rows * n.stride;
    float *in = numbers(count), *out = zeros(count);
    in[pick(0, n.rows - 1) * n.stride + pick(0, n.channels - 1)] = NAN;
    const calk_norm norm = {
        .scale = numbers(n.channels),
        .shift = numbers(n.channels),
        .residual = pick(0, 1) ? numbers(count) : NULL,
        .relu = pick(0, 1),
    };
    kernels->norm_apply(&n, &norm, in, out);
    for (int64_t i = 0; i < count; i++) {
        const int64_t c = i % n.stride;
        double v = 0;
        if (c < n.channels) {
            v = (double)in[i] * norm.scale[c] + norm.shift[c];
            v += norm.residual ? norm.residual[i] : 0;
            v = norm.relu && v < 0 ? 0 : v;
        }
        if (!is_close(out[i], v, 3, 1e-6))
            fail("norm_apply: %g, needs %g", out[i], v);
    }
}

static void check_norm_gradient_sums(const calk_kernels *kernels) {
    const calk_norm_rows n = random_rows();
    const int64_t count = (int64_t)n.rows * n.stride;
    const float *in = numbers(count), *centre = numbers(n.channels);
    const float *out = pick(0, 1) ? numbers(count) : NULL;
    float *gradient = numbers(count), *before = zeros(count);
    for (int64_t i = 0; i < count; i++)
        before[i] = gradient[i];
    double sum[80] = {0}, dot[80] = {0};
    kernels->norm_gradient_sums(&n, in, centre, out, gradient, sum, dot);
    for (int32_t c = 0; c < n.channels; c++) {
        double s = 0, d = 0, size = 0;
        for (int32_t r = 0; r < n.rows; r++) {
            const int64_t i = (int64_t)r * n.stride + c;
            const double g = out && !(out[i] > 0) ? 0 : before[i];
            if (gradient[i] != (float)g)
                fail("norm_gradient_sums: gradient %g, needs %g", gradient[i], g);
            s += g;
            d += g * ((double)in[i] - centre[c]);
            size += 2 * fabs(g);
        }
        check_sum("norm_gradient_sums", sum[c], 0, s, size);
        check_sum("norm_gradient_sums, products", dot[c], 0, d, size);
    }
}

static void check_norm_gradient_apply(const calk_kernels *kernels) {
    const calk_norm_rows n = random_rows();
    const int64_t count = (int64_t)n.rows * n.stride;
    const float *gradient = numbers(count);
    float *in = numbers(count), *before = zeros(count);
    for (int64_t i = 0; i < count; i++)
        before[i] = in[i];
    const calk_norm_slope line = {
        .scale = numbers(n.channels), .slope = numbers(n.channels), .offset = numbers(n.channels)};
    kernels->norm_gradient_apply(&n, &line, gradient, in);
    for (int64_t i = 0; i < count; i++) {
        const int64_t c = i % n.stride;
        const double v = c < n.channels ? (double)gradient[i] * line.scale[c] +
                                              (double)before[i] * line.slope[c] + line.offset[c]
                                        : before[i];
        if (!is_close(in[i], v, 3, 1e-6))
            fail("norm_gradient_apply: %g, needs %g", in[i], v);
    }
}

/* With values of which many are equal, so that the first of the largest is asked for. */
static void check_max_pool_gradient(const calk_kernels *kernels, int32_t side) {
    const int32_t channels = 16 * pick(1, 4), stride = channels + 16, out_side = (side - 1) / 2 + 1;
    float *in = zeros((int64_t)side * side * stride), *got = zeros((int64_t)side * side * stride);
    float *expected = zeros((int64_t)side * side * stride);
    const float *gradient = numbers((int64_t)out_side * out_side * stride);
    for (int64_t i = 0; i < (int64_t)side * side * stride; i++)
        in[i] = (float)pick(-2, 2);
    kernels->max_pool_gradient(in, side, channels, stride, gradient, out_side, got);
    for (int32_t i = 0; i < out_side * out_side; i++)
        for (int32_t c = 0; c < channels; c++) {
            int64_t best = -1;
            for (int32_t y = 2 * (i / out_side) - 1; y <= 2 * (i / out_side) + 1; y++)
                for (int32_t x = 2 * (i % out_side) - 1; x <= 2 * (i % out_side) + 1; x++) {
                    const int64_t at = ((int64_t)y * side + x) * stride + c;
                    if (y >= 0 && x >= 0 && y < side && x < side && (best < 0 || in[at] > in[best]))
                        best = at;
                }
            expected[best] += gradient[(int64_t)i * stride + c];
        }
    for (int64_t i = 0; i < (int64_t)side * side * stride; i++)
        if (got[i] != expected[i])
            fail("max_pool_gradient: side %d: %g, needs %g", side, got[i], expected[i]);
}

static void check_gated_mean(const calk_kernels *kernels, int32_t positions) {
    const int32_t channels = 16 * pick(1, 5), stride = channels + 16;
    const float *map = numbers((int64_t)positions * stride), *slope = numbers(channels);
    const float *gate = pick(0, 1) ? numbers(positions) : NULL;
    float *mean = zeros(channels), *map_slope = zeros((int64_t)positions * stride);
    float *gate_slope = zeros(positions);
    kernels->gated_mean(map, positions, stride, channels, gate, mean);
    kernels->gated_mean_gradient(map, positions, stride, channels, gate, slope, map_slope,
                                 gate ? gate_slope : NULL);
    for (int32_t c = 0; c < channels; c++) {
        double sum = 0;
        for (int32_t i = 0; i < positions; i++) {
            const double weight = gate ? gate[i] : 1;
            sum += map[i * stride + c] * weight;
            if (!is_close(map_slope[i * stride + c], slope[c] * weight / positions, 1, 1e-6))
                fail("gated_mean_gradient: %g in the map", map_slope[i * stride + c]);
        }
        if (!is_close(mean[c], sum / positions, 1, 1e-6))
            fail("gated_mean: %g, needs %g", mean[c], sum / positions);
    }
    for (int32_t i = 0; i < positions && gate; i++) {
        double sum = 0;
        for (int32_t c = 0; c < channels; c++)
            sum += (double)map[i * stride + c] * slope[c] / positions;
        if (!is_close(gate_slope[i], sum, (double)channels / positions, 1e-6))
            fail("gated_mean_gradient: %g of the gate, needs %g", gate_slope[i], sum);
    }
}

void check_gradients(const calk_kernels *kernels) {
    for (int32_t i = 0; i < 20; i++) {
        check_norm_sums(kernels);
        check_norm_apply(kernels);
        check_norm_gradient_sums(kernels);
        check_norm_gradient_apply(kernels);
        check_max_pool_gradient(kernels, pick(1, 12));
        check_gated_mean(kernels, pick(1, 70));
        free_numbers();
    }
}
