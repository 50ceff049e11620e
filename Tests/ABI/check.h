/* What the C programs in this folder share: CHECK, and the two models they are given.
 * Usage of each: PROGRAM colours.cal random.cal (Tests/Fixtures/make_model.py writes them). */
#ifndef CHECK_H
#define CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cal.h"

/* Ends the program with status 1, and says where and why. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not so: %s (last error: %s)\n", __FILE__, __LINE__,            \
                    #condition, cal_last_error());                                                 \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

/* The call gives the status, and a sentence if and only if that is an error. */
#define EXPECT(status, call)                                                                       \
    do {                                                                                           \
        const cal_status got = (call);                                                             \
        if (got != (status) || (got == CAL_OK) != (cal_last_error()[0] == '\0')) {                 \
            fprintf(stderr, "%s:%d: %s gave %s, not %s (last error: %s)\n", __FILE__, __LINE__,    \
                    #call, cal_status_name(got), cal_status_name(status), cal_last_error());       \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static inline cal_model *load(const char *path) {
    cal_model *model = NULL;
    EXPECT(CAL_OK, cal_model_load_file(path, NULL, &model));
    CHECK(model != NULL);
    return model;
}

static inline cal_session *session_of(cal_model *model, cal_precision precision, uint32_t threads) {
    cal_session_options options = CAL_SESSION_OPTIONS_INIT;
    cal_session *session = NULL;
    options.precision = precision;
    options.threads = threads;
    EXPECT(CAL_OK, cal_session_create(model, &options, &session));
    CHECK(session != NULL);
    return session;
}

static inline cal_session *begin(cal_model *model, uint32_t threads) {
    return session_of(model, CAL_PRECISION_AUTO, threads);
}

static inline cal_image view(const uint8_t *rgb, uint32_t width, uint32_t height) {
    cal_image image = CAL_IMAGE_INIT;
    image.format = CAL_FORMAT_RGB8;
    image.width = width;
    image.height = height;
    image.pixels = rgb;
    image.size = (uint64_t)width * height * 3;
    return image;
}

/* Pixels that look like nothing, the same for the same seed. To be freed. */
static inline uint8_t *noise(uint32_t width, uint32_t height, uint32_t seed) {
    const size_t size = (size_t)width * height * 3;
    uint8_t *pixels = malloc(size);
    CHECK(pixels != NULL);
    for (size_t i = 0; i < size; ++i) {
        seed = seed * 1664525u + 1013904223u;
        pixels[i] = (uint8_t)(seed >> 24);
    }
    return pixels;
}

#endif
