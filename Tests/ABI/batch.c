/* The same bits for an image alone, in a batch, with 1, 2 or 4 threads, in every pixel format
 * and with padded rows. */
#include "check.h"

enum { COUNT = 23, RANKED = 12, FEATURES = 192 };

typedef struct answer {
    cal_score ranked[RANKED];
    float features[FEATURES];
} answer;

static cal_image pictures[COUNT];

static cal_result result_into(answer *to) {
    cal_result result = CAL_RESULT_INIT;
    memset(to, 0, sizeof *to);
    result.ranked = to->ranked;
    result.ranked_capacity = RANKED;
    result.features = to->features;
    result.feature_capacity = FEATURES;
    return result;
}

static void make_pictures(void) {
    for (uint32_t i = 0; i < COUNT; ++i) {
        const uint32_t width = 20 + 17 * i, height = 150 - 5 * i;
        pictures[i] = view(noise(width, height, i), width, height);
        if (i % 3 == 1) {
            pictures[i].face = (cal_box){3.5f, 2, 12, 15.25f};
        }
    }
}

static void check_batches(cal_model *model, uint32_t threads, const answer *expected,
                          const cal_result *single) {
    static answer answers[COUNT];
    cal_result results[COUNT];
    cal_session *session = begin(model, threads);
    for (size_t first = 0, size = 1; first < COUNT; first += size, size = size % 7 + 1) {
        if (size > COUNT - first) {
            size = COUNT - first;
        }
        for (size_t i = 0; i < size; ++i) {
            results[i] = result_into(&answers[i]);
        }
        EXPECT(CAL_OK, cal_session_attribute_batch(session, pictures + first, size, NULL, results));
        for (size_t i = 0; i < size; ++i) {
            CHECK(results[i].status == CAL_OK);
            CHECK(memcmp(&answers[i], &expected[first + i], sizeof(answer)) == 0);
            CHECK(results[i].verdict == single[first + i].verdict);
            CHECK(memcmp(results[i].pixels_sha256, single[first + i].pixels_sha256,
                         CAL_DIGEST_SIZE) == 0);
        }
    }
    cal_session_free(session);
}

/* picture in another format, with rows padded by 13 bytes. To be freed: image.pixels. */
static cal_image convert(const cal_image *picture, cal_format format) {
    const uint8_t *rgb = picture->pixels;
    const uint32_t channels = format == CAL_FORMAT_BGR8 ? 3 : 4;
    const int backwards = format != CAL_FORMAT_RGBA8;
    cal_image image = *picture;
    image.format = format;
    image.stride = (uint64_t)picture->width * channels + 13;
    image.size = image.stride * picture->height - 13;
    uint8_t *pixels = malloc(image.size);
    CHECK(pixels != NULL);
    memset(pixels, 0xA5, image.size);
    for (uint32_t y = 0; y < picture->height; ++y) {
        for (uint32_t x = 0; x < picture->width; ++x) {
            for (uint32_t c = 0; c < 3; ++c) {
                pixels[y * image.stride + x * channels + (backwards ? 2 - c : c)] =
                    rgb[(y * picture->width + x) * 3 + c];
            }
        }
    }
    image.pixels = pixels;
    return image;
}

static void check_formats(cal_session *session, const answer *expected, const cal_result *single) {
    const cal_format formats[] = {CAL_FORMAT_BGR8, CAL_FORMAT_RGBA8, CAL_FORMAT_BGRA8};
    for (int f = 0; f < 3; ++f) {
        for (int i = 0; i < 3; ++i) {
            answer got;
            cal_result result = result_into(&got);
            cal_image image = convert(&pictures[i], formats[f]);
            EXPECT(CAL_OK, cal_session_attribute(session, &image, NULL, &result));
            CHECK(memcmp(&got, &expected[i], sizeof got) == 0);
            CHECK(memcmp(result.pixels_sha256, single[i].pixels_sha256, CAL_DIGEST_SIZE) == 0);
            free((void *)image.pixels);
        }
    }
}

int main(int argc, char **argv) {
    static answer expected[COUNT];
    static float features[FEATURES];
    cal_result single[COUNT];
    CHECK(argc == 3);
    cal_model *model = load(argv[2]);
    cal_session *session = begin(model, 1);

    make_pictures();
    for (int i = 0; i < COUNT; ++i) {
        single[i] = result_into(&expected[i]);
        EXPECT(CAL_OK, cal_session_attribute(session, &pictures[i], NULL, &single[i]));
        CHECK(single[i].ranked_count == RANKED);
        EXPECT(CAL_OK, cal_session_features(session, &pictures[i], features, FEATURES));
        CHECK(memcmp(features, expected[i].features, sizeof features) == 0);
    }
    /* Answers that were all alike would make the comparisons below worth nothing. */
    CHECK(memcmp(&expected[0], &expected[1], sizeof(answer)) != 0);

    check_batches(model, 1, expected, single);
    check_batches(model, 2, expected, single);
    check_batches(model, 4, expected, single);
    check_formats(session, expected, single);

    for (int i = 0; i < COUNT; ++i) {
        free((void *)pictures[i].pixels);
    }
    cal_session_free(session);
    cal_model_free(model);
    return 0;
}
