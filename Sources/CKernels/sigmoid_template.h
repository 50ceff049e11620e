/* The sigmoid: of a vector, of values a step apart, and its mean over windows of a map. */

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

static void ISA(sigmoids)(const float *in, int32_t step, float shift, int32_t count, float *out) {
    int32_t i = 0;
    for (; i < count; i += LANES) {
        float lane[LANES] = {0};
        const int32_t rest = count - i < LANES ? count - i : LANES;
        for (int32_t k = 0; k < rest; k++)
            lane[k] = in[(int64_t)(i + k) * step] + shift;
        const vec v = ISA(sigmoid)(load(lane));
        for (int32_t k = 0; k < rest; k++)
            out[i + k] = v[k];
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
