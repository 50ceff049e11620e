/* The microkernel: up to BLOCK_ROWS rows times one panel of 2 * LANES (or LANES) columns, all
 * sums in registers. Each output is summed over taps and channels in order, so its bits depend
 * neither on the number of rows in the block nor on who computes it. */

/* A set may multiply something else that takes the room of a float: how it is spread over the
 * columns of a vector, and how products with them are added to sums. */
#ifndef ADD_PRODUCTS
#define SPREAD(x) splat(*(x))
#define ADD_PRODUCTS(sum, x, column) ((sum) + (x) * (column))
#endif

typedef struct ISA(block) {
    calk_block at;
    const int32_t *lengths; /* floats per tap */
    int32_t relu;
    const float *weights; /* this panel's */
    const float *bias;    /* NULL: zeros */
    const float *ahead;   /* see look_ahead */
    int64_t ahead_step;
} ISA(block);

/* Block i of `blocks` fetches its share of the weights that stand behind its own, `width` floats
 * for each of `depth` steps, to the second-level cache. A panel's first block alone would wait for
 * memory, and the others would leave it idle (64 positions, 512 to 512 channels, 3x3: 5.3 ms
 * without, 3.6 with; 16 tiles of 256 channels by Winograd: 1.9 and 1.4; Zen 3, weights not in any
 * cache). */
INLINE void ISA(look_ahead)(ISA(block) * b, int64_t depth, int32_t width, int32_t blocks,
                            int32_t i) {
    const int32_t share = blocks < width ? width / blocks : 1;
    b->ahead = b->weights + (width + (int64_t)i * share) * depth;
    b->ahead_step = i < width ? share : 0;
}

INLINE void ISA(multiply)(const int m, const int n, const ISA(block) * b) {
    vec sum[BLOCK_ROWS][2];
#pragma clang loop unroll(full)
    for (int i = 0; i < m; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < n; j++)
            sum[i][j] = b->bias ? load(b->bias + j * LANES) : (vec){0};

    /* The sums below take long enough for these lines to arrive: without it, blocks of few
     * channels wait for their stores (ResNet-50 stage 1, 64 to 256 channels:
     * 60 to 72 GF/s without, 81 to 86 with, on a busy Ice Lake). */
#pragma clang loop unroll(full)
    for (int i = 0; i < m; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < n * LANES; j += 16) {
            __builtin_prefetch(b->at.out + i * b->at.stride + j, 1);
            if (b->at.residual)
                __builtin_prefetch(b->at.residual + i * b->at.stride + j);
        }

    const float *w = b->weights, *ahead = b->ahead;
    const int64_t ahead_step = b->ahead_step;
    for (int32_t t = 0; t < b->at.taps; t++) {
        const float *row[BLOCK_ROWS];
#pragma clang loop unroll(full)
        for (int i = 0; i < m; i++)
            row[i] = b->at.rows[t * m + i];
        const int64_t length = b->lengths[t];
        /* Four steps a turn: the counters would take the multipliers' ports, and row pointers
         * that found no register are fetched once a turn (113 to 146 GF/s without, 129 to
         * 173 with, over eight shapes on a busy Ice Lake). */
#pragma clang loop unroll_count(4)
        for (int64_t k = 0; k < length; k++, w += n * LANES, ahead += ahead_step) {
#pragma clang loop unroll(full)
            for (int j = 0; j < n * LANES; j += 16)
                __builtin_prefetch(ahead + j, 0, 2);
            vec column[2];
#pragma clang loop unroll(full)
            for (int j = 0; j < n; j++)
                column[j] = load(w + j * LANES);
#pragma clang loop unroll(full)
            for (int i = 0; i < m; i++) {
                const vec x = SPREAD(row[i] + k);
#pragma clang loop unroll(full)
                for (int j = 0; j < n; j++)
                    sum[i][j] = ADD_PRODUCTS(sum[i][j], x, column[j]);
            }
        }
    }

#pragma clang loop unroll(full)
    for (int i = 0; i < m; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < n; j++) {
            vec v = sum[i][j];
            if (b->at.residual)
                v += load(b->at.residual + i * b->at.stride + j * LANES);
            if (b->relu)
                v = at_least_zero(v);
            store(b->at.out + i * b->at.stride + j * LANES, v);
        }
}

#define MULTIPLY(m)                                                                                \
    static void ISA(multiply_##m##_2)(const ISA(block) * b) { ISA(multiply)(m, 2, b); }            \
    static void ISA(multiply_##m##_1)(const ISA(block) * b) { ISA(multiply)(m, 1, b); }
EACH_BLOCK_HEIGHT(MULTIPLY)
#undef MULTIPLY

typedef void (*ISA(multiply_function))(const ISA(block) *);

#define ENTRY(m) {ISA(multiply_##m##_1), ISA(multiply_##m##_2)},
static const ISA(multiply_function) ISA(multiply_table)[BLOCK_ROWS][2] = {EACH_BLOCK_HEIGHT(ENTRY)};
#undef ENTRY
