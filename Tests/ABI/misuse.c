/* Everything a caller can get wrong gives the status that cal.h names, a sentence, and outputs
 * as if the call had not been made. Nothing here may crash. */
#include <math.h>

#include "check.h"

static cal_model *model;
static cal_session *session;
static uint8_t pixels[40 * 40 * 3];

static void handles(const char *path) {
    cal_model_info info = CAL_MODEL_INFO_INIT;
    cal_result result = CAL_RESULT_INIT;
    cal_image image = view(pixels, 40, 40);
    cal_session *none = (cal_session *)&info;
    uint64_t zeros[64] = {0};
    cal_model *freed = load(path);

    /* NULL, memory that is no handle, the wrong kind of handle, a freed one. */
    EXPECT(CAL_ERR_HANDLE, cal_model_get_info(NULL, &info));
    EXPECT(CAL_ERR_HANDLE, cal_model_get_info((const cal_model *)zeros, &info));
    EXPECT(CAL_ERR_HANDLE, cal_model_get_info((const cal_model *)session, &info));
    EXPECT(CAL_ERR_HANDLE, cal_session_attribute(NULL, &image, NULL, &result));
    EXPECT(CAL_ERR_HANDLE, cal_session_attribute((cal_session *)model, &image, NULL, &result));
    EXPECT(CAL_ERR_HANDLE, cal_session_create(NULL, NULL, &none));
    CHECK(none == NULL);
    EXPECT(CAL_ERR_HANDLE, cal_session_cancel(NULL));
    CHECK(strcmp(cal_session_kernels(NULL), "") == 0);
    cal_model_free(freed);
    EXPECT(CAL_ERR_HANDLE, cal_model_get_info(freed, &info));
    cal_model_free(freed);

    cal_model_free(NULL);
    cal_session_free(NULL);
    cal_model_free((cal_model *)zeros);
    cal_session_free((cal_session *)zeros);
}

static void null_arguments(const char *path) {
    cal_image image = view(pixels, 40, 40);
    cal_result result = CAL_RESULT_INIT;
    cal_model *out = model;
    float floats[4];
    char text[8];
    size_t length;

    EXPECT(CAL_ERR_ARGUMENT, cal_model_load_file(NULL, NULL, &out));
    CHECK(out == NULL);
    EXPECT(CAL_ERR_ARGUMENT, cal_model_load_file(path, NULL, NULL));
    EXPECT(CAL_ERR_ARGUMENT, cal_model_load_memory(NULL, 10, NULL, &out));
    EXPECT(CAL_ERR_ARGUMENT, cal_model_get_info(model, NULL));
    EXPECT(CAL_ERR_ARGUMENT, cal_model_get_prototype(model, 0, NULL));
    EXPECT(CAL_ERR_ARGUMENT, cal_model_sha256(model, NULL));
    EXPECT(CAL_ERR_ARGUMENT, cal_model_save(model, NULL));
    EXPECT(CAL_ERR_ARGUMENT, cal_model_describe(model, NULL, 10, &length));
    EXPECT(CAL_ERR_ARGUMENT, cal_model_describe(model, text, sizeof text, NULL));
    EXPECT(CAL_ERR_ARGUMENT, cal_session_create(model, NULL, NULL));
    EXPECT(CAL_ERR_ARGUMENT, cal_session_attribute(session, NULL, NULL, &result));
    EXPECT(CAL_ERR_ARGUMENT, cal_session_attribute(session, &image, NULL, NULL));
    EXPECT(CAL_ERR_ARGUMENT, cal_session_attribute_batch(session, NULL, 3, NULL, &result));
    EXPECT(CAL_ERR_ARGUMENT, cal_session_attribute_batch(session, &image, 3, NULL, NULL));
    EXPECT(CAL_OK, cal_session_attribute_batch(session, NULL, 0, NULL, NULL));
    EXPECT(CAL_ERR_ARGUMENT, cal_session_features(session, &image, NULL, 3));
    EXPECT(CAL_ERR_ARGUMENT, cal_session_features(session, &image, floats, 2));
    EXPECT(CAL_ERR_ARGUMENT, cal_session_evidence(session, &image, 0, floats, 4, NULL));
    EXPECT(CAL_ERR_ARGUMENT, cal_session_report(session, NULL, NULL, text, sizeof text, &length));
    EXPECT(CAL_ERR_HANDLE, cal_session_profile(NULL, NULL, 0, &length));
    EXPECT(CAL_ERR_ARGUMENT, cal_session_profile(session, NULL, 1, &length));
    EXPECT(CAL_ERR_ARGUMENT, cal_session_profile(session, NULL, 0, NULL));
    EXPECT(CAL_ERR_ARGUMENT, cal_build_info(text, sizeof text, NULL));
}

