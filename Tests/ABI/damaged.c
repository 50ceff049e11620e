/* Damaged model files: cut short at every byte, every bit flipped. Each gives a status of the
 * model-file block and a sentence, or, where the damage is in a number, a model that works.
 * Run it with a limit on memory: a damaged length must not become an allocation. */
#include "check.h"

static uint8_t *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL && fseek(file, 0, SEEK_END) == 0);
    *size = (size_t)ftell(file);
    uint8_t *bytes = malloc(*size);
    rewind(file);
    CHECK(bytes != NULL && fread(bytes, 1, *size, file) == *size);
    fclose(file);
    return bytes;
}

/* Loads and uses what may be a model. */
static int works(const uint8_t *bytes, size_t size) {
    static uint8_t pixels[16 * 16 * 3];
    cal_model *model = NULL;
    cal_session *session = NULL;
    const cal_status status = cal_model_load_memory(bytes, size, NULL, &model);
    if (status != CAL_OK) {
        CHECK(status / 100 == 2 && model == NULL && cal_last_error()[0] != '\0');
        return 0;
    }
    const cal_status created = cal_session_create(model, NULL, &session);
    if (created == CAL_OK) {
        cal_image image = view(pixels, 16, 16);
        cal_result result = CAL_RESULT_INIT;
        const cal_status given = cal_session_attribute(session, &image, NULL, &result);
        CHECK(given == CAL_OK || given == CAL_ERR_NUMERIC);
    } else {
        CHECK(created == CAL_ERR_MEMORY);
    }
    cal_session_free(session);
    cal_model_free(model);
    return 1;
}

int main(int argc, char **argv) {
    size_t size;
    int survivors = 0;
    CHECK(argc == 3);
    uint8_t *whole = read_file(argv[1], &size);

    /* A copy of exactly the right size, so that reading past it is seen by tools. */
    for (size_t length = 0; length < size; ++length) {
        uint8_t *prefix = malloc(length + (length == 0));
        CHECK(prefix != NULL);
        memcpy(prefix, whole, length);
        CHECK(!works(prefix, length));
        free(prefix);
    }
    for (size_t bit = 0; bit < 8 * size; ++bit) {
        whole[bit / 8] ^= (uint8_t)(1 << bit % 8);
        survivors += works(whole, size);
        whole[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    CHECK(works(whole, size));
    CHECK(survivors > 0 && (size_t)survivors < 8 * size);
    free(whole);
    return 0;
}
