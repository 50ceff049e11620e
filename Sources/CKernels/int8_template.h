/* Convolution in whole numbers over a range of output rows and panels: makes the codes that the
 * rows read, then walks panel by panel as conv does. A set defines, before this,
 *   INT8_ROWS         rows of a block
 *   INT8_INTERLEAVE   see calk_int8_pack
 *   ISA(int8_encode)  codes of some values, rounded up to whole vectors: nearest, ties to even,
 *                     those of what is not a number 0
 *   ISA(int8_step)    adds the products of CALK_INT8_DEPTH codes of each row with a panel */

_Static_assert(CALK_CODE_MAX *CALK_FOUR_MAX <= INT16_MAX, "sums of four may overflow");

/* A block in one panel; pointers of `at` are to codes. */
typedef struct ISA(int8_block) {
    calk_block at;
    int32_t length; /* codes of a tap */
    int32_t relu;
    const int8_t *weights; /* this panel's */
    const float *scale;
    const float *bias;
} ISA(int8_block);

INLINE void ISA(int8_store)(const ISA(int8_block) * b, int64_t at, int column, veci sum) {
#pragma clang fp contract(off)
    vec v = __builtin_convertvector(sum, vec) * load(b->scale + column) + load(b->bias + column);
    if (b->at.residual)
        v += load(b->at.residual + at);
    if (b->relu)
        v = at_least_zero(v);
    store(b->at.out + at, v);
}

INLINE void ISA(int8_multiply)(const int m, const ISA(int8_block) * b) {
    veci sum[INT8_ROWS][(CALK_CHANNELS / LANES)];
    memset(sum, 0, sizeof sum);
#pragma clang loop unroll(full)
    for (int i = 0; i < m; i++) {
        __builtin_prefetch(b->at.out + i * b->at.stride, 1);
        if (b->at.residual)
            __builtin_prefetch(b->at.residual + i * b->at.stride);
    }
    const int8_t *w = b->weights;
    for (int32_t t = 0; t < b->at.taps; t++) {
        const uint8_t *row[INT8_ROWS];
#pragma clang loop unroll(full)
        for (int i = 0; i < m; i++)
            row[i] = (const uint8_t *)b->at.rows[t * m + i];
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
            ISA(int8_store)(b, i * b->at.stride + j * LANES, j * LANES, sum[i][j]);
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
                                            const float *in, uint8_t *to) {
    const int32_t stride = calk_int8_stride(conv->window.length);
    const int32_t length = codes->conv.window[0].length * 4;
    for (int64_t i = 0; i < codes->positions;) {
        const calk_run run = calk_codes_run(codes, i);
        for (int64_t k = 0; k < run.count; k++, to += stride)
            ISA(int8_encode)(in + run.first + k * run.step, length, conv->codes, to);
        i += run.count;
    }
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
    codes.conv.zeros = (const float *)ISA(int8_encode_rows)(conv, &codes, data->in[0], scratch);
    calk_conv_data source = calk_codes_data(&codes, data);
    source.in[0] = (const float *)scratch;
    const calk_walk walk =
        calk_walk_over(&codes.conv, &source, codes.begin, codes.begin + rows, INT8_ROWS, table);
    const int32_t length = codes.conv.window[0].length * 4;
    for (int32_t panel = panel_begin; panel < panel_end; panel++) {
        const int32_t column = panel * CALK_CHANNELS;
        ISA(int8_block)
        b = {
            .length = length,
            .relu = conv->relu,
            .weights = conv->weights + (int64_t)column * walk.taps * length,
            .scale = conv->scale + column,
            .bias = conv->bias + column,
        };
        for (int32_t i = 0; i < walk.blocks; i++) {
            const int32_t height = calk_walk_to(&walk, i, column, &b.at);
            ISA(int8_table)[height - 1](&b);
        }
    }
}
