/* Loops of the frequency gate (FFE): cosine transforms and the mask. */
#ifndef CALK_FREQUENCY_H
#define CALK_FREQUENCY_H

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

/* mask = sigmoid(conv3x3(relu(conv3x3(planes)))), then out = mean over planes of plane * mask.
 * Planes have a border of one zero around them; pointers are to the first inner value. */
typedef struct calk_mask {
    int32_t size;   /* rows and columns */
    int64_t stride; /* floats from row to row, of planes and out */
    const float *planes[3];
    float *out;
    int32_t hidden;
    const float *weight1; /* hidden, 3, 3, 3 */
    const float *bias1;   /* hidden */
    const float *weight2; /* hidden, 3, 3 */
    float bias2;
} calk_mask;

/* Floats from row to row of a hidden map: a zero on both sides and two vectors of slack. */
static inline int64_t calk_mask_pitch(const calk_mask *mask) { return mask->size + 64; }

/* Floats of scratch that the mask needs: three rows of every hidden map. */
static inline int64_t calk_mask_scratch(const calk_mask *mask) {
    return 3 * mask->hidden * calk_mask_pitch(mask);
}

#endif
