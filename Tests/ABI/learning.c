/* Objective, pruning and metrics from C: a training host that has no model of libcal's, with
 * buffers from malloc that are exactly as large as cal.h says, so that AddressSanitizer sees a
 * touch beyond them. */
#include <math.h>

#include "check.h"

enum { ROWS = 5, CLASSES = 4, KNOWN = 2, FEATURES = 3 };

/* Numbers from -4 to 4, the same for the same seed. To be freed. */
static float *numbers(size_t count, uint32_t seed) {
    float *made = malloc(count * sizeof *made);
    CHECK(made != NULL);
    for (size_t i = 0; i < count; ++i) {
        seed = seed * 1664525u + 1013904223u;
        made[i] = (float)(seed >> 8) / (float)(1u << 21) - 4;
    }
    return made;
}

static void objective(void) {
    float *weak = numbers(ROWS * CLASSES, 1), *strong = numbers(ROWS * CLASSES, 2);
    float *weak_gradient = numbers(ROWS * CLASSES, 3),
          *strong_gradient = numbers(ROWS * CLASSES, 4);
    const int32_t tag[ROWS] = {CAL_TAG_LABELLED, CAL_TAG_UNLABELLED, CAL_TAG_LABELLED,
                               CAL_TAG_UNLABELLED, CAL_TAG_UNLABELLED};
    const int32_t target[ROWS] = {0, -1, 1, -1, -1};
    cal_objective_input input = CAL_OBJECTIVE_INPUT_INIT;
    cal_objective_options options = CAL_OBJECTIVE_OPTIONS_INIT;
    cal_objective_result result = CAL_OBJECTIVE_RESULT_INIT;
    double threshold = 0;
    input.rows = ROWS, input.classes = CLASSES, input.known = KNOWN;
    input.weak = weak, input.strong = strong, input.tag = tag, input.target = target;
    options.epoch = 8;
    result.weak_gradient = weak_gradient, result.strong_gradient = strong_gradient;
    result.gradient_capacity = ROWS * CLASSES;
    EXPECT(CAL_OK, cal_objective(&input, &options, &result));
    CHECK(result.supervised > 0 && isfinite(result.total));
    for (int row = 0; row < ROWS; ++row) {
        /* A softmax does not see a shift of all logits. */
        float sum = 0;
        for (int c = 0; c < CLASSES; ++c) {
            sum += weak_gradient[row * CLASSES + c] + strong_gradient[row * CLASSES + c];
        }
        CHECK(fabsf(sum) < 1e-6f);
    }
    EXPECT(CAL_OK, cal_novel_threshold(&result.confidence, &options, &threshold));
    CHECK(threshold > 0 && threshold <= 0.9);

    weak[7] = NAN;
    EXPECT(CAL_ERR_ARGUMENT, cal_objective(&input, &options, &result));
    CHECK(strstr(cal_last_error(), "weak[1][3] is nan") != NULL);
    free(weak), free(strong), free(weak_gradient), free(strong_gradient);
}

static void prune(void) {
    float *bank = numbers(CLASSES * FEATURES, 5), *left = numbers(CLASSES * FEATURES, 6);
    const uint64_t usage[CLASSES] = {0, 0, 70, 0};
    uint32_t kept[CLASSES], merged_into[CLASSES];
    cal_prune_input input = CAL_PRUNE_INPUT_INIT;
    cal_prune_result result = CAL_PRUNE_RESULT_INIT;
    input.rows = CLASSES, input.features = FEATURES, input.known = KNOWN;
    input.prototypes = bank, input.usage = usage;
    result.prototypes = left, result.prototype_capacity = CLASSES * FEATURES;
    result.kept = kept, result.merged_into = merged_into, result.row_capacity = CLASSES;
    EXPECT(CAL_OK, cal_prune(&input, NULL, &result));
    CHECK(result.kept_count == 3 && kept[2] == 2 && merged_into[3] == 2);
    CHECK(memcmp(left, bank, 3 * FEATURES * sizeof *bank) == 0);
    free(bank), free(left);
}

static void metrics(void) {
    const int32_t label[ROWS] = {0, 1, 2, 2, 3}, predicted[ROWS] = {0, 0, 3, 3, 1};
    uint32_t *confusion = malloc(CLASSES * CLASSES * sizeof *confusion);
    int32_t match[CLASSES];
    cal_metrics_input input = CAL_METRICS_INPUT_INIT;
    cal_metrics_result result = CAL_METRICS_RESULT_INIT;
    CHECK(confusion != NULL);
    input.count = ROWS, input.classes = CLASSES, input.known = KNOWN;
    input.label = label, input.predicted = predicted;
    result.confusion = confusion, result.confusion_capacity = CLASSES * CLASSES;
    result.match = match, result.match_capacity = CLASSES;
    EXPECT(CAL_OK, cal_metrics(&input, NULL, &result));
    CHECK(result.known.acc == 0.5 && result.novel.acc == 1);
    CHECK(fabs(result.strict_novel_acc - 2.0 / 3) < 1e-15);
    CHECK(result.predicted_ids == 3 && isnan(result.auroc));
    CHECK(confusion[2 * CLASSES + 3] == 2 && confusion[3 * CLASSES + 1] == 1);
    CHECK(match[0] == 0 && match[1] == 1 && match[2] == 3 && match[3] == -1);
    free(confusion);
}

int main(void) {
    objective();
    prune();
    metrics();
    return 0;
}
