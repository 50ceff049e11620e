/* Watches a folder: attributes the pictures that arrive, takes them in, and writes a new model
 * whenever they found a new method.
 *
 *     cc -std=c99 watch.c -o watch $(pkg-config --cflags --libs cal)
 *     ./watch model.cal state/ inbox/ next.cal [ROUNDS [SECONDS]]
 *
 * Looks every SECONDS (1), ROUNDS times or until SIGINT. The state stays in its folder, so the
 * next start goes on from there; pictures are expected to be complete when they have their name.
 */
#define _POSIX_C_SOURCE 200809L

#include <cal.h>
#include <dirent.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "../ppm.h"

enum { PATH_SIZE = 4096, WORTH_A_LOOK = 10 };

static volatile sig_atomic_t is_asked_to_stop;

static void stop(int signal_number) {
    (void)signal_number;
    is_asked_to_stop = 1;
}

typedef struct watch {
    const char *inbox, *out;
    cal_updater *updater;
    cal_session *session; /* of the updater's current model */
    char **seen;          /* names of pictures */
    size_t seen_count;
    uint64_t looked_at; /* unexplained images when a commit was last considered */
} watch;

/* 0 for CAL_OK, else 1 behind libcal's sentence. */
static int fails(cal_status status) {
    if (status == CAL_OK)
        return 0;
    fprintf(stderr, "%s\n", cal_last_error());
    return 1;
}

static int has_seen(const watch *w, const char *name) {
    for (size_t i = 0; i < w->seen_count; ++i)
        if (strcmp(w->seen[i], name) == 0)
            return 1;
    return 0;
}

static int remember(watch *w, const char *name) {
    char **grown = realloc(w->seen, (w->seen_count + 1) * sizeof *grown);
    char *copy = malloc(strlen(name) + 1);
    if (grown != NULL)
        w->seen = grown;
    if (grown == NULL || copy == NULL) {
        free(copy);
        return 1;
    }
    w->seen[w->seen_count++] = strcpy(copy, name);
    return 0;
}

/* A session of the updater's model in place of the one of the model before. */
static int renew_session(watch *w, const char *save_as) {
    cal_model *model = NULL;
    cal_session_free(w->session);
    w->session = NULL;
    int failed = fails(cal_updater_model(w->updater, &model)) ||
                 fails(cal_session_create(model, NULL, &w->session));
    if (!failed && save_as != NULL)
        failed = fails(cal_model_save(model, save_as));
    cal_model_free(model); /* the session keeps it */
    return failed;
}

static int observe(watch *w, const char *name) {
    static const char *const verdicts[] = {"undetermined", "known", "novel"};
    char path[PATH_SIZE];
    cal_score best;
    cal_image image = CAL_IMAGE_INIT;
    cal_result result = CAL_RESULT_INIT;
    snprintf(path, sizeof path, "%s/%s", w->inbox, name);
    uint8_t *pixels = ppm_read(path, &image.width, &image.height);
    if (pixels == NULL) {
        fprintf(stderr, "%s: not a readable P6 file\n", path);
        return 0; /* one bad picture ends nothing */
    }
    image.format = CAL_FORMAT_RGB8;
    image.pixels = pixels;
    image.size = (uint64_t)image.width * image.height * 3;
    result.ranked = &best;
    result.ranked_capacity = 1;
    const int failed = fails(cal_updater_observe(w->updater, w->session, &image, 1, NULL, &result));
    free(pixels);
    if (failed)
        return 1;
    if (result.status != CAL_OK)
        fprintf(stderr, "%s: %s\n", path, result.error);
    else
        printf("%s: %s, nearest to %" PRIu64 "\n", name, verdicts[result.verdict], best.id);
    return 0;
}

/* One of the updater's texts, to be freed. */
static char *text_of(const watch *w,
                     cal_status (*function)(cal_updater *, char *, size_t, size_t *)) {
    size_t length = 0;
    if (fails(function(w->updater, NULL, 0, &length)))
        return NULL;
    char *text = malloc(length + 1);
    if (text != NULL && fails(function(w->updater, text, length + 1, &length))) {
        free(text);
        text = NULL;
    }
    return text;
}

