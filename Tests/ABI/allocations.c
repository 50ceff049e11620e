/* A session allocates nothing for an image: attribution alone and in batches, with 1, 2 and 4
 * threads, features and evidence maps, any size, pixel format and face box.
 *
 * This program brings its own malloc and friends, which count and hand on to glibc's; the
 * dynamic linker makes libcal and its libraries use them too. Linux with glibc only:
 *
 *     cc -std=c11 -D_GNU_SOURCE allocations.c -lcal && ./a.out colours.cal random.cal
 */
#include <errno.h>
#include <stdatomic.h>

#include "check.h"

static atomic_int counting;
static atomic_long allocations;

static void count(void) {
    if (atomic_load(&counting)) {
        atomic_fetch_add(&allocations, 1);
    }
}

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size) {
    count();
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count();
    return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size) {
    count();
    return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count();
    return __libc_memalign(alignment, size);
}

void *memalign(size_t alignment, size_t size) {
    count();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size) {
    count();
    *out = __libc_memalign(alignment, size);
    return *out == NULL ? ENOMEM : 0;
}

enum { COUNT = 15, ROUNDS = 3, FEATURES = 192, RANKED = 12, POSITIONS = 64 };

static cal_image pictures[COUNT];
static cal_score ranked[COUNT][RANKED];
static float features[COUNT][FEATURES];

/* Different sizes, formats, strides and boxes; the largest come last. */
static void make_pictures(void) {
    for (uint32_t i = 0; i < COUNT; ++i) {
        const uint32_t channels = i % 2 ? 3 : 4;
        uint32_t width = 90 + 10 * i, height = 300 - 11 * i;
        if (i >= COUNT - 2) {
            width = i % 2 ? CAL_IMAGE_SIDE_MAX : 20;
            height = i % 2 ? 20 : CAL_IMAGE_SIDE_MAX;
        }
        const uint8_t *pixels = noise(width * 2, height * 2, i);
        pictures[i] = view(pixels, width, height);
        pictures[i].format = channels == 3 ? CAL_FORMAT_BGR8 : CAL_FORMAT_RGBA8;
        pictures[i].stride = width * channels + 7 * i;
        pictures[i].size = (uint64_t)width * height * 12;
        if (i % 3 == 0) {
            pictures[i].face = (cal_box){10.5f, 12, 60.0f + i, 70};
        }
    }
}

static void make_results(cal_result results[COUNT]) {
    for (int i = 0; i < COUNT; ++i) {
        results[i] = (cal_result)CAL_RESULT_INIT;
        results[i].ranked = ranked[i];
        results[i].ranked_capacity = RANKED;
        results[i].features = features[i];
        results[i].feature_capacity = FEATURES;
    }
}

static int32_t go_on(void *user, uint64_t done, uint64_t total) {
    (void)user;
    return done > total;
}

/* Every way to attribute, once for each picture. */
static void round_trip(cal_session *session) {
    cal_attribute_options options = CAL_ATTRIBUTE_OPTIONS_INIT;
    cal_result results[COUNT];
    float map[POSITIONS], logit;
    options.progress = go_on;
    make_results(results);
    EXPECT(CAL_OK, cal_session_attribute_batch(session, pictures, COUNT, &options, results));
    for (int i = 0; i < COUNT; ++i) {
        CHECK(results[i].status == CAL_OK && results[i].ranked_count == RANKED);
        EXPECT(CAL_OK, cal_session_attribute(session, &pictures[i], NULL, &results[i]));
        EXPECT(CAL_OK, cal_session_features(session, &pictures[i], features[i], FEATURES));
        EXPECT(CAL_OK, cal_session_evidence(session, &pictures[i], 3, map, POSITIONS, &logit));
    }
}

/* Counts from a session's first call on: its scratch memory does not grow with the pictures,
 * whichever worker takes which. */
static void check_session(cal_model *model, uint32_t threads) {
    cal_session *session = begin(model, threads);
    atomic_store(&allocations, 0);
    atomic_store(&counting, 1);
    for (int round = 0; round < ROUNDS; ++round) {
        round_trip(session);
    }
    atomic_store(&counting, 0);
    if (atomic_load(&allocations) != 0) {
        fprintf(stderr, "%ld allocations in %d images with %u threads\n", atomic_load(&allocations),
                ROUNDS * 4 * COUNT, threads);
        exit(1);
    }
    cal_session_free(session);
}

/* What the process makes once and keeps, such as tables of the Swift runtime: one tiny picture
 * with a session that is not used again. */
static void warm_process(cal_model *model) {
    cal_session *session = begin(model, 2);
    cal_result result = CAL_RESULT_INIT;
    uint8_t pixels[3] = {0};
    const cal_image image = view(pixels, 1, 1);
    float map[POSITIONS];
    EXPECT(CAL_OK, cal_session_attribute(session, &image, NULL, &result));
    EXPECT(CAL_OK, cal_session_evidence(session, &image, 3, map, POSITIONS, NULL));
    cal_session_free(session);
}

int main(int argc, char **argv) {
    CHECK(argc == 3);
    /* The counter itself works: loading a model allocates. */
    atomic_store(&counting, 1);
    cal_model *model = load(argv[2]);
    atomic_store(&counting, 0);
    CHECK(atomic_load(&allocations) > 100);

    make_pictures();
    warm_process(model);
    check_session(model, 1);
    check_session(model, 2);
    check_session(model, 4);
    for (int i = 0; i < COUNT; ++i) {
        free((void *)pictures[i].pixels);
    }
    cal_model_free(model);
    return 0;
}
