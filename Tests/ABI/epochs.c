/* Attribution goes on while another thread commits epoch after epoch: every answer is, bit for bit,
 * that of the epoch that its session was made in, and it comes during commits too.
 * Usage: PROGRAM colours.cal random.cal FOLDER */
#include <pthread.h>

#include "check.h"

enum { READERS = 4, EPOCHS = 8, IMAGES = 40, RANKED = 64, SIDE = 24 };

/* What the picture's answer is in an epoch, found out before anybody else may see the epoch. */
typedef struct answer {
    uint64_t epoch;
    uint32_t count;
    cal_score ranked[RANKED];
} answer;

static cal_image picture;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t answered = PTHREAD_COND_INITIALIZER;

/* Under the mutex. */
static cal_model *current;
static answer answers[EPOCHS + 1];
static int published; /* epochs in answers */
static uint64_t done[READERS];
static int is_over;

static answer ask(cal_session *session) {
    answer found;
    cal_result result = CAL_RESULT_INIT;
    memset(&found, 0, sizeof found);
    result.ranked = found.ranked, result.ranked_capacity = RANKED;
    EXPECT(CAL_OK, cal_session_attribute(session, &picture, NULL, &result));
    found.epoch = result.bank_epoch;
    found.count = result.ranked_count;
    return found;
}

/* Under the mutex: the published epoch whose answer this is, or -1. */
static int epoch_of(const answer *found) {
    for (int i = 0; i < published; ++i)
        if (memcmp(found, &answers[i], sizeof *found) == 0)
            return i;
    return -1;
}

/* Number 0 keeps its first session for good, the others take a new one of the current model every
 * few images. */
static void *read_on(void *argument) {
    const int number = *(const int *)argument;
    cal_session *session = NULL;
    int made_in = 0;
    for (int round = 0;; ++round) {
        if (session == NULL || (number > 0 && round % 3 == 0)) {
            cal_session_free(session);
            pthread_mutex_lock(&mutex);
            made_in = published - 1;
            session = begin(current, 1 + (uint32_t)number % 2);
            pthread_mutex_unlock(&mutex);
        }
        const answer found = ask(session);
        pthread_mutex_lock(&mutex);
        CHECK(epoch_of(&found) == made_in);
        done[number]++;
        pthread_cond_broadcast(&answered);
        const int ends = is_over;
        pthread_mutex_unlock(&mutex);
        if (ends)
            break;
    }
    cal_session_free(session);
    return NULL;
}

/* Returns when every reader has answered twice since: so at least once from its beginning on. */
static void wait_for_answers(void) {
    uint64_t before[READERS];
    pthread_mutex_lock(&mutex);
    memcpy(before, done, sizeof before);
    for (int i = 0; i < READERS; ++i)
        while (done[i] < before[i] + 2)
            pthread_cond_wait(&answered, &mutex);
    pthread_mutex_unlock(&mutex);
}

/* A commit gets no further before the readers have. */
static int32_t within_commit(void *user, uint64_t reached, uint64_t total) {
    (void)reached, (void)total;
    ++*(int *)user;
    wait_for_answers();
    return 0;
}

static void publish(cal_model *model) {
    cal_session *session = begin(model, 1);
    const answer expected = ask(session);
    cal_session_free(session);
    pthread_mutex_lock(&mutex);
    CHECK(epoch_of(&expected) < 0);
    answers[published++] = expected;
    cal_model_free(current);
    current = model;
    pthread_mutex_unlock(&mutex);
}

/* Images of a method of its own for each epoch. */
static void observe(cal_updater *updater, uint32_t width, int epoch) {
    float *features = malloc(sizeof *features * IMAGES * width);
    uint8_t *keys = calloc(IMAGES, CAL_DIGEST_SIZE);
    uint32_t seed = (uint32_t)epoch;
    CHECK(features != NULL && keys != NULL);
    for (size_t i = 0; i < (size_t)IMAGES * width; ++i) {
        seed = seed * 1664525u + 1013904223u;
        const float centre = i % width % (size_t)(3 + epoch) ? 0.002f : -0.004f;
        features[i] = centre + ((float)(seed >> 8) / (float)(1u << 23) - 1) * 0.0005f;
    }
    for (size_t i = 0; i < IMAGES; ++i) {
        keys[i * CAL_DIGEST_SIZE] = (uint8_t)(i * 37);
        keys[i * CAL_DIGEST_SIZE + 1] = (uint8_t)(epoch + 1);
    }
    EXPECT(CAL_OK, cal_updater_observe_features(updater, features, keys, IMAGES));
    free(features), free(keys);
}

int main(int count, char **arguments) {
    CHECK(count == 4);
    char path[4096];
    cal_model *first = load(arguments[2]);
    cal_model_info info = CAL_MODEL_INFO_INIT, last = CAL_MODEL_INFO_INIT;
    cal_updater *updater = NULL;
    pthread_t threads[READERS];
    int numbers[READERS];
    uint8_t *pixels = noise(SIDE, SIDE, 3);
    picture = view(pixels, SIDE, SIDE);
    EXPECT(CAL_OK, cal_model_get_info(first, &info));
    snprintf(path, sizeof path, "%s/state", arguments[3]);
    EXPECT(CAL_OK, cal_updater_create(first, path, NULL, &updater));
    publish(first);
    for (int i = 0; i < READERS; ++i) {
        numbers[i] = i;
        CHECK(pthread_create(&threads[i], NULL, read_on, &numbers[i]) == 0);
    }
    for (int epoch = 0; epoch < EPOCHS; ++epoch) {
        cal_commit_options options = CAL_COMMIT_OPTIONS_INIT;
        cal_model *next = NULL;
        int reports = 0;
        options.progress = within_commit, options.progress_user = &reports;
        observe(updater, info.feature_count, epoch);
        EXPECT(CAL_OK, cal_updater_commit(updater, &options, &next));
        CHECK(reports >= 3);
        publish(next);
        wait_for_answers();
    }
    EXPECT(CAL_OK, cal_model_get_info(current, &last));
    CHECK(last.bank_epoch == info.bank_epoch + EPOCHS && last.novel_count > info.novel_count);
    pthread_mutex_lock(&mutex);
    is_over = 1;
    pthread_mutex_unlock(&mutex);
    for (int i = 0; i < READERS; ++i)
        CHECK(pthread_join(threads[i], NULL) == 0);
    cal_updater_free(updater);
    cal_model_free(current);
    free(pixels);
    return 0;
}
