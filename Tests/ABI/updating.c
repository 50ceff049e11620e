/* Field updates from C: two sites observe, one merges and commits, all arguments of all functions
 * that take an updater are tried bad. Usage: PROGRAM colours.cal random.cal FOLDER */
#include <math.h>

#include "check.h"

enum { IMAGES = 40, SIDE = 24 };

static char path[2][4096];

/* Features of one method that the model does not know: a direction of no prototype, so short that
 * no logit says much, and a little noise. */
static float *late_method(uint32_t width, uint32_t seed) {
    float *made = malloc(sizeof *made * IMAGES * width);
    CHECK(made != NULL);
    for (size_t i = 0; i < (size_t)IMAGES * width; ++i) {
        seed = seed * 1664525u + 1013904223u;
        const float centre = i % width % 3 ? 0.002f : -0.003f;
        made[i] = centre + ((float)(seed >> 8) / (float)(1u << 23) - 1) * 0.0005f;
    }
    return made;
}

static uint8_t *keys(uint8_t site) {
    uint8_t *made = calloc(IMAGES, CAL_DIGEST_SIZE);
    CHECK(made != NULL);
    for (size_t i = 0; i < IMAGES; ++i) {
        made[i * CAL_DIGEST_SIZE] = (uint8_t)(i * 37);
        made[i * CAL_DIGEST_SIZE + 1] = site;
    }
    return made;
}

static char *text_of(cal_status (*function)(cal_updater *, char *, size_t, size_t *),
                     cal_updater *updater) {
    size_t length = 0, again = 0;
    EXPECT(CAL_OK, function(updater, NULL, 0, &length));
    char *text = malloc(length + 1);
    CHECK(text != NULL);
    EXPECT(CAL_OK, function(updater, text, length + 1, &again));
    CHECK(length == again && strlen(text) == length);
    return text;
}

static void has(cal_status (*function)(cal_updater *, char *, size_t, size_t *),
                cal_updater *updater, const char *part) {
    char *text = text_of(function, updater);
    if (strstr(text, part) == NULL)
        fprintf(stderr, "no %s in %s\n", part, text);
    CHECK(strstr(text, part) != NULL);
    free(text);
}

static void observe_pictures(cal_model *model, cal_updater *updater) {
    cal_session *session = begin(model, 1);
    uint8_t *pixels[3];
    cal_image images[3];
    cal_result results[3];
    cal_score top[3];
    for (uint32_t i = 0; i < 3; ++i) {
        const cal_result empty = CAL_RESULT_INIT;
        pixels[i] = noise(SIDE, SIDE, i + 1);
        images[i] = view(pixels[i], SIDE, SIDE);
        results[i] = empty;
        results[i].ranked = &top[i], results[i].ranked_capacity = 1;
    }
    images[1].width = 0;
    EXPECT(CAL_OK, cal_updater_observe(updater, session, images, 3, NULL, results));
    CHECK(results[0].status == CAL_OK && results[0].ranked_count == 1);
    CHECK(results[1].status == CAL_ERR_IMAGE_SIZE && results[2].status == CAL_OK);
    CHECK(results[0].features == NULL && results[0].feature_capacity == 0);
    has(cal_updater_status, updater, "\"seen\":2,");
    EXPECT(CAL_ERR_ARGUMENT, cal_updater_observe(updater, session, NULL, 3, NULL, results));
    EXPECT(CAL_OK, cal_updater_observe(updater, session, NULL, 0, NULL, NULL));
    for (int i = 0; i < 3; ++i)
        free(pixels[i]);
    cal_session_free(session);
}

static int32_t stop(void *user, uint64_t done, uint64_t total) {
    (void)user, (void)done, (void)total;
    return 1;
}

