/* The frequency gate: cosine transforms down columns, the mask's two convolutions, and the
 * pooled sigmoid. */

/* exp(x) to about 1 unit in the last place: x = n ln 2 + r, a polynomial in r (minimax
 * coefficients of Cephes' expf), scaled by 2^n. Beyond +-87 it saturates. */
INLINE vec ISA(exponential)(vec x) {
    x = choose(x > 87.0f, splat(87.0f), choose(x < -87.0f, splat(-87.0f), x));
    const vec shifted = x * 1.44269504088896341f + 12582912.0f;
    const vec n = shifted - 12582912.0f;
    const vec r = x - n * 0.693359375f + n * 2.12194440e-4f;
    vec p = splat(1.9875691500e-4f);
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    const veci power = ((veci)shifted << 23) + (127 << 23);
    return p * (vec)power;
}

INLINE vec ISA(sigmoid)(vec x) { return 1.0f / (1.0f + ISA(exponential)(-x)); }

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

/* `maps` hidden maps at `wide` vectors of columns: every value that is read serves all maps, and
 * the sums are enough to keep the multipliers busy. */
INLINE void ISA(hidden_columns)(const int maps, const int wide, const calk_mask *m, int32_t h,
                                int32_t y, int32_t x, int64_t pitch, float *rows) {
    vec sum[4][2];
#pragma clang loop unroll(full)
    for (int i = 0; i < maps; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < wide; j++)
            sum[i][j] = splat(m->bias1[h + i]);
    const float *w = m->weight1 + h * 27;
    for (int32_t plane = 0; plane < 3; plane++)
        for (int32_t ky = -1; ky <= 1; ky++)
            for (int32_t kx = -1; kx <= 1; kx++, w++) {
                const float *from = m->planes[plane] + (y + ky) * m->stride + x + kx;
#pragma clang loop unroll(full)
                for (int j = 0; j < wide; j++) {
                    const vec value = load(from + j * LANES);
#pragma clang loop unroll(full)
                    for (int i = 0; i < maps; i++)
                        sum[i][j] += value * w[i * 27];
                }
            }
#pragma clang loop unroll(full)
    for (int i = 0; i < maps; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < wide; j++)
            store(rows + (h + i) * pitch + 1 + x + j * LANES, at_least_zero(sum[i][j]));
}

/* Row y of every hidden map, relu(conv3x3(planes)), with a zero on both sides; rows outside the
 * picture are zero. `rows` holds hidden runs of `pitch` floats; column x stands at x + 1. */
static void ISA(hidden_row)(const calk_mask *m, int32_t y, int64_t pitch, float *rows) {
    if (y < 0 || y >= m->size) {
        memset(rows, 0, (size_t)(m->hidden * pitch) * sizeof(float));
        return;
    }
    for (int32_t x = 0; x < m->size; x += 2 * LANES) {
        const int wide = x + LANES < m->size;
        int32_t h = 0;
        for (; h + 4 <= m->hidden && wide; h += 4)
            ISA(hidden_columns)(4, 2, m, h, y, x, pitch, rows);
        for (; h < m->hidden; h++) {
            ISA(hidden_columns)(1, 1, m, h, y, x, pitch, rows);
            if (wide)
                ISA(hidden_columns)(1, 1, m, h, y, x + LANES, pitch, rows);
        }
    }
    for (int32_t h = 0; h < m->hidden; h++) {
        rows[h * pitch] = 0;
        rows[h * pitch + 1 + m->size] = 0;
    }
}

/* The mask and the masked mean at `wide` vectors of columns of row y; `ring` is the hidden rows
 * y - 1, y, y + 1. */
INLINE void ISA(mask_columns)(const int wide, const calk_mask *m, float *const *ring, int64_t pitch,
                              int32_t y, int32_t x) {
    vec sum[4];
#pragma clang loop unroll(full)
    for (int j = 0; j < wide; j++)
        sum[j] = splat(m->bias2);
    const float *w = m->weight2;
    for (int32_t h = 0; h < m->hidden; h++)
        for (int32_t ky = 0; ky < 3; ky++)
            for (int32_t kx = 0; kx < 3; kx++, w++) {
                const float *from = ring[ky] + h * pitch + x + kx;
#pragma clang loop unroll(full)
                for (int j = 0; j < wide; j++)
                    sum[j] += load(from + j * LANES) * *w;
            }
#pragma clang loop unroll(full)
    for (int j = 0; j < wide; j++) {
        const int64_t at = y * m->stride + x + j * LANES;
        vec total = {0};
        for (int32_t plane = 0; plane < 3; plane++)
            total += load(m->planes[plane] + at);
        store(m->out + at, total * ISA(sigmoid)(sum[j]) / 3.0f);
    }
}

static void ISA(mask)(const calk_mask *m, int32_t row_begin, int32_t row_end, float *scratch) {
    const int64_t pitch = calk_mask_pitch(m);
    float *ring[3];
    for (int32_t i = 0; i < 3; i++)
        ring[i] = scratch + i * m->hidden * pitch;
    ISA(hidden_row)(m, row_begin - 1, pitch, ring[0]);
    ISA(hidden_row)(m, row_begin, pitch, ring[1]);
    for (int32_t y = row_begin; y < row_end; y++) {
        ISA(hidden_row)(m, y + 1, pitch, ring[2]);
        int32_t x = 0;
        for (; x + 4 * LANES <= m->size; x += 4 * LANES)
            ISA(mask_columns)(4, m, ring, pitch, y, x);
        for (; x < m->size; x += LANES)
            ISA(mask_columns)(1, m, ring, pitch, y, x);
        float *oldest = ring[0];
        ring[0] = ring[1];
        ring[1] = ring[2];
        ring[2] = oldest;
    }
}

/* 1 in the first `count` lanes, 0 in the others. */
INLINE vec ISA(first_lanes)(int32_t count) {
    veci lane;
    for (int32_t i = 0; i < LANES; i++)
        lane[i] = i;
    return choose(lane < count, splat(1), (vec){0});
}

static void ISA(sigmoid_pool)(const float *in, int64_t stride, int32_t kernel, int32_t out_width,
                              float *out, int32_t row_begin, int32_t row_end) {
    const float area = (float)kernel * (float)kernel;
    for (int32_t y = row_begin; y < row_end; y++) {
        for (int32_t x = 0; x < out_width; x++) {
            vec total = {0};
            for (int32_t i = 0; i < kernel; i += LANES) {
                const vec used = ISA(first_lanes)(kernel - i);
                const float *from = in + (int64_t)y * kernel * stride + x * kernel + i;
                for (int32_t row = 0; row < kernel; row++)
                    total += ISA(sigmoid)(load(from + row * stride)) * used;
            }
            float sum = 0;
            for (int32_t lane = 0; lane < LANES; lane++)
                sum += total[lane];
            out[y * out_width + x] = sum / area;
        }
    }
}
