#include <stddef.h>

#include "include/kernels.h"

extern const calk_kernels calk_kernels_portable;

#if defined(__x86_64__)
extern const calk_kernels calk_kernels_avx2;
extern const calk_kernels calk_kernels_avx512;

static int has_avx2(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static int has_avx512(void) {
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#endif

const calk_kernels *calk_kernels_for(calk_set set) {
    switch (set) {
    case CALK_PORTABLE:
        return &calk_kernels_portable;
#if defined(__x86_64__)
    case CALK_AVX2:
        return has_avx2() ? &calk_kernels_avx2 : NULL;
    case CALK_AVX512:
        return has_avx512() ? &calk_kernels_avx512 : NULL;
#endif
    default:
        return NULL;
    }
}
