/* What the bf16 loops share across instruction sets. */
#ifndef CALK_BF16_PRIVATE_H
#define CALK_BF16_PRIVATE_H

#include "include/bf16.h"

/* CALK_BF16_LEAST and the least that is not a number, as the bits of a float. */
enum { CALK_BF16_LEAST_BITS = (127 - 56) << 23, CALK_INFINITY_BITS = 0xff << 23 };

#endif
