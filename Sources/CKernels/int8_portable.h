/* Products of codes and weights in whole numbers of 16 bits, which SSE2 and NEON multiply eight at
 * a time. A panel's weights: sixteen columns of a channel, then of the next. */
#ifndef CALK_INT8_PORTABLE_H
#define CALK_INT8_PORTABLE_H

#include "vector.h"

typedef int16_t ISA(eight) __attribute__((vector_size(16)));
typedef int16_t ISA(four) __attribute__((vector_size(8)));
typedef int8_t ISA(eight_bytes) __attribute__((vector_size(8), aligned(1), may_alias));

typedef uint8_t ISA(bytes) __attribute__((vector_size(LANES), aligned(1), may_alias));

INLINE void ISA(int8_encode)(const float *in, int32_t length, float codes, uint8_t *to) {
#pragma clang fp contract(off)
    const vec shift = splat(3 << 22), most = splat(CALK_CODE_MAX);
    for (int32_t c = 0; c < length; c += LANES) {
        const vec scaled = load(in + c) * splat(codes);
        /* What is not a number becomes 0. */
        const vec x = choose(scaled > (vec){0}, scaled, (vec){0});
        /* The low bits of such a sum are the whole number. */
        const veci code = (veci)(choose(x < most, x, most) + shift) & 0xff;
        *(ISA(bytes) *)(to + c) = __builtin_convertvector(code, ISA(bytes));
    }
}

INLINE ISA(eight) ISA(int8_column)(const int8_t *w) {
    return __builtin_convertvector(*(const ISA(eight_bytes) *)w, ISA(eight));
}

/* Channel d of the four that begins with channel c of eight; see include/int8.h. */
INLINE int ISA(int8_four)(int c, int d) { return c + d % 2 + d / 2 * 4; }

INLINE void ISA(int8_step)(const int m, const uint8_t *const *row, int32_t k, const int8_t *w,
                           veci (*sum)[4]) {
#pragma clang loop unroll(full)
    for (int c = 0; c < 4; c += 2)
#pragma clang loop unroll(full)
        for (int j = 0; j < 2; j++) {
            ISA(eight) column[4];
#pragma clang loop unroll(full)
            for (int d = 0; d < 4; d++)
                column[d] = ISA(int8_column)(w + ISA(int8_four)(c, d) * CALK_CHANNELS + 8 * j);
#pragma clang loop unroll(full)
            for (int i = 0; i < m; i++) {
                const uint8_t *x = row[i] + k;
                ISA(eight) four = {0};
#pragma clang loop unroll(full)
                for (int d = 0; d < 4; d++)
                    four += column[d] * (int16_t)x[ISA(int8_four)(c, d)];
                sum[i][2 * j] +=
                    __builtin_convertvector(__builtin_shufflevector(four, four, 0, 1, 2, 3), veci);
                sum[i][2 * j + 1] +=
                    __builtin_convertvector(__builtin_shufflevector(four, four, 4, 5, 6, 7), veci);
            }
        }
}

#endif
