/* Max pooling, and the gate with global average pooling and the neck. */

static void ISA(max_pool)(const float *in, int32_t height, int32_t width, int32_t channels,
                          int32_t stride, float *out, int32_t out_width, int32_t row_begin,
                          int32_t row_end) {
    for (int32_t y = row_begin; y < row_end; y++) {
        const int32_t top = y > 0 ? 2 * y - 1 : 0;
        const int32_t bottom = 2 * y + 1 < height ? 2 * y + 1 : height - 1;
        for (int32_t x = 0; x < out_width; x++) {
            const int32_t left = x > 0 ? 2 * x - 1 : 0;
            const int32_t right = 2 * x + 1 < width ? 2 * x + 1 : width - 1;
            float *to = out + ((int64_t)y * out_width + x) * stride;
            for (int32_t c = 0; c < channels; c += LANES) {
                vec best = load(in + ((int64_t)top * width + left) * stride + c);
                for (int32_t row = top; row <= bottom; row++)
                    for (int32_t column = left; column <= right; column++)
                        best =
                            maximum(best, load(in + ((int64_t)row * width + column) * stride + c));
                store(to + c, best);
            }
        }
    }
}

static void ISA(pool)(float *map, int32_t positions, int32_t stride, const float *gate,
                      const float *scale, const float *shift, float *features, int32_t begin,
                      int32_t end) {
    for (int32_t c = begin; c < end; c += LANES) {
        vec sum = {0};
        for (int32_t i = 0; i < positions; i++) {
            float *at = map + (int64_t)i * stride + c;
            vec v = load(at);
            if (gate) {
                v *= gate[i];
                store(at, v);
            }
            sum += v;
        }
        store(features + c, load(scale + c) * (sum / (float)positions) + load(shift + c));
    }
}
