/* Many threads: sessions of one model side by side, error texts that stay with their thread,
 * a session used twice at once, cancelled and freed while it runs. */
#include <pthread.h>
#include <unistd.h>

#include "check.h"

enum { THREADS = 8, ROUNDS = 20, RANKED = 12, LONG_BATCH = 4096 };

static cal_model *model;
static cal_image picture;
static cal_score expected[RANKED];

static void start(pthread_t *thread, void *(*body)(void *), void *argument) {
    CHECK(pthread_create(thread, NULL, body, argument) == 0);
}

static void *attribute_often(void *unused) {
    (void)unused;
    for (int round = 0; round < ROUNDS; ++round) {
        cal_session *session = begin(model, 1 + round % 3);
        cal_score ranked[RANKED];
        cal_result result = CAL_RESULT_INIT;
        memset(ranked, 0, sizeof ranked);
        result.ranked = ranked;
        result.ranked_capacity = RANKED;
        EXPECT(CAL_OK, cal_session_attribute(session, &picture, NULL, &result));
        CHECK(memcmp(ranked, expected, sizeof ranked) == 0);
        cal_session_free(session);
    }
    return NULL;
}

static void *err_in_own_words(void *number) {
    char path[32], wanted[32];
    snprintf(path, sizeof path, "missing-%d.cal", *(int *)number);
    snprintf(wanted, sizeof wanted, "missing-%d", *(int *)number);
    for (int round = 0; round < 200; ++round) {
        cal_model *none = NULL;
        EXPECT(CAL_ERR_IO, cal_model_load_file(path, NULL, &none));
        CHECK(strstr(cal_last_error(), wanted) != NULL);
    }
    return NULL;
}

static void check_side_by_side(void) {
    pthread_t threads[2 * THREADS];
    int numbers[THREADS];
    for (int i = 0; i < THREADS; ++i) {
        numbers[i] = i;
        start(&threads[i], attribute_often, NULL);
        start(&threads[THREADS + i], err_in_own_words, &numbers[i]);
    }
    for (int i = 0; i < 2 * THREADS; ++i) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
}

/* ------------------------------------------- a long batch, disturbed while it runs */

typedef struct batch {
    cal_session *session;
    cal_status status;
    uint64_t done; /* images, as the progress callback saw it */
    pthread_mutex_t mutex;
    pthread_cond_t progressed;
    cal_result results[LONG_BATCH];
} batch;

static int32_t note_progress(void *user, uint64_t done, uint64_t total) {
    batch *running = user;
    CHECK(total == LONG_BATCH && done >= running->done && done <= total);
    pthread_mutex_lock(&running->mutex);
    running->done = done;
    pthread_cond_signal(&running->progressed);
    pthread_mutex_unlock(&running->mutex);
    return 0;
}

static void *run_batch(void *argument) {
    static cal_image images[LONG_BATCH];
    batch *running = argument;
    cal_attribute_options options = CAL_ATTRIBUTE_OPTIONS_INIT;
    options.progress = note_progress;
    options.progress_user = running;
    for (int i = 0; i < LONG_BATCH; ++i) {
        images[i] = picture;
        running->results[i] = (cal_result)CAL_RESULT_INIT;
    }
    running->status = cal_session_attribute_batch(running->session, images, LONG_BATCH, &options,
                                                  running->results);
    return NULL;
}

/* Starts a batch and returns once it has begun to answer. */
static batch *start_batch(pthread_t *thread) {
    batch *running = calloc(1, sizeof *running);
    CHECK(running != NULL);
    running->session = begin(model, 2);
    pthread_mutex_init(&running->mutex, NULL);
    pthread_cond_init(&running->progressed, NULL);
    start(thread, run_batch, running);
    pthread_mutex_lock(&running->mutex);
    while (running->done == 0) {
        pthread_cond_wait(&running->progressed, &running->mutex);
    }
    pthread_mutex_unlock(&running->mutex);
    return running;
}

static void finish_batch(batch *running) {
    pthread_cond_destroy(&running->progressed);
    pthread_mutex_destroy(&running->mutex);
    free(running);
}

static void check_busy_and_cancel(void) {
    pthread_t thread;
    batch *running = start_batch(&thread);
    cal_result result = CAL_RESULT_INIT;
    EXPECT(CAL_ERR_BUSY, cal_session_attribute(running->session, &picture, NULL, &result));
    EXPECT(CAL_OK, cal_session_cancel(running->session));
    CHECK(pthread_join(thread, NULL) == 0);

    CHECK(running->status == CAL_ERR_CANCELLED);
    int finished = 0;
    for (int i = 0; i < LONG_BATCH; ++i) {
        const cal_status status = running->results[i].status;
        CHECK(status == CAL_OK || status == CAL_ERR_CANCELLED);
        finished += status == CAL_OK;
    }
    CHECK(finished > 0 && finished < LONG_BATCH);

    /* The session is as good as new, and an old cancel does not stop a later call. */
    EXPECT(CAL_OK, cal_session_attribute(running->session, &picture, NULL, &result));
    EXPECT(CAL_OK, cal_session_cancel(running->session));
    EXPECT(CAL_OK, cal_session_attribute(running->session, &picture, NULL, &result));
    cal_session_free(running->session);
    finish_batch(running);
}

static void check_free_while_running(void) {
    pthread_t thread;
    cal_result result = CAL_RESULT_INIT;
    batch *running = start_batch(&thread);
    cal_session_free(running->session);
    EXPECT(CAL_ERR_HANDLE, cal_session_attribute(running->session, &picture, NULL, &result));
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(running->status == CAL_OK);
    CHECK(running->done == LONG_BATCH && running->results[LONG_BATCH - 1].status == CAL_OK);
    finish_batch(running);
}

int main(int argc, char **argv) {
    cal_result result = CAL_RESULT_INIT;
    CHECK(argc == 3);
    model = load(argv[2]);
    picture = view(noise(64, 64, 1), 64, 64);
    result.ranked = expected;
    result.ranked_capacity = RANKED;
    cal_session *session = begin(model, 1);
    EXPECT(CAL_OK, cal_session_attribute(session, &picture, NULL, &result));
    cal_session_free(session);

    check_side_by_side();
    check_busy_and_cancel();
    check_free_while_running();

    free((void *)picture.pixels);
    cal_model_free(model);
    return 0;
}
