/* Cosine transforms of the frequency gate (FFE). */
#ifndef CALK_DCT_H
#define CALK_DCT_H

#include <stdint.h>

/* An un-normalised DCT-II of length n, F[k] = 2 sum x[i] cos(pi (2i + 1) k / 2n), by Lee's
 * recursion (B. G. Lee, "A new algorithm to compute the discrete cosine transform", 1984)
 * while the length is even, then by the matrix of the odd rest. */
typedef struct calk_dct {
    int32_t length;
    int32_t odd;          /* length = odd * 2^k */
    const float *factors; /* 1 / (2 cos(pi (i + 1/2) / m)), i < m / 2, for m = length,
                             length / 2, ..., 2 * odd, one after the other */
    const float *matrix;  /* odd x odd: cos(pi (2i + 1) k / 2 odd), row k */
} calk_dct;

/* Floats of scratch that a transform needs. */
static inline int64_t calk_dct_scratch(const calk_dct *plan) {
    return 2 * 16 * (int64_t)plan->length;
}

#endif
