/* A training from C: images from a callback, a checkpoint out of the report, a stop, and what is
 * refused meanwhile. Usage: training FILE; the checkpoint goes there. */
#include "check.h"

enum { IMAGES = 24, SIDE = 16, KNOWN = 2 };

typedef struct host {
    uint8_t pixels[IMAGES][SIDE * SIDE];
    int32_t missing; /* an image that cannot be had; -1: none */
    int32_t loaded, unloaded;
    cal_trainer *trainer;
    const char *path;
    uint32_t stop_after; /* steps; 0: never */
    uint32_t steps, epochs;
} host;

static int32_t load_image(void *user, uint64_t index, cal_image *image) {
    host *h = user;
    CHECK(image->struct_size == sizeof(cal_image));
    if ((int32_t)index == h->missing)
        return 1;
    __atomic_add_fetch(&h->loaded, 1, __ATOMIC_RELAXED);
    image->format = CAL_FORMAT_GRAY8;
    image->width = image->height = SIDE;
    image->pixels = h->pixels[index];
    image->size = SIDE * SIDE;
    return 0;
}

static void unload_image(void *user, uint64_t index, const cal_image *image) {
    host *h = user;
    CHECK(image->pixels == h->pixels[index]);
    __atomic_add_fetch(&h->unloaded, 1, __ATOMIC_RELAXED);
}

static int32_t report(void *user, const cal_training_report *told) {
    host *h = user;
    CHECK(told->struct_size == sizeof *told);
    CHECK(told->steps == 3 && told->epochs == 2);
    CHECK(told->validation_images == 0 && told->best_epoch == -1);
    CHECK(told->validation_accuracy < 0 && told->validation_confidence < 0);
    CHECK(told->is_finished == (told->is_epoch_end && told->epoch == 1));
    const int first = told->epoch == 0 && told->step == 1;
    CHECK(told->learning_rate > 0 && (told->learning_rate == 2e-4) == first);
    if (told->is_epoch_end) {
        h->epochs++;
        return 0;
    }
    CHECK(told->total > 0 && told->step >= 1 && told->step <= 3);
    CHECK(cal_trainer_run(h->trainer, NULL, NULL) == CAL_ERR_BUSY);
    CHECK(cal_trainer_resume(h->trainer, h->path) == CAL_ERR_BUSY);
    CHECK(cal_trainer_save(h->trainer, h->path) == CAL_OK);
    return ++h->steps == h->stop_after;
}

/* The options and images of all trainings here. */
static cal_training_options small(void) {
    cal_training_options options = CAL_TRAINING_OPTIONS_INIT;
    options.known = KNOWN;
    options.prototypes = 5;
    options.epochs = 2;
    options.batch_size = 8;
    options.block = CAL_BLOCK_BASIC;
    for (int i = 0; i < 4; i++)
        options.depth[i] = 1;
    options.width = 4;
    options.input_size = SIDE;
    options.small_stem = 1;
    options.threads = 2;
    return options;
}

static cal_source images(host *h, const int32_t *label) {
    cal_source source = CAL_SOURCE_INIT;
    source.count = IMAGES;
    source.label = label;
    source.load = load_image;
    source.unload = unload_image;
    source.user = h;
    return source;
}

static cal_trainer *start(host *h, const int32_t *label) {
    cal_training_options options = small();
    cal_source source = images(h, label);
    cal_trainer *trainer = NULL;
    CHECK(cal_trainer_create(&options, &source, NULL, &trainer) == CAL_OK);
    h->trainer = trainer;
    return trainer;
}

static void digest(cal_trainer *trainer, uint8_t sha256[CAL_DIGEST_SIZE]) {
    const char *names[KNOWN] = {"first", "second"};
    cal_model *model = NULL;
    CHECK(cal_trainer_model(trainer, names, "squares", &model) == CAL_OK);
    CHECK(cal_model_sha256(model, sha256) == CAL_OK);
    cal_model_free(model);
}

/* What a model cannot be called is said before any image is looked at once more. */
static void naming(host *h, const int32_t *label) {
    static char long_name[CAL_NAME_MAX + 2], long_text[5000];
    const char *names[KNOWN] = {"first", long_name}, *good[KNOWN] = {"first", "second"};
    cal_trainer *trainer = start(h, label);
    cal_model *model = NULL;
    memset(long_name, 'n', CAL_NAME_MAX + 1);
    memset(long_text, 't', sizeof long_text - 1);
    const int loaded = h->loaded;
    CHECK(cal_trainer_model(trainer, names, NULL, &model) == CAL_ERR_MODEL_LIMIT);
    CHECK(model == NULL && strstr(cal_last_error(), "names[1]: 256 bytes") != NULL);
    CHECK(cal_trainer_model(trainer, good, long_text, &model) == CAL_ERR_MODEL_LIMIT);
    CHECK(strstr(cal_last_error(), "training_data: 4999 bytes") != NULL);
    names[1] = "";
    CHECK(cal_trainer_model(trainer, names, NULL, &model) == CAL_ERR_MODEL_INVALID);
    CHECK(cal_trainer_save(trainer, "") == CAL_ERR_ARGUMENT);
    CHECK(cal_trainer_resume(trainer, "") == CAL_ERR_ARGUMENT);
    CHECK(strcmp(cal_last_error(), "path is empty") == 0);
    CHECK(h->loaded == loaded);
    cal_trainer_free(trainer);
}

