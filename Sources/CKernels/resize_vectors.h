/* What the two passes of the resize need from vectors of VECTOR bytes: 32 for AVX2, 16 for
 * everything else. */

#define PIXELS (VECTOR / 8)  /* of up to four channels, in one vector of 16-bit lanes */
#define COLUMNS (VECTOR / 2) /* bytes that widen to one vector of 16-bit lanes */

typedef uint8_t column_bytes __attribute__((vector_size(COLUMNS)));
typedef int16_t shorts __attribute__((vector_size(VECTOR)));
typedef uint32_t sums __attribute__((vector_size(VECTOR)));
typedef uint8_t sum_bytes __attribute__((vector_size(VECTOR / 4)));
typedef uint8_t bytes4 __attribute__((vector_size(4)));

/* The first `count` bytes, up to COLUMNS. */
static inline column_bytes load_columns(const uint8_t *p, size_t count) {
    column_bytes v = {0};
    memcpy(&v, p, count);
    return v;
}

static inline shorts load_shorts(const int16_t *p) {
    shorts v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* One pair of weights in every pair of lanes. */
static inline shorts repeat_pair(const int16_t *weights) {
    typedef int32_t pairs __attribute__((vector_size(VECTOR)));
    int32_t pair;
    memcpy(&pair, weights, sizeof pair);
    return (shorts)((pairs){0} + pair);
}

static inline shorts widen(column_bytes v) { return __builtin_convertvector(v, shorts); }

/* The weighted sums of which the weights' two parts made these. */
static inline sums join(sums low, sums high) { return (high << CALK_RESIZE_LOW_BITS) + low; }

/* Weighted sums to pixel values: rounds, drops the fraction, clips. The weights are positive
 * and each is rounded: a sum can come out above 255, never below 0. */
static inline sum_bytes finish(sums v) {
    v = (v + (1u << (CALK_RESIZE_PRECISION - 1))) >> CALK_RESIZE_PRECISION;
    return __builtin_convertvector(__builtin_elementwise_min(v, (sums){0} + 255), sum_bytes);
}

#if VECTOR == 32

/* Sums of neighbouring products: a[2i] * b[2i] + a[2i + 1] * b[2i + 1]. */
static inline sums multiply_pairs(shorts a, shorts b) {
    return (sums)_mm256_madd_epi16((__m256i)a, (__m256i)b);
}

/* Four pixels p, q, r, s as Rp Rq Gp Gq Bp Bq Ap Aq, then the same of r and s. */
static inline shorts load_pixels(const uint8_t *p, size_t channels) {
    __m256i v = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)p));
    __m256i of3 = _mm256_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1, //
                                   6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
    __m256i of4 = _mm256_setr_epi8(0, -1, 4, -1, 1, -1, 5, -1, 2, -1, 6, -1, 3, -1, 7, -1, //
                                   8, -1, 12, -1, 9, -1, 13, -1, 10, -1, 14, -1, 11, -1, 15, -1);
    return (shorts)_mm256_shuffle_epi8(v, channels == 3 ? of3 : of4);
}

/* The weights of p and q for each of their channels, then those of r and s. */
static inline shorts load_weights(const int16_t *weights) {
    __m256i v = _mm256_castsi128_si256(_mm_loadl_epi64((const __m128i *)weights));
    return (shorts)_mm256_permutevar8x32_epi32(v, _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1));
}

/* Adds the sums of r and s to those of p and q. */
static inline sums fold(sums v) {
    return v + __builtin_shufflevector(v, v, 4, 5, 6, 7, 4, 5, 6, 7);
}

static inline shorts interleave_first(column_bytes a, column_bytes b) {
    return widen(
        __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
}

static inline shorts interleave_last(column_bytes a, column_bytes b) {
    return widen(__builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30,
                                         15, 31));
}

#else

static inline sums multiply_pairs(shorts a, shorts b) {
#if defined(__SSE2__)
    return (sums)_mm_madd_epi16((__m128i)a, (__m128i)b);
#else
    typedef int32_t products __attribute__((vector_size(2 * VECTOR)));
    products p = __builtin_convertvector(a, products) * __builtin_convertvector(b, products);
    return (sums)(__builtin_shufflevector(p, p, 0, 2, 4, 6) +
                  __builtin_shufflevector(p, p, 1, 3, 5, 7));
#endif
}

/* Two pixels p, q as Rp Rq Gp Gq Bp Bq Ap Aq. Of three channels, the lanes for A hold the next
 * pixels' R; they end in the byte without meaning. */
static inline shorts load_pixels(const uint8_t *p, size_t channels) {
    bytes4 first, second;
    memcpy(&first, p, sizeof first);
    memcpy(&second, p + channels, sizeof second);
    return widen(__builtin_shufflevector(first, second, 0, 4, 1, 5, 2, 6, 3, 7));
}

static inline shorts load_weights(const int16_t *weights) { return repeat_pair(weights); }

static inline sums fold(sums v) { return v; }

static inline shorts interleave_first(column_bytes a, column_bytes b) {
    return widen(__builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11));
}

static inline shorts interleave_last(column_bytes a, column_bytes b) {
    return widen(__builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15));
}

#endif
