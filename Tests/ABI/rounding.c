/* Attribution in a host that rounds otherwise: the same bits, the host's mode as it was, also in
 * its callbacks. The threads of a session were started in another mode than calls come in. */
#include <fenv.h>

#include "check.h"

enum { IMAGES = 16, SIDE = 48, FEATURES = 4096 };

/* As sums are rounded, which is not all that fegetround knows of. */
static int is_upward(void) {
    volatile float one = 1, little = 1e-10f;
    return fegetround() == FE_UPWARD && one + little > 1;
}

static int32_t progress(void *user, uint64_t done, uint64_t total) {
    int *calls = user;
    CHECK(done <= total && is_upward());
    ++*calls;
    return 0;
}

static void attribute(cal_session *session, const cal_image *image, float (*features)[FEATURES],
                      size_t count, cal_progress_callback callback, int *calls) {
    static cal_image images[IMAGES];
    static cal_result results[IMAGES];
    cal_attribute_options options = CAL_ATTRIBUTE_OPTIONS_INIT;
    options.progress = callback;
    options.progress_user = calls;
    for (int i = 0; i < IMAGES; ++i) {
        images[i] = *image;
        results[i] = (cal_result)CAL_RESULT_INIT;
        results[i].features = features[i];
        results[i].feature_capacity = (uint32_t)count;
    }
    EXPECT(CAL_OK, cal_session_attribute_batch(session, images, IMAGES, &options, results));
    for (int i = 0; i < IMAGES; ++i)
        CHECK(results[i].status == CAL_OK);
}

int main(int argc, char **argv) {
    static float expected[IMAGES][FEATURES], found[IMAGES][FEATURES];
    CHECK(argc == 3);
    uint8_t *pixels = noise(SIDE, SIDE, 3);
    const cal_image image = view(pixels, SIDE, SIDE);
    cal_model *model = load(argv[2]);
    cal_model_info info = CAL_MODEL_INFO_INIT;
    EXPECT(CAL_OK, cal_model_get_info(model, &info));
    const size_t count = info.feature_count;
    CHECK(count <= FEATURES);

    cal_session *before = begin(model, 2);
    attribute(before, &image, expected, count, NULL, NULL);
    CHECK(fesetround(FE_UPWARD) == 0 && is_upward());
    cal_session *after = begin(model, 2);
    CHECK(is_upward());
    cal_session *sessions[] = {before, after};
    for (int s = 0; s < 2; ++s) {
        int calls = 0;
        attribute(sessions[s], &image, found, count, progress, &calls);
        CHECK(is_upward() && calls >= 2);
        for (int i = 0; i < IMAGES; ++i)
            CHECK(memcmp(found[i], expected[0], count * sizeof **found) == 0);
        EXPECT(CAL_ERR_ARGUMENT, cal_session_attribute(sessions[s], NULL, NULL, NULL));
        CHECK(is_upward());
    }
    for (int i = 0; i < IMAGES; ++i)
        CHECK(memcmp(expected[i], expected[0], count * sizeof **expected) == 0);
    cal_session_free(before);
    cal_session_free(after);
    cal_model_free(model);
    CHECK(is_upward());
    free(pixels);
    return 0;
}
