/* The gradient of a convolution's weights: outer products of input and output gradient, summed in
 * registers over positions. */

/* What outer products of input and output gradient are summed over, and where to. */
typedef struct ISA(outer) {
    const float *const *in; /* of each row (position): where its input channels begin */
    int32_t rows;
    int32_t channels;          /* of the input */
    int32_t width;             /* channels of the output */
    const float *out_gradient; /* of the first row */
    int64_t out_stride;        /* floats from row to row of out_gradient */
    float *gradient;           /* added to: a line of output channels for each of the input's */
    int64_t stride;            /* floats from line to line of gradient */
} ISA(outer);

/* One tile: m input channels times a panel, summed over rows in order. */
INLINE void ISA(outer_products)(const int m, const int n, const ISA(outer) * o, int32_t channel,
                                int32_t column) {
    const float *const *in = o->in;
    const float *g_row = o->out_gradient + column;
    float *gradient = o->gradient + channel * o->stride + column;
    const int64_t out_stride = o->out_stride, stride = o->stride;
    vec sum[BLOCK_ROWS][2];
#pragma clang loop unroll(full)
    for (int i = 0; i < m; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < n; j++)
            sum[i][j] = load(gradient + i * stride + j * LANES);
    for (int32_t r = 0; r < o->rows; r++) {
        const float *x = in[r] + channel;
        vec g[2];
#pragma clang loop unroll(full)
        for (int j = 0; j < n; j++)
            g[j] = load(g_row + r * out_stride + j * LANES);
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

typedef void (*ISA(outer_function))(const ISA(outer) *, int32_t channel, int32_t column);

#define OUTER(m, n)                                                                                \
    static void ISA(outer_##m##_##n)(const ISA(outer) * o, int32_t channel, int32_t column) {      \
        ISA(outer_products)(m, n, o, channel, column);                                             \
    }
#define OUTERS(m) OUTER(m, 1) OUTER(m, 2)
EACH_BLOCK_HEIGHT(OUTERS)
#undef OUTERS
#undef OUTER

#define ENTRY(m) {ISA(outer_##m##_1), ISA(outer_##m##_2)},
static const ISA(outer_function) ISA(outer_table)[BLOCK_ROWS][2] = {EACH_BLOCK_HEIGHT(ENTRY)};
#undef ENTRY

/* Run `run` of `runs` of the input's channels, times the panel that begins with `column`. */
INLINE void ISA(outer_run)(const ISA(outer) * o, int32_t run, int32_t runs, int32_t column) {
    const int32_t wide = calk_panel_width(PANEL, o->width, column) == PANEL;
    const int32_t first = calk_share(o->channels, run, runs);
    const int32_t last = calk_share(o->channels, run + 1, runs);
    ISA(outer_table)[last - first - 1][wide](o, first, column);
}

static int32_t ISA(weight_gradient_tiles)(const calk_conv *conv) {
    const int32_t runs = calk_block_count(conv->window[0].length, BLOCK_ROWS);
    return calk_conv_taps(conv) * runs * calk_block_count(conv->out_channels, PANEL);
}

static void ISA(weight_gradient)(const calk_weight_gradient *w, int32_t row_begin, int32_t row_end,
                                 int32_t tile_begin, int32_t tile_end, const float **table) {
    const calk_conv *conv = w->conv;
    const int32_t taps = calk_conv_taps(conv);
    const calk_conv_data data = {.in = {w->in}};
    calk_tap_pointers(conv, &data, row_begin, row_end, table);
    ISA(outer)
    outer = {
        .rows = row_end - row_begin,
        .channels = conv->window[0].length,
        .width = conv->out_channels,
        .out_gradient = w->out_gradient + (int64_t)row_begin * conv->out_stride,
        .out_stride = conv->out_stride,
        .stride = calk_padded(conv->out_channels),
    };
    const int32_t runs = calk_block_count(outer.channels, BLOCK_ROWS);
    for (int32_t tile = tile_begin; tile < tile_end; tile++) {
        const int32_t tap = tile / runs % taps;
        outer.in = table + (int64_t)tap * outer.rows;
        outer.gradient = w->gradient + (int64_t)tap * outer.channels * outer.stride;
        ISA(outer_run)(&outer, tile % runs, runs, tile / runs / taps * PANEL);
    }
}
