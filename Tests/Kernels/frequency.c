/* The loops of the frequency gate against their formulas in double precision. */
#include <math.h>

#include "check.h"

static const double pi = 3.14159265358979323846;

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

/* What dct.h says of a transform of length n. */
static calk_dct plan_of(int32_t n) {
    calk_dct plan = {.length = n, .odd = n};
    while (plan.odd % 2 == 0)
        plan.odd /= 2;
    float *factors = zeros(n), *matrix = zeros((int64_t)plan.odd * plan.odd);
    plan.factors = factors;
    plan.matrix = matrix;
    for (int32_t m = n; m > plan.odd; m /= 2)
        for (int32_t i = 0; i < m / 2; i++)
            *factors++ = (float)(1 / (2 * cos(pi * (i + 0.5) / m)));
    for (int32_t k = 0; k < plan.odd; k++)
        for (int32_t i = 0; i < plan.odd; i++)
            *matrix++ = (float)cos(pi * (2 * i + 1) * k / (2 * plan.odd));
    return plan;
}

/* Place i of the transform of n values that are `step` apart; adds their sizes to *size. */
static double transformed(const float *x, int64_t step, int32_t n, int32_t i, int32_t inverse,
                          double *size) {
    double sum = 0;
    for (int32_t k = 0; k < n; k++) {
        const double angle = pi * (inverse ? (2 * i + 1) * k : (2 * k + 1) * i) / (2 * n);
        const double term = x[k * step] * (inverse && k == 0 ? 0.5 : cos(angle));
        sum += term * (inverse ? 1.0 / n : 2);
        *size += fabs((double)x[k * step]) * (inverse ? 1.0 / n : 2);
    }
    return sum;
}

static void check_dct(const calk_kernels *kernels, int32_t n, int32_t inverse) {
    const int64_t in_stride = n + 16, out_stride = n + 3;
    const calk_dct plan = plan_of(n);
    const float *in = numbers(n * in_stride);
    float *out = zeros((n + 1) * out_stride), *scratch = zeros(calk_dct_scratch(&plan));
    const int32_t middle = pick(0, n / 16) * 16;
    kernels->dct(&plan, inverse, in, in_stride, out, out_stride, middle, n, scratch);
    kernels->dct(&plan, inverse, in, in_stride, out, out_stride, 0, middle, scratch);
    for (int32_t c = 0; c <= n; c++)
        for (int32_t i = 0; i < out_stride; i++) {
            double size = 0, expected = 0;
            if (c < n && i < n)
                expected = transformed(in + c, in_stride, n, i, inverse, &size);
            if (!is_close(out[c * out_stride + i], expected, size, 1e-6))
                fail("dct: length %d, inverse %d: [%d][%d] is %g, needs %g", n, inverse, c, i,
                     out[c * out_stride + i], expected);
        }
}

/* Planes with a border of one zero. */
static const float *plane(int32_t size, int64_t stride) {
    float *first = zeros((size + 3) * stride) + stride + 1;
    for (int32_t y = 0; y < size; y++)
        for (int32_t x = 0; x < size; x++)
            first[y * stride + x] = 3 * uniform();
    return first;
}

static double hidden(const calk_mask *m, int32_t h, int32_t y, int32_t x) {
    if (y < 0 || x < 0 || y >= m->size || x >= m->size)
        return 0;
    double sum = m->bias1[h];
    for (int32_t tap = 0; tap < 27; tap++)
        sum += (double)m->weight1[h * 27 + tap] *
               m->planes[tap / 9][(y + tap % 9 / 3 - 1) * m->stride + x + tap % 3 - 1];
    return sum > 0 ? sum : 0;
}

static double masked(const calk_mask *m, int32_t y, int32_t x) {
    double logit = m->bias2, total = 0;
    for (int32_t h = 0; h < m->hidden; h++)
        for (int32_t tap = 0; tap < 9; tap++)
            logit += m->weight2[h * 9 + tap] * hidden(m, h, y + tap / 3 - 1, x + tap % 3 - 1);
    for (int32_t i = 0; i < 3; i++)
        total += m->planes[i][y * m->stride + x];
    return total * sigmoid(logit) / 3;
}