static void refuses(cal_model *model, cal_updater *updater, const float *features,
                    const uint8_t *names) {
    cal_updater *other = NULL;
    cal_model *made = NULL;
    size_t length = 0;
    cal_updater_options options = CAL_UPDATER_OPTIONS_INIT;
    cal_commit_options how = CAL_COMMIT_OPTIONS_INIT;
    EXPECT(CAL_ERR_ARGUMENT, cal_updater_create(model, path[0], NULL, NULL));
    EXPECT(CAL_ERR_STATE_LOCKED, cal_updater_create(model, path[0], NULL, &other));
    EXPECT(CAL_ERR_STATE_LOCKED, cal_updater_open(path[0], NULL, &other));
    EXPECT(CAL_ERR_ARGUMENT, cal_updater_open(NULL, NULL, &other));
    EXPECT(CAL_ERR_HANDLE, cal_updater_create((cal_model *)updater, path[1], NULL, &other));
    options.flags = 64;
    EXPECT(CAL_ERR_ARGUMENT, cal_updater_open(path[1], &options, &other));
    options.struct_size = 4;
    EXPECT(CAL_ERR_STRUCT_SIZE, cal_updater_open(path[1], &options, &other));
    CHECK(other == NULL);
    EXPECT(CAL_ERR_ARGUMENT, cal_updater_observe_features(updater, NULL, names, 1));
    EXPECT(CAL_ERR_ARGUMENT, cal_updater_observe_features(updater, features, NULL, 1));
    EXPECT(CAL_ERR_ARGUMENT, cal_updater_observe_features(updater, features, names, SIZE_MAX));
    EXPECT(CAL_ERR_NOT_FOUND, cal_updater_report(updater, NULL, 0, &length));
    EXPECT(CAL_ERR_ARGUMENT, cal_updater_status(updater, NULL, 0, NULL));
    char text[8];
    EXPECT(CAL_ERR_ARGUMENT, cal_updater_status(updater, text, SIZE_MAX, &length));
    EXPECT(CAL_ERR_ARGUMENT, cal_updater_report(updater, text, SIZE_MAX, &length));
    EXPECT(CAL_ERR_ARGUMENT, cal_updater_history(updater, text, SIZE_MAX, &length));
    EXPECT(CAL_ERR_NOT_FOUND, cal_updater_rollback(updater, 99, &made));
    EXPECT(CAL_ERR_NOT_FOUND, cal_updater_name(updater, 4711, "x"));
    EXPECT(CAL_ERR_ARGUMENT, cal_updater_name(updater, 0, "\xff"));
    EXPECT(CAL_ERR_ARGUMENT, cal_updater_assign(updater, 0, 1)); /* a known one */
    EXPECT(CAL_ERR_NOT_FOUND, cal_updater_label(updater, names, features, 1, 4711, NULL));
    EXPECT(CAL_ERR_NOT_FOUND, cal_updater_label(updater, names, NULL, 1, 0, NULL));
    EXPECT(CAL_ERR_ARGUMENT, cal_updater_label(updater, NULL, features, 1, 0, NULL));
    EXPECT(CAL_ERR_ARGUMENT, cal_updater_label(updater, names, features, SIZE_MAX, 0, NULL));
    EXPECT(CAL_ERR_ARGUMENT, cal_updater_label(updater, names, features, 1, 0, "\xff"));
    EXPECT(CAL_ERR_ARGUMENT, cal_updater_label(updater, names, features, 1, 0, ""));
    EXPECT(CAL_OK, cal_updater_label(updater, NULL, NULL, 0, 0, NULL));
    EXPECT(CAL_ERR_HANDLE, cal_updater_label(NULL, names, features, 1, 0, NULL));
    EXPECT(CAL_ERR_NOT_FOUND, cal_updater_merge(updater, "there is no such folder"));
    EXPECT(CAL_ERR_STATE_LOCKED, cal_updater_merge(updater, path[0]));
    how.coverage = 2;
    EXPECT(CAL_ERR_ARGUMENT, cal_updater_commit(updater, &how, &made));
    how.coverage = 0, how.progress = stop;
    EXPECT(CAL_ERR_CANCELLED, cal_updater_preview(updater, &how));
    CHECK(made == NULL);
    EXPECT(CAL_OK, cal_updater_cancel(updater));
    EXPECT(CAL_ERR_HANDLE, cal_updater_sync(NULL));
    cal_updater_free(NULL);
}

/* What is wrong with an image is said with its place among the caller's. */
static void calibrates(cal_model *model, cal_model *calibrated, float *features) {
    char text[65536], parent[96], hex[2 * CAL_DIGEST_SIZE + 1];
    uint8_t digest[CAL_DIGEST_SIZE];
    cal_model_info info = CAL_MODEL_INFO_INIT;
    cal_model *none = model;
    size_t length = 0;
    uint64_t ids[3] = {0, 1, 4711};
    EXPECT(CAL_OK, cal_model_sha256(model, digest));
    for (int i = 0; i < CAL_DIGEST_SIZE; ++i)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    snprintf(parent, sizeof parent, "\"parent_sha256\":\"%s\"", hex);
    EXPECT(CAL_OK, cal_model_describe(calibrated, text, sizeof text, &length));
    CHECK(length < sizeof text && strstr(text, parent) != NULL);

    EXPECT(CAL_ERR_NOT_FOUND, cal_model_calibrate(model, features, ids, 3, &none));
    CHECK(none == NULL && strstr(cal_last_error(), "ids[2] is 4711") != NULL);
    EXPECT(CAL_OK, cal_model_get_info(model, &info));
    ids[1] = ids[2] = 0;
    const float good = features[2 * info.feature_count + 1];
    features[2 * info.feature_count + 1] = INFINITY;
    EXPECT(CAL_ERR_ARGUMENT, cal_model_calibrate(model, features, ids, 3, &none));
    CHECK(none == NULL && strstr(cal_last_error(), "features[2][1] is inf") != NULL);
    features[2 * info.feature_count + 1] = good;
}

