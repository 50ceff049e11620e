/* int8 from C: a model with ranges, sessions of both precisions, and what is refused. */
#include "check.h"

enum { IMAGES = 12, SIDE = 40 };

static cal_image images[IMAGES];

/* Fills the probabilities of `count` prototypes in use at their places in the bank. */
static void attribute(cal_session *session, const cal_image *image, float *probabilities,
                      uint32_t count) {
    cal_result result = CAL_RESULT_INIT;
    cal_score *scores = calloc(count, sizeof *scores);
    CHECK(scores != NULL);
    result.ranked = scores;
    result.ranked_capacity = count;
    EXPECT(CAL_OK, cal_session_attribute(session, image, NULL, &result));
    CHECK(result.ranked_count == count);
    for (uint32_t rank = 0; rank < count; ++rank)
        probabilities[scores[rank].index] = scores[rank].probability;
    free(scores);
}

static int32_t count_calls(void *user, uint64_t done, uint64_t total) {
    uint64_t *calls = user;
    CHECK(total == 2 * IMAGES && done == *calls);
    ++*calls;
    return 0;
}

static int32_t stop(void *user, uint64_t done, uint64_t total) {
    (void)total;
    return done == *(uint64_t *)user;
}

static void refusals(cal_model *model) {
    cal_quantize_options how = CAL_QUANTIZE_OPTIONS_INIT;
    cal_session_options options = CAL_SESSION_OPTIONS_INIT;
    cal_session *session = NULL;
    cal_model *made = model;

    options.precision = CAL_PRECISION_INT8;
    EXPECT(CAL_ERR_ARGUMENT, cal_session_create(model, &options, &session));
    EXPECT(CAL_ERR_HANDLE, cal_model_quantize(NULL, images, IMAGES, NULL, &made));
    CHECK(made == NULL);
    EXPECT(CAL_ERR_ARGUMENT, cal_model_quantize(model, images, 0, NULL, &made));
    EXPECT(CAL_ERR_ARGUMENT, cal_model_quantize(model, images, SIZE_MAX, NULL, &made));
    EXPECT(CAL_ERR_ARGUMENT, cal_model_quantize(model, NULL, IMAGES, NULL, &made));
    EXPECT(CAL_ERR_ARGUMENT, cal_model_quantize(model, images, IMAGES, NULL, NULL));
    how.flags = 0x80000000u;
    EXPECT(CAL_ERR_ARGUMENT, cal_model_quantize(model, images, IMAGES, &how, &made));
    how.flags = 0;
    how.struct_size = 8;
    EXPECT(CAL_ERR_STRUCT_SIZE, cal_model_quantize(model, images, IMAGES, &how, &made));
    how = (cal_quantize_options)CAL_QUANTIZE_OPTIONS_INIT;

    uint64_t limit = 3;
    how.progress = stop;
    how.progress_user = &limit;
    EXPECT(CAL_ERR_CANCELLED, cal_model_quantize(model, images, IMAGES, &how, &made));
    const cal_image good = images[7];
    images[7].stride = 1;
    EXPECT(CAL_ERR_IMAGE_STRIDE, cal_model_quantize(model, images, IMAGES, NULL, &made));
    CHECK(strstr(cal_last_error(), "images[7]") != NULL);
    CHECK(made == NULL);
    images[7] = good;
}

static void both_precisions(cal_model *model) {
    cal_quantize_options how = CAL_QUANTIZE_OPTIONS_INIT;
    cal_model_info info = CAL_MODEL_INFO_INIT;
    cal_model *made = NULL;
    uint64_t calls = 0;
    how.progress = count_calls;
    how.progress_user = &calls;
    EXPECT(CAL_OK, cal_model_quantize(model, images, IMAGES, &how, &made));
    CHECK(calls == 2 * IMAGES + 1);
    EXPECT(CAL_OK, cal_model_get_info(model, &info));
    const uint32_t count = info.known_count + info.novel_count;
    const size_t room = info.prototype_count;
    float *numbers = calloc(4 * room, sizeof *numbers);
    CHECK(numbers != NULL);
    float *before = numbers, *fp32 = before + room, *one = fp32 + room, *three = one + room;

    cal_session *sessions[] = {begin(model, 1), session_of(made, CAL_PRECISION_AUTO, 1),
                               session_of(made, CAL_PRECISION_INT8, 1),
                               session_of(made, CAL_PRECISION_INT8, 3)};
    CHECK(strcmp(cal_session_precision(sessions[1]), "fp32") == 0);
    CHECK(strcmp(cal_session_precision(sessions[2]), "int8") == 0);
    CHECK(strcmp(cal_session_precision(NULL), "") == 0);
    cal_model_free(made);
    for (int i = 0; i < IMAGES; ++i) {
        attribute(sessions[0], &images[i], before, count);
        attribute(sessions[1], &images[i], fp32, count);
        attribute(sessions[2], &images[i], one, count);
        attribute(sessions[3], &images[i], three, count);
        CHECK(memcmp(before, fp32, room * sizeof *before) == 0);
        CHECK(memcmp(one, three, room * sizeof *one) == 0);
    }
    for (int i = 0; i < 4; ++i)
        cal_session_free(sessions[i]);
    free(numbers);
}

int main(int argc, char **argv) {
    CHECK(argc == 3);
    uint8_t *pixels[IMAGES];
    for (uint32_t i = 0; i < IMAGES; ++i) {
        pixels[i] = noise(SIDE, SIDE + i, i + 1);
        images[i] = view(pixels[i], SIDE, SIDE + i);
    }
    cal_model *model = load(argv[2]);
    refusals(model);
    both_precisions(model);
    cal_model_free(model);
    for (int i = 0; i < IMAGES; ++i)
        free(pixels[i]);
    return 0;
}