/* Ends a training that validates, at its first epoch's end. */
static int32_t validated(void *user, const cal_training_report *told) {
    const uint32_t *held_out = user;
    CHECK(told->validation_images == *held_out);
    CHECK((told->validation_accuracy >= 0) == told->is_epoch_end);
    CHECK(told->validation_accuracy <= 1 && told->validation_confidence <= 1);
    CHECK(!told->is_epoch_end || told->best_epoch == 0);
    return told->is_epoch_end;
}

/* Images that the host holds out, or the trainer, and what is refused. */
static void validate(host *h, const int32_t *label) {
    cal_training_options options = small();
    cal_source source = images(h, label);
    cal_trainer *trainer = NULL;
    uint8_t held_out[IMAGES] = {1, 0, 0, 0, 0, 7};
    uint32_t count = 2;
    options.epochs = 9;
    options.keep_best = 1;
    CHECK(cal_trainer_create(&options, &source, NULL, &trainer) == CAL_ERR_ARGUMENT);
    CHECK(trainer == NULL && strstr(cal_last_error(), "no images are held out") != NULL);
    source.held_out = held_out;
    CHECK(cal_trainer_create(&options, &source, NULL, &trainer) == CAL_OK);
    memset(held_out, 0, sizeof held_out); /* it was copied */
    CHECK(cal_trainer_run(trainer, validated, &count) == CAL_ERR_CANCELLED);
    cal_trainer_free(trainer);

    held_out[2] = 1; /* unlabelled */
    CHECK(cal_trainer_create(&options, &source, NULL, &trainer) == CAL_ERR_ARGUMENT);
    CHECK(strstr(cal_last_error(), "image 2 ") != NULL);
    held_out[2] = 0;
    held_out[4] = 1;
    options.validation = 0.3;
    CHECK(cal_trainer_create(&options, &source, NULL, &trainer) == CAL_ERR_ARGUMENT);
    CHECK(strstr(cal_last_error(), "validation is 0.3") != NULL);

    /* A third of six labelled images of each class. */
    source.held_out = NULL;
    count = 4;
    CHECK(cal_trainer_create(&options, &source, NULL, &trainer) == CAL_OK);
    CHECK(cal_trainer_run(trainer, validated, &count) == CAL_ERR_CANCELLED);
    cal_trainer_free(trainer);
    options.validation = -0.1;
    CHECK(cal_trainer_create(&options, &source, NULL, &trainer) == CAL_ERR_ARGUMENT);
    options.validation = 0.3;
    options.patience = UINT32_MAX;
    CHECK(cal_trainer_create(&options, &source, NULL, &trainer) == CAL_ERR_ARGUMENT);
    CHECK(strstr(cal_last_error(), "patience is 4294967295") != NULL);
    options.patience = 0;
    source.struct_size = 56; /* it has no room for held_out */
    CHECK(cal_trainer_create(&options, &source, NULL, &trainer) == CAL_ERR_STRUCT_SIZE);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    static host h;
    int32_t label[IMAGES];
    uint8_t whole[CAL_DIGEST_SIZE], resumed[CAL_DIGEST_SIZE];
    h.path = argv[1];
    h.missing = -1;
    for (int i = 0; i < IMAGES; i++) {
        label[i] = i % 4 < KNOWN ? i % 4 : -1;
        for (int k = 0; k < SIDE * SIDE; k++)
            h.pixels[i][k] = (uint8_t)(k % SIDE / (i % 4 + 1) % 2 * 150 + i + k / SIDE);
    }

    cal_trainer *trainer = start(&h, label);
    CHECK(cal_trainer_run(trainer, report, &h) == CAL_OK);
    CHECK(h.steps == 6 && h.epochs == 2 && h.loaded > 0 && h.loaded == h.unloaded);
    CHECK(cal_trainer_run(trainer, report, &h) == CAL_OK); /* nothing is left to do */
    CHECK(h.steps == 6);
    digest(trainer, whole);
    cal_trainer_free(trainer);
    CHECK(cal_trainer_run(trainer, NULL, NULL) == CAL_ERR_HANDLE);

    /* Stopped, and gone on with from the checkpoint by another trainer. */
    h.steps = 0;
    h.stop_after = 4;
    trainer = start(&h, label);
    CHECK(cal_trainer_run(trainer, report, &h) == CAL_ERR_CANCELLED);
    cal_trainer_free(trainer);
    trainer = start(&h, label);
    CHECK(cal_trainer_resume(trainer, h.path) == CAL_OK);
    CHECK(cal_trainer_run(trainer, NULL, NULL) == CAL_OK);
    digest(trainer, resumed);
    CHECK(memcmp(whole, resumed, sizeof whole) == 0);
    CHECK(cal_trainer_resume(trainer, "/nonexistent/file") == CAL_ERR_IO);
    digest(trainer, resumed);
    CHECK(memcmp(whole, resumed, sizeof whole) == 0);
    cal_trainer_free(trainer);

    validate(&h, label);
    naming(&h, label);
    h.missing = 3;
    trainer = start(&h, label);
    CHECK(cal_trainer_run(trainer, NULL, NULL) == CAL_ERR_IO);
    CHECK(strstr(cal_last_error(), "image 3 ") != NULL);
    cal_trainer_free(trainer);
    cal_trainer_free(NULL);
    CHECK(cal_trainer_cancel(NULL) == CAL_ERR_HANDLE);
    CHECK(cal_trainer_create(NULL, NULL, NULL, &trainer) == CAL_ERR_ARGUMENT);
    return 0;
}