int main(int count, char **arguments) {
    CHECK(count == 4);
    cal_model *model = load(arguments[2]), *calibrated = NULL, *next = NULL, *back = NULL;
    cal_model_info info = CAL_MODEL_INFO_INIT, later = CAL_MODEL_INFO_INIT;
    cal_updater *updater = NULL;
    const uint64_t known = 0;
    EXPECT(CAL_OK, cal_model_get_info(model, &info));
    for (int site = 0; site < 2; ++site) {
        snprintf(path[site], sizeof path[site], "%s/site%d", arguments[3], site);
    }
    float *features = late_method(info.feature_count, 1),
          *more = late_method(info.feature_count, 2);
    uint8_t *names = keys(1), *other_names = keys(2);

    EXPECT(CAL_OK, cal_model_calibrate(model, features, &known, 1, &calibrated));
    calibrates(model, calibrated, features);

    EXPECT(CAL_OK, cal_updater_create(model, path[1], NULL, &updater));
    EXPECT(CAL_OK, cal_updater_observe_features(updater, more, other_names, IMAGES));
    EXPECT(CAL_OK, cal_updater_sync(updater));
    cal_updater_free(updater);
    EXPECT(CAL_OK, cal_updater_create(model, path[0], NULL, &updater));
    refuses(model, updater, features, names);
    observe_pictures(model, updater);
    EXPECT(CAL_OK, cal_updater_observe_features(updater, features, names, IMAGES));
    EXPECT(CAL_OK, cal_updater_merge(updater, path[1]));
    has(cal_updater_status, updater, "\"seen\":82,");
    EXPECT(CAL_OK, cal_updater_preview(updater, NULL));
    has(cal_updater_report, updater, "\"born\":[{\"id\":12,");
    EXPECT(CAL_OK, cal_updater_commit(updater, NULL, &next));
    has(cal_updater_report, updater, "\"born\":[{\"id\":12,");
    EXPECT(CAL_OK, cal_model_get_info(next, &later));
    CHECK(later.bank_epoch == info.bank_epoch + 1 && later.novel_count == info.novel_count + 1);
    EXPECT(CAL_OK, cal_updater_name(updater, 12, "late"));
    EXPECT(CAL_OK, cal_updater_commit(updater, NULL, NULL));
    EXPECT(CAL_OK, cal_updater_rollback(updater, info.bank_epoch, &back));
    EXPECT(CAL_OK, cal_model_get_info(back, &later));
    CHECK(later.bank_epoch == info.bank_epoch + 3 && later.retired_count == 1);
    EXPECT(CAL_OK, cal_updater_label(updater, names, features, 5, 0, "told"));
    EXPECT(CAL_OK, cal_updater_label(updater, other_names, NULL, 2, 8, NULL));
    has(cal_updater_status, updater,
        "\"labelled\":[{\"id\":8,\"images\":2},{\"name\":\"told\",\"images\":5}]");
    EXPECT(CAL_OK, cal_updater_preview(updater, NULL));
    has(cal_updater_report, updater,
        "\"labelled\":[{\"id\":8,\"images\":2},{\"id\":13,\"images\":5}]");
    has(cal_updater_report, updater, "\"name\":\"told\"}");
    has(cal_updater_history, updater, "\"renamed\":[{\"id\":12,\"from\":\"\",\"to\":\"late\"}]");

    /* The folder outlives the handle. */
    cal_updater_free(updater);
    cal_model_free(next);
    EXPECT(CAL_OK, cal_updater_open(path[0], NULL, &updater));
    EXPECT(CAL_OK, cal_updater_model(updater, &next));
    EXPECT(CAL_OK, cal_model_get_info(next, &info));
    CHECK(info.bank_epoch == later.bank_epoch && info.retired_count == 1);
    cal_updater_free(updater);
    EXPECT(CAL_ERR_HANDLE, cal_updater_sync(updater));
    cal_model_free(back), cal_model_free(next), cal_model_free(calibrated), cal_model_free(model);
    free(features), free(more), free(names), free(other_names);
    return 0;
}
