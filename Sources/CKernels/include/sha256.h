/* SHA-256 (FIPS 180-4), streaming, with the SHA instructions of x86-64 where the CPU has them.
 *
 * Plain memory, no allocation: copy the struct to fork a digest. */
#ifndef CKERNELS_SHA256_H
#define CKERNELS_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ck_sha256 {
    uint32_t state[8];
    uint64_t length;   /* bytes taken in so far */
    uint8_t block[64]; /* the last length % 64 of them, not yet compressed */
    bool accelerated;
} ck_sha256;

/* Whether this CPU has the instructions of the accelerated path. */
bool ck_sha256_can_accelerate(void);

/* accelerated is honoured only where ck_sha256_can_accelerate(). */
void ck_sha256_init(ck_sha256 *sha, bool accelerated);
void ck_sha256_update(ck_sha256 *sha, const void *bytes, size_t count);
/* Pads and writes the digest; the struct must then be initialised again. */
void ck_sha256_finish(ck_sha256 *sha, uint8_t digest[32]);

#endif
