/* Which method made this face? Prints the verdict and the three best prototypes.
 *
 *     cc -std=c99 attribute.c -o attribute $(pkg-config --cflags --libs cal)
 *     ./attribute model.cal face.ppm
 */
#include <cal.h>
#include <inttypes.h>

#include "../ppm.h"

static const char *verdict_name(cal_verdict verdict) {
    switch (verdict) {
    case CAL_VERDICT_KNOWN:
        return "made by a known method";
    case CAL_VERDICT_NOVEL:
        return "made by a method without a name yet";
    default:
        return "undetermined";
    }
}

/* 0, or 1 behind a message. */
static int attribute(const cal_model *model, cal_session *session, const char *path) {
    cal_score ranked[3];
    cal_image image = CAL_IMAGE_INIT;
    cal_result result = CAL_RESULT_INIT;
    uint8_t *pixels = ppm_read(path, &image.width, &image.height);
    if (pixels == NULL) {
        fprintf(stderr, "%s: not a readable P6 file\n", path);
        return 1;
    }
    image.format = CAL_FORMAT_RGB8;
    image.pixels = pixels;
    image.size = (uint64_t)image.width * image.height * 3;
    result.ranked = ranked;
    result.ranked_capacity = 3;
    const cal_status status = cal_session_attribute(session, &image, NULL, &result);
    free(pixels);
    if (status != CAL_OK) {
        fprintf(stderr, "%s: %s\n", path, result.error);
        return 1;
    }

    printf("%s: %s\n", path, verdict_name(result.verdict));
    for (uint32_t rank = 0; rank < result.ranked_count; ++rank) {
        cal_prototype entry = CAL_PROTOTYPE_INIT;
        if (cal_model_get_prototype(model, ranked[rank].index, &entry) != CAL_OK) {
            fprintf(stderr, "%s\n", cal_last_error());
            return 1;
        }
        printf("  %.3f  %" PRIu64 "  %s\n", ranked[rank].probability, entry.id,
               entry.name[0] != '\0' ? entry.name : "(unnamed)");
    }
    return 0;
}

int main(int argc, char **argv) {
    cal_model *model = NULL;
    cal_session *session = NULL;
    int failed = 0;
    if (argc < 3) {
        fprintf(stderr, "usage: %s MODEL IMAGE.ppm...\n", argv[0]);
        return 2;
    }
    if (cal_check_version(CAL_ABI_VERSION, CAL_VERSION_NUMBER) != CAL_OK ||
        cal_model_load_file(argv[1], NULL, &model) != CAL_OK ||
        cal_session_create(model, NULL, &session) != CAL_OK) {
        fprintf(stderr, "%s\n", cal_last_error());
        failed = 1;
    }
    for (int i = 2; i < argc && session != NULL; ++i) {
        failed |= attribute(model, session, argv[i]);
    }
    cal_session_free(session);
    cal_model_free(model);
    return failed;
}
