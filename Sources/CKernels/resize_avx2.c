/* The resize for x86-64 CPUs with AVX2. */

#include "resize_sets.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define VECTOR 32
#define NAME(function) function##_avx2
#include "resize_passes.h"
#pragma clang attribute pop
#endif
