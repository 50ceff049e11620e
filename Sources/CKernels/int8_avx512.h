/* Products of codes and weights with AVX-512 VNNI. A panel's weights: a vector of sixteen columns x
 * four channels, then the next four channels. */
#ifndef CALK_INT8_AVX512_H
#define CALK_INT8_AVX512_H

#include <immintrin.h>

#include "vector.h"

/* A maximum of what is not a number and 0 is 0. */
INLINE void ISA(int8_encode)(const float *in, int32_t length, float factor, uint8_t *to) {
    const __m512 codes = _mm512_set1_ps(factor), most = _mm512_set1_ps(CALK_CODE_MAX);
    for (int32_t c = 0; c < length; c += 16) {
        const __m512 x =
            _mm512_max_ps(_mm512_mul_ps(_mm512_loadu_ps(in + c), codes), _mm512_setzero_ps());
        const __m512i code = _mm512_cvtps_epi32(_mm512_min_ps(x, most));
        _mm_storeu_si128((__m128i *)(to + c), _mm512_cvtepi32_epi8(code));
    }
}

INLINE __m512i ISA(int8_four)(const uint8_t *codes) {
    int32_t four;
    memcpy(&four, codes, sizeof four);
    return _mm512_set1_epi32(four);
}

INLINE void ISA(int8_step)(const int m, const uint8_t *const *row, int32_t k, const int8_t *w,
                           veci (*sum)[1]) {
    const __m512i first = _mm512_loadu_si512(w), second = _mm512_loadu_si512(w + 64);
#pragma clang loop unroll(full)
    for (int i = 0; i < m; i++) {
        const __m512i four =
            _mm512_dpbusd_epi32((__m512i)sum[i][0], ISA(int8_four)(row[i] + k), first);
        sum[i][0] = (veci)_mm512_dpbusd_epi32(four, ISA(int8_four)(row[i] + k + 4), second);
    }
}

#endif