static void struct_sizes(const char *path) {
    const uint32_t wrong[] = {0, 4, 15};
    for (int i = 0; i < 3; ++i) {
        cal_load_options load_options = CAL_LOAD_OPTIONS_INIT;
        cal_model_info info = CAL_MODEL_INFO_INIT;
        cal_prototype entry = CAL_PROTOTYPE_INIT;
        cal_session_options options = CAL_SESSION_OPTIONS_INIT;
        cal_attribute_options how = CAL_ATTRIBUTE_OPTIONS_INIT;
        cal_image image = view(pixels, 40, 40), unsized = image;
        cal_result result = CAL_RESULT_INIT, short_result = CAL_RESULT_INIT;
        cal_model *loaded = model;
        cal_session *created = session;

        load_options.struct_size = info.struct_size = entry.struct_size = wrong[i];
        options.struct_size = how.struct_size = wrong[i];
        unsized.struct_size = short_result.struct_size = wrong[i];
        EXPECT(CAL_ERR_STRUCT_SIZE, cal_model_load_file(path, &load_options, &loaded));
        CHECK(loaded == NULL);
        EXPECT(CAL_ERR_STRUCT_SIZE, cal_model_get_info(model, &info));
        EXPECT(CAL_ERR_STRUCT_SIZE, cal_model_get_prototype(model, 0, &entry));
        EXPECT(CAL_ERR_STRUCT_SIZE, cal_session_create(model, &options, &created));
        CHECK(created == NULL);
        EXPECT(CAL_ERR_STRUCT_SIZE, cal_session_attribute(session, &unsized, NULL, &result));
        EXPECT(CAL_ERR_STRUCT_SIZE, cal_session_attribute(session, &image, NULL, &short_result));
        EXPECT(CAL_ERR_STRUCT_SIZE, cal_session_attribute(session, &image, &how, &result));
    }
}

/* A program compiled with a later, longer cal.h: what follows the known fields is not touched. */
static void longer_structs(void) {
    struct {
        cal_model_info known;
        uint64_t later[4];
    } info = {CAL_MODEL_INFO_INIT, {1, 2, 3, 4}};
    info.known.struct_size = sizeof info;
    EXPECT(CAL_OK, cal_model_get_info(model, &info.known));
    CHECK(info.known.struct_size == sizeof info && info.known.feature_count == 3);
    CHECK(info.later[0] == 1 && info.later[3] == 4);
}

static void expect_refused(cal_status expected, const cal_image *image) {
    cal_result result = CAL_RESULT_INIT;
    EXPECT(expected, cal_session_attribute(session, image, NULL, &result));
    CHECK(result.status == expected && result.error[0] != '\0');
    CHECK(result.verdict == CAL_VERDICT_UNDETERMINED && result.ranked_count == 0);
}

/* A good image with one field made bad, and the status that gives. */
static void images(void) {
    const cal_image good = view(pixels, 40, 40);
    cal_image image;
#define BAD(expected, change)                                                                      \
    do {                                                                                           \
        image = good;                                                                              \
        change;                                                                                    \
        expect_refused(expected, &image);                                                          \
    } while (0)

    BAD(CAL_ERR_IMAGE_SIZE, image.width = 0);
    BAD(CAL_ERR_IMAGE_SIZE, image.height = 0);
    BAD(CAL_ERR_IMAGE_SIZE, image.width = CAL_IMAGE_SIDE_MAX + 1);
    BAD(CAL_ERR_IMAGE_SIZE, image.height = UINT32_MAX);
    BAD(CAL_ERR_IMAGE_SIZE, image.width = image.height = CAL_IMAGE_SIDE_MAX);
    BAD(CAL_ERR_IMAGE_STRIDE, image.stride = 119);
    BAD(CAL_ERR_IMAGE_STRIDE, image.stride = 1);
    BAD(CAL_ERR_IMAGE_BUFFER, image.size = sizeof pixels - 1);
    BAD(CAL_ERR_IMAGE_BUFFER, image.size = 0);
    BAD(CAL_ERR_IMAGE_BUFFER, image.stride = UINT64_MAX);
    BAD(CAL_ERR_IMAGE_BUFFER, image.stride = UINT64_MAX / 39 + 1);
    BAD(CAL_ERR_IMAGE_FORMAT, image.format = 0);
    BAD(CAL_ERR_IMAGE_FORMAT, image.format = 6);
    BAD(CAL_ERR_IMAGE_FORMAT, image.format = INT32_MIN);
    BAD(CAL_ERR_IMAGE_BOX, (image.face.width = 5, image.face.height = 0));
    BAD(CAL_ERR_IMAGE_BOX, (image.face.width = -5, image.face.height = 5));
    BAD(CAL_ERR_IMAGE_BOX, (image.face.width = NAN, image.face.height = 5));
    BAD(CAL_ERR_IMAGE_BOX, (image.face.width = INFINITY, image.face.height = 5));
    BAD(CAL_ERR_IMAGE_BOX, (image.face = (cal_box){100, 100, 10, 10}));
    BAD(CAL_ERR_IMAGE_BOX, (image.face = (cal_box){-1e30f, 0, 10, 10}));
    BAD(CAL_ERR_ARGUMENT, image.pixels = NULL);
    BAD(CAL_ERR_ARGUMENT, image.reserved = 1);
#undef BAD
}

