/* bf16 from C: a session of any model, the same bits for any number of threads. */
#include "check.h"

enum { IMAGES = 5, SIDE = 40, FEATURES = 4096 };

static void check_bits(cal_model *model, const cal_image *images) {
    cal_model_info info = CAL_MODEL_INFO_INIT;
    EXPECT(CAL_OK, cal_model_get_info(model, &info));
    const size_t count = info.feature_count;
    CHECK(count <= FEATURES);
    static float fp32[FEATURES], one[FEATURES], three[FEATURES];
    cal_session *sessions[] = {session_of(model, CAL_PRECISION_FP32, 1),
                               session_of(model, CAL_PRECISION_BF16, 1),
                               session_of(model, CAL_PRECISION_BF16, 3)};
    CHECK(strcmp(cal_session_precision(sessions[1]), "bf16") == 0);
    int changed = 0;
    for (int i = 0; i < IMAGES; ++i) {
        EXPECT(CAL_OK, cal_session_features(sessions[0], &images[i], fp32, count));
        EXPECT(CAL_OK, cal_session_features(sessions[1], &images[i], one, count));
        EXPECT(CAL_OK, cal_session_features(sessions[2], &images[i], three, count));
        CHECK(memcmp(one, three, count * sizeof *one) == 0);
        changed += memcmp(one, fp32, count * sizeof *one) != 0;
    }
    CHECK(changed > 0);
    for (int i = 0; i < 3; ++i)
        cal_session_free(sessions[i]);
}

static void check_choice(cal_model *model) {
    cal_session_options options = CAL_SESSION_OPTIONS_INIT;
    cal_session *session = session_of(model, CAL_PRECISION_AUTO, 1);
    CHECK(strcmp(cal_session_precision(session), "fp32") == 0);
    cal_session_free(session);
    options.precision = CAL_PRECISION_BF16 + 1;
    EXPECT(CAL_ERR_ARGUMENT, cal_session_create(model, &options, &session));
    CHECK(session == NULL && strstr(cal_last_error(), "precision is 4") != NULL);
}

int main(int argc, char **argv) {
    CHECK(argc == 3);
    uint8_t *pixels[IMAGES];
    cal_image images[IMAGES];
    for (uint32_t i = 0; i < IMAGES; ++i) {
        pixels[i] = noise(SIDE, SIDE + i, i + 1);
        images[i] = view(pixels[i], SIDE, SIDE + i);
    }
    cal_model *model = load(argv[2]);
    check_choice(model);
    check_bits(model, images);
    cal_model_free(model);
    for (int i = 0; i < IMAGES; ++i)
        free(pixels[i]);
    return 0;
}
