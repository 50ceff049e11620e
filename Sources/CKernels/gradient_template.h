/* Gradients, and BatchNorm over a batch. */

/* One tile: up to BLOCK_ROWS input channels times a panel, summed over rows in order. */
INLINE void ISA(outer_products)(const int m, const int n, const float *const *in, int32_t channel,
                                int32_t rows, const float *out_gradient, int64_t out_stride,
                                float *gradient, int64_t stride) {
    vec sum[BLOCK_ROWS][2];
#pragma clang loop unroll(full)
    for (int i = 0; i < m; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < n; j++)
            sum[i][j] = load(gradient + i * stride + j * LANES);
    for (int32_t r = 0; r < rows; r++) {
        const float *x = in[r] + channel;
        vec g[2];
#pragma clang loop unroll(full)
        for (int j = 0; j < n; j++)
            g[j] = load(out_gradient + r * out_stride + j * LANES);
#pragma clang loop unroll(full)
        for (int i = 0; i < m; i++) {
            const vec v = splat(x[i]);
#pragma clang loop unroll(full)
            for (int j = 0; j < n; j++)
                sum[i][j] += v * g[j];
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < m; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < n; j++)
            store(gradient + i * stride + j * LANES, sum[i][j]);
}

typedef void (*ISA(outer_function))(const float *const *in, int32_t channel, int32_t rows,
                                    const float *out_gradient, int64_t out_stride, float *gradient,
                                    int64_t stride);

#define OUTER(m, n)                                                                                \
    static void ISA(outer_##m##_##n)(const float *const *in, int32_t channel, int32_t rows,        \
                                     const float *out_gradient, int64_t out_stride,                \
                                     float *gradient, int64_t stride) {                            \
        ISA(outer_products)(m, n, in, channel, rows, out_gradient, out_stride, gradient, stride);  \
    }
#define OUTERS(m) OUTER(m, 1) OUTER(m, 2)
EACH_BLOCK_HEIGHT(OUTERS)
#undef OUTERS
#undef OUTER

#define ENTRY(m) {ISA(outer_##m##_1), ISA(outer_##m##_2)},
static const ISA(outer_function) ISA(outer_table)[BLOCK_ROWS][2] = {EACH_BLOCK_HEIGHT(ENTRY)};
#undef ENTRY

static int32_t ISA(weight_gradient_tiles)(const calk_conv *conv) {
    const int32_t runs = (conv->window[0].length + BLOCK_ROWS - 1) / BLOCK_ROWS;
    const int32_t panels = (conv->out_channels + PANEL - 1) / PANEL;
    return calk_conv_taps(conv) * runs * panels;
}

static void ISA(weight_gradient)(const calk_weight_gradient *w, int32_t row_begin, int32_t row_end,
                                 int32_t tile_begin, int32_t tile_end, const float **table) {
    const calk_conv *conv = w->conv;
    const int32_t length = conv->window[0].length;
    const int32_t taps = calk_conv_taps(conv);
    const int32_t runs = (length + BLOCK_ROWS - 1) / BLOCK_ROWS;
    const int32_t rows = row_end - row_begin;
    const int64_t stride = calk_padded(conv->out_channels);
    const calk_conv_data data = {.in = {w->in}};
    calk_tap_pointers(conv, &data, row_begin, row_end, table);
    for (int32_t tile = tile_begin; tile < tile_end; tile++) {
        const int32_t run = tile % runs, tap = tile / runs % taps;
        const int32_t column = tile / runs / taps * PANEL;
        const int32_t wide = calk_panel_width(PANEL, conv->out_channels, column) == PANEL;
        const int32_t first = calk_share(length, run, runs);
        const int32_t last = calk_share(length, run + 1, runs);
        ISA(outer_table)
        [last - first - 1][wide](
            table + (int64_t)tap *rows, first, rows,
            w->out_gradient + (int64_t)row_begin *conv->out_stride + column, conv->out_stride,
            w->gradient + ((int64_t)tap *length + first) *stride + column, stride);
    }
}

/* Rows whose terms are summed in single precision before they go to the double sums. */
enum { ISA(norm_run) = 64 };

static void ISA(norm_sums)(const calk_norm_rows *n, const float *in, const float *centre,
                           double *sum, double *square) {
    for (int32_t first = 0; first < n->rows; first += ISA(norm_run)) {
        const int32_t last = first + ISA(norm_run) < n->rows ? first + ISA(norm_run) : n->rows;
        for (int32_t c = 0; c < n->channels; c += LANES) {
            const vec middle = load(centre + c);
            vec s = {0}, q = {0};
            for (int32_t r = first; r < last; r++) {
                const vec d = load(in + (int64_t)r * n->stride + c) - middle;
                s += d;
                q += d * d;
            }
            for (int i = 0; i < LANES; i++) {
                sum[c + i] += (double)s[i];
                square[c + i] += (double)q[i];
            }
        }
    }
}

static void ISA(norm_apply)(const calk_norm_rows *n, const calk_norm *norm, const float *in,
                            float *out) {
    for (int32_t r = 0; r < n->rows; r++) {
        const int64_t at = (int64_t)r * n->stride;
        for (int32_t c = 0; c < n->channels; c += LANES) {
            vec v = load(in + at + c) * load(norm->scale + c) + load(norm->shift + c);
            if (norm->residual)
                v += load(norm->residual + at + c);
            store(out + at + c, norm->relu ? at_least_zero(v) : v);
        }
    }
}

static void ISA(norm_gradient_sums)(const calk_norm_rows *n, const float *in, const float *centre,
                                    const float *out, float *gradient, double *sum, double *dot) {
    for (int32_t first = 0; first < n->rows; first += ISA(norm_run)) {
        const int32_t last = first + ISA(norm_run) < n->rows ? first + ISA(norm_run) : n->rows;
        for (int32_t c = 0; c < n->channels; c += LANES) {
            const vec middle = load(centre + c);
            vec s = {0}, d = {0};
            for (int32_t r = first; r < last; r++) {
                const int64_t at = (int64_t)r * n->stride + c;
                vec g = load(gradient + at);
                if (out) {
                    g = choose(load(out + at) > (vec){0}, g, (vec){0});
                    store(gradient + at, g);
                }
                s += g;
                d += g * (load(in + at) - middle);
            }
            for (int i = 0; i < LANES; i++) {
                sum[c + i] += (double)s[i];
                dot[c + i] += (double)d[i];
            }
        }
    }
}

static void ISA(norm_gradient_apply)(const calk_norm_rows *n, const calk_norm_slope *slope,
                                     const float *gradient, float *in) {
    for (int32_t r = 0; r < n->rows; r++) {
        const int64_t at = (int64_t)r * n->stride;
        for (int32_t c = 0; c < n->channels; c += LANES)
            store(in + at + c, load(gradient + at + c) * load(slope->scale + c) +
                                   load(in + at + c) * load(slope->slope + c) +
                                   load(slope->offset + c));
    }
}

static void ISA(max_pool_gradient)(const float *in, int32_t side, int32_t channels, int32_t stride,
                                   const float *out_gradient, int32_t out_side,
                                   float *in_gradient) {
    for (int32_t y = 0; y < out_side; y++) {
        const int32_t top = y > 0 ? 2 * y - 1 : 0;
        const int32_t bottom = 2 * y + 1 < side ? 2 * y + 1 : side - 1;
        for (int32_t x = 0; x < out_side; x++) {
            const int32_t left = x > 0 ? 2 * x - 1 : 0;
            const int32_t right = 2 * x + 1 < side ? 2 * x + 1 : side - 1;
            const float *from = out_gradient + ((int64_t)y * out_side + x) * stride;
            for (int32_t c = 0; c < channels; c += LANES) {
                vec best = load(in + ((int64_t)top * side + left) * stride + c);
                for (int32_t row = top; row <= bottom; row++)
                    for (int32_t column = left; column <= right; column++)
                        best =
                            maximum(best, load(in + ((int64_t)row * side + column) * stride + c));
                vec rest = load(from + c);
                for (int32_t row = top; row <= bottom; row++) {
                    for (int32_t column = left; column <= right; column++) {
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

static void ISA(gated_mean)(const float *map, int32_t positions, int32_t stride, int32_t channels,
                            const float *gate, float *mean) {
    for (int32_t c = 0; c < channels; c += LANES) {
        vec sum = {0};
        for (int32_t i = 0; i < positions; i++)
            sum += load(map + (int64_t)i * stride + c) * (gate ? gate[i] : 1.0f);
        store(mean + c, sum / (float)positions);
    }
}

static void ISA(gated_mean_gradient)(const float *map, int32_t positions, int32_t stride,
                                     int32_t channels, const float *gate,
                                     const float *mean_gradient, float *map_gradient,
                                     float *gate_gradient) {
    const float share = 1.0f / (float)positions;
    for (int32_t i = 0; i < positions; i++) {
        const int64_t at = (int64_t)i * stride;
        const float weight = (gate ? gate[i] : 1.0f) * share;
        vec dot = {0};
        for (int32_t c = 0; c < channels; c += LANES) {
            const vec g = load(mean_gradient + c);
            dot += g * load(map + at + c);
            store(map_gradient + at + c, g * weight);
        }
        if (gate_gradient) {
            float sum = 0;
            for (int k = 0; k < LANES; k++)
                sum += dot[k];
            gate_gradient[i] = sum * share;
        }
    }
}

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