static void options(void) {
    cal_session_options how = CAL_SESSION_OPTIONS_INIT;
    cal_session *created = session;
    cal_image image = view(pixels, 40, 40);

    how.threads = CAL_THREADS_MAX + 1;
    EXPECT(CAL_ERR_ARGUMENT, cal_session_create(model, &how, &created));
    CHECK(created == NULL);
    how.threads = 1;
    how.kernels = 77;
    EXPECT(CAL_ERR_ARGUMENT, cal_session_create(model, &how, &created));

    const float thresholds[] = {1.5f, NAN, INFINITY};
    for (int i = 0; i < 3; ++i) {
        cal_attribute_options attribute = CAL_ATTRIBUTE_OPTIONS_INIT;
        cal_result result = CAL_RESULT_INIT;
        attribute.known_threshold = thresholds[i];
        EXPECT(CAL_ERR_ARGUMENT, cal_session_attribute(session, &image, &attribute, &result));
    }

    cal_attribute_options attribute = CAL_ATTRIBUTE_OPTIONS_INIT;
    cal_result result = CAL_RESULT_INIT;
    attribute.flags = 0x80000000u;
    EXPECT(CAL_ERR_ARGUMENT, cal_session_attribute(session, &image, &attribute, &result));

    result.ranked_capacity = 5; /* and ranked NULL */
    EXPECT(CAL_ERR_ARGUMENT, cal_session_attribute(session, &image, NULL, &result));
    float features[2];
    cal_result narrow = CAL_RESULT_INIT;
    narrow.features = features;
    narrow.feature_capacity = 2; /* the model has 3 */
    EXPECT(CAL_ERR_ARGUMENT, cal_session_attribute(session, &image, NULL, &narrow));
}

static void one_bad_image(void) {
    enum { COUNT = 5 };
    cal_image batch[COUNT];
    cal_result results[COUNT];
    for (int i = 0; i < COUNT; ++i) {
        batch[i] = view(pixels, 40, 40);
        results[i] = (cal_result)CAL_RESULT_INIT;
    }
    batch[2].width = 0;
    batch[4].pixels = NULL;
    EXPECT(CAL_OK, cal_session_attribute_batch(session, batch, COUNT, NULL, results));
    for (int i = 0; i < COUNT; ++i) {
        CHECK(results[i].status == (i == 2   ? CAL_ERR_IMAGE_SIZE
                                    : i == 4 ? CAL_ERR_ARGUMENT
                                             : CAL_OK));
        CHECK((results[i].error[0] == '\0') == (results[i].status == CAL_OK));
    }
    EXPECT(CAL_ERR_ARGUMENT,
           cal_session_attribute_batch(session, batch, (size_t)CAL_BATCH_MAX + 1, NULL, results));
}

/* The snprintf rule, at every capacity. */
static void texts(void) {
    char whole[4096], part[64];
    size_t full = 0, length = 0;
    EXPECT(CAL_OK, cal_model_describe(model, NULL, 0, &full));
    EXPECT(CAL_OK, cal_model_describe(model, whole, sizeof whole, &length));
    CHECK(full == length && full == strlen(whole) && whole[0] == '{' && full > sizeof part);
    for (size_t capacity = 1; capacity <= sizeof part; ++capacity) {
        memset(part, '#', sizeof part);
        EXPECT(CAL_OK, cal_model_describe(model, part, capacity, &length));
        CHECK(length == full && strlen(part) == capacity - 1);
        CHECK(strncmp(part, whole, capacity - 1) == 0);
        CHECK(capacity == sizeof part || part[capacity] == '#');
    }
}

