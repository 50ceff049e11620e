/* SHA-256 with the SHA extensions of x86-64: sha256rnds2 does two rounds, sha256msg1 and
 * sha256msg2 the two halves of the message schedule for four words. */
#if defined(__x86_64__)

#include "sha256_blocks.h"

#include <cpuid.h>
#include <immintrin.h>
#include <stdatomic.h>

#define SHANI __attribute__((target("sha,sse4.1,ssse3")))

static bool cpu_has_shani(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d))
        return false;
    bool ssse3 = c >> 9 & 1, sse41 = c >> 19 & 1;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d))
        return false;
    return ssse3 && sse41 && (b >> 29 & 1);
}

/* Asked for every image, and cpuid is slow under a hypervisor: the answer is kept. Racing
 * threads find the same one. */
bool ck_sha256_has_shani(void) {
    enum { UNKNOWN, NO, YES };
    static atomic_int answer = UNKNOWN;
    int known = atomic_load_explicit(&answer, memory_order_relaxed);
    if (known == UNKNOWN) {
        known = cpu_has_shani() ? YES : NO;
        atomic_store_explicit(&answer, known, memory_order_relaxed);
    }
    return known == YES;
}

/* W[t..t+3] from the four groups of four words before it, oldest first. */
SHANI static __m128i next_words(__m128i w0, __m128i w1, __m128i w2, __m128i w3) {
    __m128i w = _mm_sha256msg1_epu32(w0, w1);
    w = _mm_add_epi32(w, _mm_alignr_epi8(w3, w2, 4)); /* W[t-7] */
    return _mm_sha256msg2_epu32(w, w3);
}

SHANI void ck_sha256_blocks_shani(uint32_t state[8], const uint8_t *bytes, size_t count) {
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    const __m128i *constants = (const __m128i *)ck_sha256_constants;

    /* The instructions want the state as ABEF and CDGH, A and C in the highest lane. */
    __m128i abcd = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0x1b);
    __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1b);
    __m128i abef = _mm_unpackhi_epi64(efgh, abcd);
    __m128i cdgh = _mm_unpacklo_epi64(efgh, abcd);

    for (; count > 0; count--, bytes += 64) {
        const __m128i abef_before = abef, cdgh_before = cdgh;
        __m128i w[4];
        for (int i = 0; i < 4; i++)
            w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)bytes + i), big_endian);
#pragma GCC unroll 16
        for (int group = 0; group < 16; group++) { /* of four rounds */
            int i = group % 4;
            if (group >= 4)
                w[i] = next_words(w[i], w[(i + 1) % 4], w[(i + 2) % 4], w[(i + 3) % 4]);
            __m128i sum = _mm_add_epi32(w[i], _mm_loadu_si128(constants + group));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }

    abcd = _mm_shuffle_epi32(_mm_unpackhi_epi64(cdgh, abef), 0x1b);
    efgh = _mm_shuffle_epi32(_mm_unpacklo_epi64(cdgh, abef), 0x1b);
    _mm_storeu_si128((__m128i *)state, abcd);
    _mm_storeu_si128((__m128i *)(state + 4), efgh);
}

#endif
