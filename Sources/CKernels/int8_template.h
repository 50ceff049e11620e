/* Convolution in whole numbers over a range of output rows and panels: makes the codes that the
 * rows read, then walks panel by panel as conv does. A set defines, before this,
 *   INT8_ROWS         rows of a block
 *   INT8_INTERLEAVE   see calk_int8_pack
 *   ISA(int8_encode)  codes of some values, rounded up to whole vectors: nearest, ties to even,
 *                     those of what is not a number 0
 *   ISA(int8_step)    adds the products of CALK_INT8_DEPTH codes of each row with a panel */

_Static_assert(CALK_CODE_MAX *CALK_FOUR_MAX <= INT16_MAX, "sums of four may overflow");

/* What one panel and a block of rows need. */
typedef struct ISA(int8_block) {
    const float *const *rows; /* taps x m pointers to codes */
    int32_t taps;
    int32_t length; /* codes of a tap */
    int32_t relu;
    const int8_t *weights; /* this panel's */
    const float *scale;
    const float *bias;
    const float *residual; /* NULL: none */
    float *out;
    int64_t stride; /* floats between rows of out and residual */
} ISA(int8_block);

INLINE void ISA(int8_store)(const ISA(int8_block) * b, int64_t at, int column, veci sum) {
#pragma clang fp contract(off)
    vec v = __builtin_convertvector(sum, vec) * load(b->scale + column) + load(b->bias + column);
    if (b->residual)
        v += load(b->residual + at);
    if (b->relu)
        v = at_least_zero(v);
    store(b->out + at, v);
}

INLINE void ISA(int8_multiply)(const int m, const ISA(int8_block) * b) {
    veci sum[INT8_ROWS][(CALK_CHANNELS / LANES)];
    memset(sum, 0, sizeof sum);
#pragma clang loop unroll(full)
    for (int i = 0; i < m; i++) {
        __builtin_prefetch(b->out + i * b->stride, 1);
        if (b->residual)
            __builtin_prefetch(b->residual + i * b->stride);
    }
    const int8_t *w = b->weights;
    for (int32_t t = 0; t < b->taps; t++) {
        const uint8_t *row[INT8_ROWS];
#pragma clang loop unroll(full)
        for (int i = 0; i < m; i++)
            row[i] = (const uint8_t *)b->rows[t * m + i];
#pragma clang loop unroll_count(2)
        for (int32_t k = 0; k < b->length; k += CALK_INT8_DEPTH) {
            ISA(int8_step)(m, row, k, w, sum);
            w += CALK_INT8_DEPTH * CALK_CHANNELS;
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < m; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < (CALK_CHANNELS / LANES); j++)
            ISA(int8_store)(b, i * b->stride + j * LANES, j * LANES, sum[i][j]);
}

#define MULTIPLY(m)                                                                                \
    static void ISA(int8_multiply_##m)(const ISA(int8_block) * b) { ISA(int8_multiply)(m, b); }
EACH_INT8_HEIGHT(MULTIPLY)
#undef MULTIPLY

typedef void (*ISA(int8_function))(const ISA(int8_block) *);

#define ENTRY(m) ISA(int8_multiply_##m),
static const ISA(int8_function) ISA(int8_table)[INT8_ROWS] = {EACH_INT8_HEIGHT(ENTRY)};
#undef ENTRY

/* The codes that rows begin to end read, and behind them a position of zeros for what lies outside
 * the map. */
static const uint8_t *ISA(int8_encode_rows)(const calk_int8 *conv, const calk_codes *codes,
                                            const float *in, int32_t row_begin, uint8_t *to) {
    const int32_t stride = calk_int8_stride(conv->window.length);
    const int32_t length = codes->walk.window[0].length * 4;
    for (int64_t i = 0; i < codes->positions; i++, to += stride)
        ISA(int8_encode)(in + calk_int8_source(conv, codes, row_begin, i), length, conv->codes, to);
    memset(to, 0, (size_t)length);
    return to;
}

void ISA(calk_int8_conv)(const calk_int8 *conv, const calk_conv_data *data, int32_t row_begin,
                         int32_t row_end, int32_t panel_begin, int32_t panel_end, uint8_t *scratch,
                         const float **table) {
    const int32_t rows = row_end - row_begin;
    if (rows <= 0)
        return;
    calk_codes codes = calk_int8_codes(conv, row_begin, row_end);
    codes.walk.zeros =
        (const float *)ISA(int8_encode_rows)(conv, &codes, data->in[0], row_begin, scratch);
    const calk_conv_data source = {.in = {(const float *)scratch}};
    const int32_t blocks = (rows + INT8_ROWS - 1) / INT8_ROWS;
    const int32_t taps = conv->window.kernel_h * conv->window.kernel_w;
    const int32_t length = codes.walk.window[0].length * 4;
    for (int32_t i = 0; i < blocks; i++) {
        const int32_t first = calk_share(rows, i, blocks);
        const int32_t last = calk_share(rows, i + 1, blocks);
        calk_tap_pointers(&codes.walk, &source, codes.begin + first, codes.begin + last,
                          table + (int64_t)first * taps);
    }
    for (int32_t panel = panel_begin; panel < panel_end; panel++) {
        const int32_t column = panel * CALK_CHANNELS;
        ISA(int8_block)
        b = {
            .taps = taps,
            .length = length,
            .relu = conv->relu,
            .weights = conv->weights + (int64_t)column * taps * length,
            .scale = conv->scale + column,
            .bias = conv->bias + column,
            .stride = conv->out_stride,
        };
        for (int32_t i = 0; i < blocks; i++) {
            const int32_t first = calk_share(rows, i, blocks);
            const int32_t last = calk_share(rows, i + 1, blocks);
            const int64_t at = (int64_t)(row_begin + first) * conv->out_stride + column;
            b.rows = table + (int64_t)first * taps;
            b.out = data->out + at;
            b.residual = data->residual ? data->residual + at : NULL;
            ISA(int8_table)[last - first - 1](&b);
        }
    }
}
