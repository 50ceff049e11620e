/* The mask of the frequency gate (FFE). */
#ifndef CALK_MASK_H
#define CALK_MASK_H

#include <stdint.h>

/* mask = sigmoid(conv3x3(relu(conv3x3(planes)))), then out = mean over planes of plane * mask.
 * Planes have a border of one zero around them; pointers are to the first inner value. */
typedef struct calk_mask {
    int32_t size;   /* rows and columns */
    int64_t stride; /* floats from row to row, of planes and out */
    const float *planes[3];
    float *out;           /* like a plane */
    int32_t hidden;       /* maps between the convolutions */
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
