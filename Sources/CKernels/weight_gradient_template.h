/* The gradient of a convolution's weights: outer products of input and output gradient, summed in
 * registers over positions. */

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
