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

/* Transforms x in place; y is scratch of the same length. */
static void ISA(dct_forward)(const calk_dct *plan, const float *factors, int32_t n, vec *x,
                             vec *y) {
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

static void ISA(dct)(const calk_dct *plan, int32_t inverse, const float *in, int64_t in_stride,
                     float *out, int64_t out_stride, int32_t begin, int32_t end,
                     float *scratch) {
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
        for (int32_t lane = 0; lane < LANES && c + lane < end; lane++)
            for (int32_t i = 0; i < n; i++)
                out[(c + lane) * out_stride + i] = scratch[i * LANES + lane];
    }
}

/* Row y of every hidden map, relu(conv3x3(planes)), with a zero on both sides; rows outside the
 * picture are zero. `rows` holds hidden runs of `pitch` floats; column x stands at x + 1. */
static void ISA(hidden_row)(const calk_mask *m, int32_t y, int64_t pitch, float *rows) {
    if (y < 0 || y >= m->size) {
        memset(rows, 0, (size_t)(m->hidden * pitch) * sizeof(float));
        return;
    }
    for (int32_t h = 0; h < m->hidden; h++) {
        float *to = rows + h * pitch;
        for (int32_t x = 0; x < m->size; x += LANES) {
            vec sum = splat(m->bias1[h]);
            const float *w = m->weight1 + h * 27;
            for (int32_t plane = 0; plane < 3; plane++)
                for (int32_t ky = -1; ky <= 1; ky++, w += 3) {
                    const float *from = m->planes[plane] + (y + ky) * m->stride + x;
                    sum += load(from - 1) * w[0];
                    sum += load(from) * w[1];
                    sum += load(from + 1) * w[2];
                }
            store(to + 1 + x, at_least_zero(sum));
        }
        to[0] = 0;
        to[1 + m->size] = 0;
    }
}

static void ISA(mask)(const calk_mask *m, int32_t row_begin, int32_t row_end, float *scratch) {
    const int64_t pitch = m->size + 64;
    float *ring[3];
    for (int32_t i = 0; i < 3; i++)
        ring[i] = scratch + i * m->hidden * pitch;
    ISA(hidden_row)(m, row_begin - 1, pitch, ring[0]);
    ISA(hidden_row)(m, row_begin, pitch, ring[1]);
    for (int32_t y = row_begin; y < row_end; y++) {
        ISA(hidden_row)(m, y + 1, pitch, ring[2]);
        for (int32_t x = 0; x < m->size; x += LANES) {
            vec sum = splat(m->bias2);
            const float *w = m->weight2;
            for (int32_t h = 0; h < m->hidden; h++)
                for (int32_t ky = 0; ky < 3; ky++, w += 3) {
                    const float *from = ring[ky] + h * pitch + x;
                    sum += load(from) * w[0];
                    sum += load(from + 1) * w[1];
                    sum += load(from + 2) * w[2];
                }
            vec total = {0};
            for (int32_t plane = 0; plane < 3; plane++)
                total += load(m->planes[plane] + y * m->stride + x);
            store(m->out + y * m->stride + x, total * ISA(sigmoid)(sum) / 3.0f);
        }
        float *oldest = ring[0];
        ring[0] = ring[1];
        ring[1] = ring[2];
        ring[2] = oldest;
    }
}

static void ISA(sigmoid_pool)(const float *in, int64_t stride, int32_t kernel,
                              int32_t out_width, float *out, int32_t row_begin,
                              int32_t row_end) {
    const float area = (float)kernel * (float)kernel;
    for (int32_t y = row_begin; y < row_end; y++) {
        for (int32_t x = 0; x < out_width; x++) {
            double sum = 0;
            for (int32_t row = y * kernel; row < (y + 1) * kernel; row++) {
                const float *from = in + row * stride + x * kernel;
                for (int32_t i = 0; i < kernel; i += LANES) {
                    const vec s = ISA(sigmoid)(load(from + i));
                    for (int32_t lane = 0; lane < LANES && i + lane < kernel; lane++)
                        sum += s[lane];
                }
            }
            out[y * out_width + x] = (float)sum / area;
        }
    }
}
