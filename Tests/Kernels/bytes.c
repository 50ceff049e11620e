/* The resize's passes and SHA-256: whole numbers, so equal or wrong. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "resize.h"
#include "sha256.h"

enum { SIDE = 61, TAPS = 32, OUTPUTS = 23, SLOTS = 37, ROW = 4 * SIDE + CALK_RESIZE_SLACK };

static calk_resize_window windows[OUTPUTS];
static int16_t parts[OUTPUTS * 2 * TAPS];
static uint32_t whole[OUTPUTS][TAPS]; /* the weights that the parts make */

/* Windows over `length` places with positive weights that add up to about 1. */
static calk_resize_filter random_filter(int32_t length) {
    memset(parts, 0, sizeof parts);
    for (int32_t o = 0; o < OUTPUTS; o++) {
        const int32_t count = pick(1, TAPS < length ? TAPS : length);
        windows[o] = (calk_resize_window){pick(0, length - count), count};
        for (int32_t i = 0; i < count; i++) {
            const int32_t most = (1 << CALK_RESIZE_PRECISION) / count + 1;
            whole[o][i] = (uint32_t)(count == 1 ? most - 1 : pick(0, most));
            parts[o * 2 * TAPS + i] = (int16_t)(whole[o][i] % (1 << CALK_RESIZE_LOW_BITS));
            parts[(o * 2 + 1) * TAPS + i] = (int16_t)(whole[o][i] >> CALK_RESIZE_LOW_BITS);
        }
    }
    return (calk_resize_filter){windows, parts, OUTPUTS, TAPS};
}

static uint8_t rounded(uint64_t sum) {
    sum = (sum + (1 << (CALK_RESIZE_PRECISION - 1))) >> CALK_RESIZE_PRECISION;
    return sum > 255 ? 255 : (uint8_t)sum;
}

static void check_horizontal(calk_resize_set set, size_t channels) {
    static uint8_t rows[CALK_RESIZE_ROWS][ROW], out[(CALK_RESIZE_ROWS + 1) * 4 * OUTPUTS];
    const calk_resize_filter filter = random_filter(SIDE);
    calk_resize_rows from;
    for (size_t r = 0; r < CALK_RESIZE_ROWS; r++) {
        for (size_t i = 0; i < ROW; i++)
            rows[r][i] = (uint8_t)pick(0, 255);
        from.row[r] = rows[r];
    }
    const size_t stride = (channels == 1 ? 1 : 4) * OUTPUTS, step = stride / OUTPUTS;
    calk_resize_horizontal(set, from, channels, filter, out, 1, stride);
    for (size_t r = 0; r < CALK_RESIZE_ROWS; r++)
        for (size_t o = 0; o < OUTPUTS; o++)
            for (size_t c = 0; c < (channels == 1 ? 1 : 3); c++) {
                uint64_t sum = 0;
                for (int32_t i = 0; i < windows[o].count; i++) {
                    const size_t place = (size_t)(windows[o].first + i) * channels + c;
                    sum += (uint64_t)rows[r][place] * whole[o][i];
                }
                if (out[(r + 1) * stride + o * step + c] != rounded(sum))
                    fail("resize along x, %zu channels, set %d", channels, set);
            }
}

static void check_vertical(calk_resize_set set, size_t bytes) {
    static uint8_t rows[SLOTS * ROW], out[ROW];
    const calk_resize_filter filter = random_filter(SIDE);
    for (size_t i = 0; i < sizeof rows; i++)
        rows[i] = (uint8_t)pick(0, 255);
    for (size_t o = 0; o < OUTPUTS; o++) {
        calk_resize_vertical(set, rows, SLOTS, ROW, bytes, filter, o, out);
        for (size_t x = 0; x < bytes; x++) {
            uint64_t sum = 0;
            for (int32_t i = 0; i < windows[o].count; i++)
                sum += (uint64_t)rows[(windows[o].first + i) % SLOTS * ROW + x] * whole[o][i];
            if (out[x] != rounded(sum))
                fail("resize along y, %zu bytes, set %d", bytes, set);
        }
    }
}

void check_resize(void) {
    for (calk_resize_set set = CALK_RESIZE_PORTABLE; set <= calk_resize_best(); set++)
        for (int32_t i = 0; i < 20; i++) {
            check_horizontal(set, 1);
            check_horizontal(set, 3);
            check_horizontal(set, 4);
            check_vertical(set, (size_t)pick(1, 4 * SIDE));
        }
}

/* `count` times `text`, in pieces of any length. */
static void check_digest(const char *text, size_t count, bool accelerated, const char *expected) {
    const size_t length = strlen(text) * count;
    char *bytes = malloc(length + 1), hex[65];
    for (size_t i = 0; i < length; i++)
        bytes[i] = text[i % strlen(text)];
    ck_sha256 sha;
    ck_sha256_init(&sha, accelerated);
    for (size_t at = 0, piece; at < length; at += piece) {
        piece = (size_t)pick(0, 300);
        piece = piece < length - at ? piece : length - at;
        ck_sha256_update(&sha, bytes + at, piece);
    }
    uint8_t digest[32];
    ck_sha256_finish(&sha, digest);
    for (int i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    if (strcmp(hex, expected) != 0)
        fail("sha256: %s, needs %s", hex, expected);
    free(bytes);
}

/* The examples of FIPS 180-2, appendix B, and the empty message. */
void check_sha256(void) {
    for (int i = 0; i < 2; i++) {
        check_digest("abc", 0, i,
                     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        check_digest("abc", 1, i,
                     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        check_digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1, i,
                     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
        check_digest("a", 1000000, i,
                     "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    }
}
