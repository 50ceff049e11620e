#include "include/sha256.h"

#include <string.h>

#include "sha256_blocks.h"

const uint32_t ck_sha256_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotated_right(uint32_t x, int bits) { return (x >> bits) | (x << (32 - bits)); }

static uint32_t load_big_endian(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void store_big_endian(uint8_t *p, uint32_t x) {
    p[0] = (uint8_t)(x >> 24);
    p[1] = (uint8_t)(x >> 16);
    p[2] = (uint8_t)(x >> 8);
    p[3] = (uint8_t)x;
}

/* The message schedule W (FIPS 180-4, 6.2.2 step 1). */
static void expand(uint32_t w[64], const uint8_t *block) {
    for (int t = 0; t < 16; t++)
        w[t] = load_big_endian(block + 4 * t);
    for (int t = 16; t < 64; t++) {
        uint32_t a = w[t - 15], b = w[t - 2];
        uint32_t small0 = rotated_right(a, 7) ^ rotated_right(a, 18) ^ (a >> 3);
        uint32_t small1 = rotated_right(b, 17) ^ rotated_right(b, 19) ^ (b >> 10);
        w[t] = small1 + w[t - 7] + small0 + w[t - 16];
    }
}

void ck_sha256_blocks_portable(uint32_t state[8], const uint8_t *bytes, size_t count) {
    for (; count > 0; count--, bytes += 64) {
        uint32_t w[64];
        expand(w, bytes);
        uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
        uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
        for (int t = 0; t < 64; t++) {
            uint32_t sum1 = rotated_right(e, 6) ^ rotated_right(e, 11) ^ rotated_right(e, 25);
            uint32_t choice = (e & f) ^ (~e & g);
            uint32_t first = h + sum1 + choice + ck_sha256_constants[t] + w[t];
            uint32_t sum0 = rotated_right(a, 2) ^ rotated_right(a, 13) ^ rotated_right(a, 22);
            uint32_t majority = (a & b) ^ (a & c) ^ (b & c);
            h = g, g = f, f = e, e = d + first;
            d = c, c = b, b = a, a = first + sum0 + majority;
        }
        state[0] += a, state[1] += b, state[2] += c, state[3] += d;
        state[4] += e, state[5] += f, state[6] += g, state[7] += h;
    }
}

static void take_blocks(ck_sha256 *sha, const uint8_t *bytes, size_t count) {
#if defined(__x86_64__)
    if (sha->accelerated) {
        ck_sha256_blocks_shani(sha->state, bytes, count);
        return;
    }
#endif
    ck_sha256_blocks_portable(sha->state, bytes, count);
}

bool ck_sha256_can_accelerate(void) {
#if defined(__x86_64__)
    return ck_sha256_has_shani();
#else
    return false;
#endif
}

void ck_sha256_init(ck_sha256 *sha, bool accelerated) {
    /* The first 32 bits of the fractional parts of the square roots of the first 8 primes. */
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memset(sha, 0, sizeof *sha);
    memcpy(sha->state, start, sizeof start);
    sha->accelerated = accelerated && ck_sha256_can_accelerate();
}

void ck_sha256_update(ck_sha256 *sha, const void *bytes, size_t count) {
    if (count == 0)
        return; /* bytes may be NULL */
    const uint8_t *p = bytes;
    size_t held = sha->length % 64;
    sha->length += count;
    if (held > 0) {
        size_t part = count < 64 - held ? count : 64 - held;
        memcpy(sha->block + held, p, part);
        if (held + part < 64)
            return;
        take_blocks(sha, sha->block, 1);
        p += part;
        count -= part;
    }
    take_blocks(sha, p, count / 64);
    memcpy(sha->block, p + count / 64 * 64, count % 64);
}

void ck_sha256_finish(ck_sha256 *sha, uint8_t digest[32]) {
    uint64_t bits = sha->length * 8;
    size_t held = sha->length % 64;
    sha->block[held++] = 0x80;
    if (held > 56) { /* no room for the length: it gets a block of its own */
        memset(sha->block + held, 0, 64 - held);
        take_blocks(sha, sha->block, 1);
        held = 0;
    }
    memset(sha->block + held, 0, 56 - held);
    store_big_endian(sha->block + 56, (uint32_t)(bits >> 32));
    store_big_endian(sha->block + 60, (uint32_t)bits);
    take_blocks(sha, sha->block, 1);
    for (int i = 0; i < 8; i++)
        store_big_endian(digest + 4 * i, sha->state[i]);
}