static void check_mask(const calk_kernels *kernels, int32_t size, int32_t hidden_maps) {
    calk_mask m = {.size = size, .stride = (size + 15) / 16 * 16 + 32, .hidden = hidden_maps};
    for (int32_t i = 0; i < 3; i++)
        m.planes[i] = plane(size, m.stride);
    m.out = zeros((size + 2) * m.stride);
    m.weight1 = numbers(hidden_maps * 27);
    m.bias1 = numbers(hidden_maps);
    m.weight2 = numbers(hidden_maps * 9);
    m.bias2 = uniform();
    float *scratch = numbers(calk_mask_scratch(&m));
    const int32_t middle = pick(0, size);
    kernels->mask(&m, middle, size, scratch);
    kernels->mask(&m, 0, middle, scratch);
    for (int32_t y = 0; y < size; y++)
        for (int32_t x = 0; x < size; x++) {
            const double expected = masked(&m, y, x);
            if (!is_close(m.out[y * m.stride + x], expected, 1, 1e-5))
                fail("mask: size %d, %d maps: [%d][%d] is %g, needs %g", size, hidden_maps, y, x,
                     m.out[y * m.stride + x], expected);
        }
}

static void check_sigmoid_pool(const calk_kernels *kernels, int32_t kernel) {
    const int32_t columns = pick(1, 5), rows = pick(1, 4);
    const int64_t stride = columns * kernel + 16;
    float *in = numbers(rows * kernel * stride), *out = zeros((rows + 1) * columns);
    for (int64_t i = 0; i < rows * kernel * stride; i++)
        in[i] *= pick(0, 9) == 0 ? 200 : 4;
    const int32_t middle = pick(0, rows);
    kernels->sigmoid_pool(in, stride, kernel, columns, out, middle, rows);
    kernels->sigmoid_pool(in, stride, kernel, columns, out, 0, middle);
    for (int32_t i = 0; i < (rows + 1) * columns; i++) {
        double sum = 0;
        for (int32_t k = 0; k < kernel * kernel && i < rows * columns; k++)
            sum += sigmoid(in[(i / columns * kernel + k / kernel) * stride + i % columns * kernel +
                              k % kernel]);
        if (!is_close(out[i], sum / (kernel * kernel), 1, 1e-6))
            fail("sigmoid_pool: kernel %d: [%d] is %g, needs %g", kernel, i, out[i],
                 sum / (kernel * kernel));
    }
}

static void check_sigmoids(const calk_kernels *kernels, int32_t count) {
    const int32_t step = pick(1, 17);
    const float shift = 5 * uniform();
    const float *in = numbers((int64_t)count * step);
    float *out = zeros(count + 1);
    kernels->sigmoids(in, step, shift, count, out);
    for (int32_t i = 0; i < count; i++)
        if (!is_close(out[i], sigmoid((double)in[(int64_t)i * step] + shift), 1, 1e-6))
            fail("sigmoids: [%d] of %d is %g", i, count, out[i]);
    if (out[count] != 0)
        fail("sigmoids: wrote behind %d", count);
}

void check_frequency(const calk_kernels *kernels) {
    static const int32_t lengths[] = {1, 2, 8, 12, 15, 16, 17, 24, 40, 64};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        check_dct(kernels, lengths[i], 0);
        check_dct(kernels, lengths[i], 1);
        free_numbers();
    }
    for (int32_t size = 8; size <= 33; size++) {
        check_mask(kernels, size, pick(1, 17));
        free_numbers();
    }
    check_mask(kernels, 64, 16);
    for (int32_t kernel = 1; kernel <= 20; kernel++) {
        check_sigmoid_pool(kernels, kernel);
        check_sigmoids(kernels, pick(1, 40));
        free_numbers();
    }
}
