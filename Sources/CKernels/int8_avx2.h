/* Products of codes and weights with AVX2, or AVX-VNNI where INT8_VNNI is defined. A panel's
 * weights: two vectors of eight columns x four channels, then the same of the next four channels.
 */
#ifndef CALK_INT8_AVX2_H
#define CALK_INT8_AVX2_H

#include <immintrin.h>

#include "vector.h"

/* Eight codes, 32 bits each. A maximum of what is not a number and 0 is 0. */
INLINE __m256i ISA(int8_eight)(const float *in, __m256 codes) {
    const __m256 x = _mm256_max_ps(_mm256_mul_ps(_mm256_loadu_ps(in), codes), _mm256_setzero_ps());
    return _mm256_cvtps_epi32(_mm256_min_ps(x, _mm256_set1_ps(CALK_CODE_MAX)));
}

INLINE void ISA(int8_encode)(const float *in, int32_t length, float factor, uint8_t *to) {
    const __m256 codes = _mm256_set1_ps(factor);
    /* Packing works on halves of vectors; this puts fours of codes into their order. */
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    for (int32_t c = 0; c < length; c += 32) {
        const __m256i a =
            _mm256_packs_epi32(ISA(int8_eight)(in + c, codes), ISA(int8_eight)(in + c + 8, codes));
        const __m256i b = _mm256_packs_epi32(ISA(int8_eight)(in + c + 16, codes),
                                             ISA(int8_eight)(in + c + 24, codes));
        const __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(a, b), order);
        _mm256_storeu_si256((__m256i *)(to + c), bytes);
    }
}

INLINE __m256i ISA(int8_column)(const int8_t *w) { return _mm256_loadu_si256((const __m256i *)w); }

INLINE __m256i ISA(int8_four)(const uint8_t *codes) {
    int32_t four;
    memcpy(&four, codes, sizeof four);
    return _mm256_set1_epi32(four);
}

/* Adds x . first + y . second. */
INLINE veci ISA(int8_products)(veci sum, __m256i x, __m256i first, __m256i y, __m256i second) {
#ifdef INT8_VNNI
    return (veci)_mm256_dpbusd_avx_epi32(_mm256_dpbusd_avx_epi32((__m256i)sum, x, first), y,
                                         second);
#else
    const __m256i pairs =
        _mm256_add_epi16(_mm256_maddubs_epi16(x, first), _mm256_maddubs_epi16(y, second));
    return sum + (veci)_mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
#endif
}

INLINE void ISA(int8_step)(const int m, const uint8_t *const *row, int32_t k, const int8_t *w,
                           veci (*sum)[2]) {
    const __m256i first[2] = {ISA(int8_column)(w), ISA(int8_column)(w + 32)};
    const __m256i second[2] = {ISA(int8_column)(w + 64), ISA(int8_column)(w + 96)};
#pragma clang loop unroll(full)
    for (int i = 0; i < m; i++) {
        const __m256i x = ISA(int8_four)(row[i] + k), y = ISA(int8_four)(row[i] + k + 4);
#pragma clang loop unroll(full)
        for (int j = 0; j < 2; j++)
            sum[i][j] = ISA(int8_products)(sum[i][j], x, first[j], y, second[j]);
    }
}

#endif
