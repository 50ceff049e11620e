/* 3x3 max pooling of stride 2 and padding 1, and its gradient. */

/* The rows or columns that window i covers, of a map with so many. */
typedef struct ISA(span) {
    int32_t first, last;
} ISA(span);

INLINE ISA(span) ISA(pool_span)(int32_t i, int32_t side) {
    return (ISA(span)){i > 0 ? 2 * i - 1 : 0, 2 * i + 1 < side ? 2 * i + 1 : side - 1};
}

/* Of channels c on; positions are `stride` floats apart. */
INLINE vec ISA(largest)(const float *in, int32_t width, int32_t stride, ISA(span) rows,
                        ISA(span) columns, int32_t c) {
    vec best = load(in + ((int64_t)rows.first * width + columns.first) * stride + c);
    for (int32_t row = rows.first; row <= rows.last; row++)
        for (int32_t column = columns.first; column <= columns.last; column++)
            best = maximum(best, load(in + ((int64_t)row * width + column) * stride + c));
    return best;
}

static void ISA(max_pool)(const float *in, int32_t height, int32_t width, int32_t channels,
                          int32_t stride, float *out, int32_t out_width, int32_t row_begin,
                          int32_t row_end) {
    for (int32_t y = row_begin; y < row_end; y++) {
        const ISA(span) rows = ISA(pool_span)(y, height);
        for (int32_t x = 0; x < out_width; x++) {
            const ISA(span) columns = ISA(pool_span)(x, width);
            float *to = out + ((int64_t)y * out_width + x) * stride;
            for (int32_t c = 0; c < channels; c += LANES)
                store(to + c, ISA(largest)(in, width, stride, rows, columns, c));
        }
    }
}

static void ISA(max_pool_gradient)(const float *in, int32_t side, int32_t channels, int32_t stride,
                                   const float *out_gradient, int32_t out_side,
                                   float *in_gradient) {
    for (int32_t y = 0; y < out_side; y++) {
        const ISA(span) rows = ISA(pool_span)(y, side);
        for (int32_t x = 0; x < out_side; x++) {
            const ISA(span) columns = ISA(pool_span)(x, side);
            const float *from = out_gradient + ((int64_t)y * out_side + x) * stride;
            for (int32_t c = 0; c < channels; c += LANES) {
                const vec best = ISA(largest)(in, side, stride, rows, columns, c);
                /* What no position has taken yet: all of it, then nothing. */
                vec rest = load(from + c);
                for (int32_t row = rows.first; row <= rows.last; row++) {
                    for (int32_t column = columns.first; column <= columns.last; column++) {
                        const int64_t at = ((int64_t)row * side + column) * stride + c;
                        const veci is_best = load(in + at) == best;
                        float *to = in_gradient + at;
                        store(to, load(to) + choose(is_best, rest, (vec){0}));
                        rest = choose(is_best, (vec){0}, rest);
                    }
                }
            }
        }
    }
}
