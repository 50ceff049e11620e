/* How the calling thread rounds, and whether it takes denormals for 0: a register that the host may
 * have set otherwise, and on which every sum's bits depend. */
#ifndef CALK_FLOAT_MODE_H
#define CALK_FLOAT_MODE_H

#include <stdint.h>

/* MXCSR without its flags of what has happened: to nearest, denormals kept, no traps. */
#define CALK_MXCSR_CONTROL 0xffc0
#define CALK_MXCSR_DEFAULT 0x1f80

/* Sets the mode that C programs start in, and gives the one that was. */
static inline uint64_t calk_float_default(void) {
    uint64_t before = 0;
#if defined(__x86_64__)
    before = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(CALK_MXCSR_DEFAULT);
#elif defined(__aarch64__)
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)0));
#endif
    return before;
}

static inline void calk_float_restore(uint64_t mode) {
#if defined(__x86_64__)
    __builtin_ia32_ldmxcsr((uint32_t)mode);
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"(mode));
#else
    (void)mode;
#endif
}

/* Whether that is the mode that calk_float_default sets. */
static inline int calk_float_is_default(uint64_t mode) {
#if defined(__x86_64__)
    return (mode & CALK_MXCSR_CONTROL) == CALK_MXCSR_DEFAULT;
#else
    return mode == 0;
#endif
}

#endif
