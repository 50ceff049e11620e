/* AVX512_BF16: the convolution of floats, with pairs of bf16 numbers in place of each. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "bf16_private.h"
#include "conv_private.h"

#define ISA(x) x##_avx512bf16
#define LANES 16
#define PANEL (2 * LANES)
#define BLOCK_ROWS 12
#define EACH_BLOCK_HEIGHT(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12)

#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma"))),             \
    apply_to = function)
#include "vector.h"

/* A pair for all columns. Not by way of a float, whose arithmetic knows only some bits. */
INLINE vec ISA(spread)(const float *pair) {
    int32_t bits;
    memcpy(&bits, pair, sizeof bits);
    return (vec)_mm512_set1_epi32(bits);
}

/* Adds the products of the upper halves, then those of the lower. */
INLINE vec ISA(add_products)(vec sum, vec x, vec column) {
    return (vec)_mm512_dpbf16_ps((__m512)sum, (__m512bh)x, (__m512bh)column);
}

#define SPREAD ISA(spread)
#define ADD_PRODUCTS ISA(add_products)

#include "gemm_template.h"

#include "conv_template.h"

static void ISA(bf16_encode)(const float *in, int64_t step, int64_t count, int32_t length,
                             float *codes, int64_t codes_step) {
    const __m512 least = _mm512_set1_ps(CALK_BF16_LEAST);
    for (int64_t i = 0; i < count; i++, in += step, codes += codes_step)
        for (int32_t c = 0; c < length; c += LANES) {
            const __m512 x = _mm512_loadu_ps(in + c);
            /* Not less, so that what is not a number stays. */
            const __mmask16 kept = _mm512_cmp_ps_mask(_mm512_abs_ps(x), least, _CMP_NLT_UQ);
            const __m256i numbers = (__m256i)_mm512_maskz_cvtneps_pbh(kept, x);
            _mm256_storeu_si256((__m256i *)(codes + c / 2), _mm256_rol_epi32(numbers, 16));
        }
}

const calk_bf16 ISA(calk_bf16) = {
    .panel = PANEL,
    .together = 2,
    .encode = ISA(bf16_encode),
    .conv = ISA(conv),
};
#pragma clang attribute pop
#endif
