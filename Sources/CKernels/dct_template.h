/* Cosine transforms down columns, a vector of columns at a time; see include/dct.h. */

static void ISA(dct_odd)(const calk_dct *plan, int32_t inverse, const vec *x, vec *y) {
    const int32_t n = plan->odd;
    for (int32_t i = 0; i < n; i++) {
        vec sum = {0};
        for (int32_t k = 0; k < n; k++)
            sum += x[k] * plan->matrix[inverse ? k * n + i : i * n + k];
        y[i] = sum;
    }
}

/* Lengths 2, 4 and 8, all in registers: the recursion's leaves. `f` as in calk_dct, from the
 * length's own factors on. */
INLINE void ISA(dct_forward_2)(const float *f, vec *x) {
    const vec a = x[0], b = x[1];
    x[0] = a + b;
    x[1] = (a - b) * f[0];
}

INLINE void ISA(dct_backward_2)(const float *f, vec *x) {
    const vec a = x[0], b = x[1] * f[0];
    x[0] = a + b;
    x[1] = a - b;
}

#define LEAF(n, half)                                                                              \
    INLINE void ISA(dct_forward_##n)(const float *f, vec *x) {                                     \
        vec y[n];                                                                                  \
        for (int i = 0; i < half; i++) {                                                           \
            y[i] = x[i] + x[n - 1 - i];                                                            \
            y[half + i] = (x[i] - x[n - 1 - i]) * f[i];                                            \
        }                                                                                          \
        ISA(dct_forward_##half)(f + half, y);                                                      \
        ISA(dct_forward_##half)(f + half, y + half);                                               \
        for (int i = 0; i < half; i++) {                                                           \
            x[2 * i] = y[i];                                                                       \
            x[2 * i + 1] = i < half - 1 ? y[half + i] + y[half + i + 1] : y[n - 1];                \
        }                                                                                          \
    }                                                                                              \
    INLINE void ISA(dct_backward_##n)(const float *f, vec *x) {                                    \
        vec y[n];                                                                                  \
        for (int i = 0; i < half; i++) {                                                           \
            y[i] = x[2 * i];                                                                       \
            y[half + i] = i > 0 ? x[2 * i - 1] + x[2 * i + 1] : x[1];                              \
        }                                                                                          \
        ISA(dct_backward_##half)(f + half, y);                                                     \
        ISA(dct_backward_##half)(f + half, y + half);                                              \
        for (int i = 0; i < half; i++) {                                                           \
            const vec b = y[half + i] * f[i];                                                      \
            x[i] = y[i] + b;                                                                       \
            x[n - 1 - i] = y[i] - b;                                                               \
        }                                                                                          \
    }
LEAF(4, 2)
LEAF(8, 4)
#undef LEAF

/* Transforms x in place; y is scratch of the same length. */
static void ISA(dct_forward)(const calk_dct *plan, const float *factors, int32_t n, vec *x,
                             vec *y) {
    if (n == 8 && plan->odd == 1) {
        ISA(dct_forward_8)(factors, x);
        return;
    }
    if (n == plan->odd) {
        if (n == 1)
            return;
        ISA(dct_odd)(plan, 0, x, y);
        memcpy(x, y, (size_t)n * sizeof(vec));
        return;
    }
    const int32_t half = n / 2;
    for (int32_t i = 0; i < half; i++) {
        const vec a = x[i], b = x[n - 1 - i];
        y[i] = a + b;
        y[half + i] = (a - b) * factors[i];
    }
    ISA(dct_forward)(plan, factors + half, half, y, x);
    ISA(dct_forward)(plan, factors + half, half, y + half, x);
    for (int32_t i = 0; i < half - 1; i++) {
        x[2 * i] = y[i];
        x[2 * i + 1] = y[half + i] + y[half + i + 1];
    }
    x[n - 2] = y[half - 1];
    x[n - 1] = y[n - 1];
}

static void ISA(dct_backward)(const calk_dct *plan, const float *factors, int32_t n, vec *x,
                              vec *y) {
    if (n == 8 && plan->odd == 1) {
        ISA(dct_backward_8)(factors, x);
        return;
    }
    if (n == plan->odd) {
        if (n == 1)
            return;
        ISA(dct_odd)(plan, 1, x, y);
        memcpy(x, y, (size_t)n * sizeof(vec));
        return;
    }
    const int32_t half = n / 2;
    y[0] = x[0];
    y[half] = x[1];
    for (int32_t i = 1; i < half; i++) {
        y[i] = x[2 * i];
        y[half + i] = x[2 * i - 1] + x[2 * i + 1];
    }
    ISA(dct_backward)(plan, factors + half, half, y, x);
    ISA(dct_backward)(plan, factors + half, half, y + half, x);
    for (int32_t i = 0; i < half; i++) {
        const vec a = y[i], b = y[half + i] * factors[i];
        x[i] = a + b;
        x[n - 1 - i] = a - b;
    }
}

/* Writes the transpose of `rows` x `columns` values at `from` (LANES floats a row) to `to`. */
INLINE void ISA(store_transposed)(const float *from, int32_t rows, int32_t columns, float *to,
                                  int64_t stride) {
    typedef float quad __attribute__((vector_size(16), aligned(4)));
    int32_t i = 0;
    for (; i + 4 <= rows && columns == LANES; i += 4)
        for (int32_t c = 0; c < LANES; c += 4) {
            quad r[4];
            for (int k = 0; k < 4; k++)
                r[k] = *(const quad *)(from + (i + k) * LANES + c);
            const quad a = __builtin_shufflevector(r[0], r[1], 0, 4, 1, 5);
            const quad b = __builtin_shufflevector(r[2], r[3], 0, 4, 1, 5);
            const quad d = __builtin_shufflevector(r[0], r[1], 2, 6, 3, 7);
            const quad e = __builtin_shufflevector(r[2], r[3], 2, 6, 3, 7);
            float *at = to + c * stride + i;
            *(quad *)at = __builtin_shufflevector(a, b, 0, 1, 4, 5);
            *(quad *)(at + stride) = __builtin_shufflevector(a, b, 2, 3, 6, 7);
            *(quad *)(at + 2 * stride) = __builtin_shufflevector(d, e, 0, 1, 4, 5);
            *(quad *)(at + 3 * stride) = __builtin_shufflevector(d, e, 2, 3, 6, 7);
        }
    for (; i < rows; i++)
        for (int32_t c = 0; c < columns; c++)
            to[c * stride + i] = from[i * LANES + c];
}

static void ISA(dct)(const calk_dct *plan, int32_t inverse, const float *in, int64_t in_stride,
                     float *out, int64_t out_stride, int32_t begin, int32_t end, float *scratch) {
    const int32_t n = plan->length;
    const float scale = inverse ? 1.0f / (float)n : 2.0f;
    vec *x = (vec *)scratch, *y = x + n;
    for (int32_t c = begin; c < end; c += LANES) {
        for (int32_t i = 0; i < n; i++)
            x[i] = load(in + i * in_stride + c) * scale;
        if (inverse) {
            x[0] *= 0.5f;
            ISA(dct_backward)(plan, plan->factors, n, x, y);
        } else {
            ISA(dct_forward)(plan, plan->factors, n, x, y);
        }
        const int32_t used = end - c < LANES ? end - c : LANES;
        ISA(store_transposed)(scratch, n, used, out + c * out_stride, out_stride);
    }
}
