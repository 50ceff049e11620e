/* No surprises in the host process: no threads but those asked for (and those that OpenBLAS
 * started before main, see loading.c), no file left open, no signal handler, no change of the
 * floating-point rounding, nothing printed (whoever runs this checks that both streams stay
 * empty). */
#include <fenv.h>
#include <signal.h>
#include <unistd.h>

#include "process.h"

/* A thread is gone from the list a moment after it was joined. */
static void expect_threads(int expected) {
    for (int wait = 0; wait < 200 && threads() != expected; ++wait) {
        usleep(10000);
    }
    CHECK(threads() == expected);
}

static int handled_signals(void) {
    int count = 0;
    for (int number = 1; number < 32; ++number) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL) {
            ++count;
        }
    }
    return count;
}

static void attribute(cal_model *model, uint32_t thread_count, int threads_before) {
    cal_session *session = begin(model, thread_count);
    CHECK(threads() == threads_before + (int)thread_count - 1);
    for (uint32_t i = 0; i < 5; ++i) {
        uint8_t *pixels = noise(80 + i, 70, i);
        cal_image image = view(pixels, 80 + i, 70);
        cal_result result = CAL_RESULT_INIT;
        EXPECT(CAL_OK, cal_session_attribute(session, &image, NULL, &result));
        image.width = 0;
        EXPECT(CAL_ERR_IMAGE_SIZE, cal_session_attribute(session, &image, NULL, &result));
        free(pixels);
    }
    CHECK(threads() == threads_before + (int)thread_count - 1);
    cal_session_free(session);
    expect_threads(threads_before);
}

int main(int argc, char **argv) {
    CHECK(argc == 3);
    const int threads_before = threads();
    const int files_before = entries("/proc/self/fd");
    const int signals_before = handled_signals();
    const int rounding = fegetround();

    cal_model *model = load(argv[2]);
    CHECK(entries("/proc/self/fd") == files_before);
    attribute(model, 1, threads_before);
    attribute(model, 3, threads_before);
    cal_model_free(model);

    CHECK(entries("/proc/self/fd") == files_before);
    CHECK(handled_signals() == signals_before);
    CHECK(fegetround() == rounding);
    return 0;
}