/* A size_t that no buffer has: said to be too large, or as good as enough, but never believed. */
static void capacities(void) {
    const size_t sizes[] = {SIZE_MAX, SIZE_MAX / 2 + 1, SIZE_MAX / 2 + 2};
    cal_session_options how = CAL_SESSION_OPTIONS_INIT;
    cal_session *profiled = NULL;
    cal_image image = view(pixels, 40, 40);
    cal_result result = CAL_RESULT_INIT;
    how.flags = CAL_SESSION_PROFILE;
    EXPECT(CAL_OK, cal_session_create(model, &how, &profiled));
    EXPECT(CAL_OK, cal_session_attribute(profiled, &image, NULL, &result));
    for (int i = 0; i < 3; ++i) {
        const size_t size = sizes[i];
        char text[4096];
        float floats[4096];
        cal_stage_time times[16];
        cal_model *none = model;
        size_t length = 77;
        EXPECT(CAL_ERR_ARGUMENT, cal_build_info(text, size, &length));
        EXPECT(CAL_ERR_ARGUMENT, cal_model_describe(model, text, size, &length));
        EXPECT(CAL_ERR_ARGUMENT, cal_session_report(session, &result, NULL, text, size, &length));
        EXPECT(CAL_ERR_ARGUMENT, cal_session_profile(profiled, times, size, &length));
        EXPECT(CAL_ERR_ARGUMENT, cal_session_profile(profiled, NULL, size, &length));
        CHECK(length == 77);
        EXPECT(CAL_OK, cal_session_features(session, &image, floats, size));
        EXPECT(CAL_OK, cal_session_evidence(session, &image, 0, floats, size, NULL));
        EXPECT(CAL_ERR_ARGUMENT, cal_model_load_memory(text, size, NULL, &none));
        EXPECT(CAL_ERR_ARGUMENT, cal_session_attribute_batch(session, &image, size, NULL, &result));
        EXPECT(CAL_ERR_ARGUMENT, cal_model_quantize(model, &image, size, NULL, &none));
        EXPECT(CAL_ERR_ARGUMENT, cal_model_calibrate(model, floats, NULL, size, &none));
        CHECK(none == NULL);
    }
    cal_session_free(profiled);
}

static void files(void) {
    cal_model *out = model;
    EXPECT(CAL_ERR_IO, cal_model_load_file("no/such/file.cal", NULL, &out));
    CHECK(out == NULL && strstr(cal_last_error(), "no/such/file.cal") != NULL);
    EXPECT(CAL_ERR_IO, cal_model_load_file(".", NULL, &out));
    EXPECT(CAL_ERR_IO, cal_model_load_file("/dev/null", NULL, &out)); /* not a regular file */
    EXPECT(CAL_ERR_MODEL_FORMAT, cal_model_load_memory("", 0, NULL, &out));
    EXPECT(CAL_ERR_MODEL_FORMAT, cal_model_load_memory("GIF89a", 6, NULL, &out));
    EXPECT(CAL_ERR_IO, cal_model_save(model, "no/such/folder/model.cal"));
}

int main(int argc, char **argv) {
    CHECK(argc == 3);
    model = load(argv[1]);
    session = begin(model, 1);

    handles(argv[1]);
    null_arguments(argv[1]);
    struct_sizes(argv[1]);
    longer_structs();
    images();
    options();
    one_bad_image();
    texts();
    capacities();
    files();
    EXPECT(CAL_OK, cal_check_version(CAL_ABI_VERSION, CAL_VERSION_NUMBER));
    EXPECT(CAL_ERR_VERSION, cal_check_version(CAL_ABI_VERSION + 1, CAL_VERSION_NUMBER));
    EXPECT(CAL_ERR_VERSION, cal_check_version(CAL_ABI_VERSION, CAL_VERSION_NUMBER + 1));

    /* The model goes first; the session still answers. */
    cal_model_free(model);
    cal_image image = view(pixels, 40, 40);
    cal_result result = CAL_RESULT_INIT;
    EXPECT(CAL_OK, cal_session_attribute(session, &image, NULL, &result));
    cal_session_free(session);
    EXPECT(CAL_ERR_HANDLE, cal_session_attribute(session, &image, NULL, &result));
    return 0;
}
