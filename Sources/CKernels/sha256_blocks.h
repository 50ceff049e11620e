/* The compression function of SHA-256 in its two versions; private to sha256*.c. */
#ifndef CKERNELS_SHA256_BLOCKS_H
#define CKERNELS_SHA256_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Round constants: the first 32 bits of the fractional parts of the cube roots of the first 64
 * primes (FIPS 180-4, 4.2.2). */
extern const uint32_t ck_sha256_constants[64];

/* Each takes in `count` blocks of 64 bytes. */
void ck_sha256_blocks_portable(uint32_t state[8], const uint8_t *bytes, size_t count);

#if defined(__x86_64__)
bool ck_sha256_has_shani(void);
void ck_sha256_blocks_shani(uint32_t state[8], const uint8_t *bytes, size_t count);
#endif

#endif
