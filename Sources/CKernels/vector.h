/* Vectors of the instruction set that a kernels_*.c file is compiled for. That file defines
 *   LANES    floats in a vector
 *   ISA(x)   x with the set's suffix, so that every set has its own copy of a function
 * and includes the templates below a target attribute. */
#ifndef CALK_VECTOR_H
#define CALK_VECTOR_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

typedef float vec __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
typedef int32_t veci __attribute__((vector_size(LANES * 4), aligned(4), may_alias));

INLINE vec load(const float *p) { return *(const vec *)p; }
INLINE void store(float *p, vec v) { *(vec *)p = v; }
INLINE vec splat(float x) { return x - (vec){0}; }
INLINE vec choose(veci mask, vec a, vec b) { return (vec)((mask & (veci)a) | (~mask & (veci)b)); }
/* What is not a number stays so in both, as in PyTorch: a network that overflows must not end in
 * finite features. Of two operands, x86's maximum gives the second then. */
INLINE vec at_least_zero(vec v) { return choose((vec){0} > v, (vec){0}, v); }
INLINE vec maximum(vec a, vec b) { return choose(b == b, choose(b > a, b, a), b); }

#endif