static uint64_t number_behind(const char *text, const char *key) {
    const char *found = text != NULL ? strstr(text, key) : NULL;
    return found != NULL ? strtoull(found + strlen(key), NULL, 10) : 0;
}

/* Commits if enough has come that nothing explains, and a preview finds a new method in it. */
static int consider_commit(watch *w) {
    char *status = text_of(w, cal_updater_status);
    const uint64_t unexplained = number_behind(status, "\"unexplained\":");
    if (status == NULL)
        return 1;
    free(status);
    if (unexplained < w->looked_at + WORTH_A_LOOK)
        return 0;
    w->looked_at = unexplained;
    if (fails(cal_updater_preview(w->updater, NULL)))
        return 0; /* the commit would be refused: go on watching */
    char *report = text_of(w, cal_updater_report);
    const int has_births = report != NULL && strstr(report, "\"born\":[]") == NULL;
    free(report);
    if (!has_births)
        return 0;
    if (fails(cal_updater_commit(w->updater, NULL, NULL)) || renew_session(w, w->out))
        return 1;
    w->looked_at = 0; /* counts begin again */
    report = text_of(w, cal_updater_report);
    printf("epoch %" PRIu64 ", %" PRIu64 " methods, born %" PRIu64 ": %s\n",
           number_behind(report, "\"epoch\":"), number_behind(report, "\"methods\":"),
           number_behind(report, "\"born\":[{\"id\":"), w->out);
    free(report);
    return 0;
}

static int look(watch *w) {
    DIR *folder = opendir(w->inbox);
    if (folder == NULL) {
        perror(w->inbox);
        return 1;
    }
    int failed = 0;
    for (struct dirent *entry; !failed && (entry = readdir(folder)) != NULL;) {
        const char *ending = strrchr(entry->d_name, '.');
        if (ending == NULL || strcmp(ending, ".ppm") != 0 || has_seen(w, entry->d_name))
            continue;
        failed = remember(w, entry->d_name) || observe(w, entry->d_name);
    }
    closedir(folder);
    failed = failed || consider_commit(w);
    fflush(stdout);
    return failed;
}

/* Goes on with the state, or begins one with the model. */
static int begin(watch *w, const char *model_path, const char *state) {
    const cal_status opened = cal_updater_open(state, NULL, &w->updater);
    if (opened == CAL_ERR_NOT_FOUND) {
        cal_model *model = NULL;
        const int failed = fails(cal_model_load_file(model_path, NULL, &model)) ||
                           fails(cal_updater_create(model, state, NULL, &w->updater));
        cal_model_free(model);
        if (failed)
            return 1;
    } else if (fails(opened)) {
        return 1;
    }
    return renew_session(w, NULL);
}

int main(int argc, char **argv) {
    if (argc < 5) {
        fprintf(stderr, "usage: %s MODEL STATE INBOX OUT.cal [ROUNDS [SECONDS]]\n", argv[0]);
        return 2;
    }
    watch w = {argv[3], argv[4], NULL, NULL, NULL, 0, 0};
    const long rounds = argc > 5 ? strtol(argv[5], NULL, 10) : 0; /* 0: for ever */
    const struct timespec pause = {argc > 6 ? strtol(argv[6], NULL, 10) : 1, 0};
    const struct sigaction on_interrupt = {.sa_handler = stop};
    sigaction(SIGINT, &on_interrupt, NULL);
    int failed = fails(cal_check_version(CAL_ABI_VERSION, CAL_VERSION_NUMBER)) ||
                 begin(&w, argv[1], argv[2]);
    for (long round = 0; !failed && !is_asked_to_stop && (rounds == 0 || round < rounds); ++round) {
        if (round > 0)
            nanosleep(&pause, NULL);
        failed = look(&w);
    }
    cal_session_free(w.session);
    cal_updater_free(w.updater);
    for (size_t i = 0; i < w.seen_count; ++i)
        free(w.seen[i]);
    free(w.seen);
    return failed;
}
