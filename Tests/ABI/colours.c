/* The main job on a model whose answers can be worked out by hand: its features are the mean
 * red, green and blue of the image (0 to 1), its prototypes stand below. */
#include <math.h>

#include "check.h"

enum { SIDE = 48, FEATURES = 3, USED = 4 };

static const float prototypes[USED][FEATURES] = {
    {8, -4, -4}, /* 0 red */
    {-4, 8, -4}, /* 1 green */
    {-4, -4, 8}, /* 2 blue */
    {4, 4, 4},   /* 3 a novel one, near to white */
};

static uint8_t pixels[SIDE * SIDE * 3];

static void fill(uint8_t red, uint8_t green, uint8_t blue) {
    for (size_t i = 0; i < sizeof pixels; i += 3) {
        pixels[i] = red;
        pixels[i + 1] = green;
        pixels[i + 2] = blue;
    }
}

static int near(double a, double b) { return fabs(a - b) < 1e-3; }

/* Attributes a picture of one colour and checks every number of the answer. */
static void check_colour(cal_session *session, const uint8_t rgb[FEATURES], cal_verdict verdict) {
    cal_score ranked[USED + 2];
    float features[FEATURES];
    double logits[USED], sum = 0;
    cal_image image = view(pixels, SIDE, SIDE);
    cal_result result = CAL_RESULT_INIT;

    for (int p = 0; p < USED; ++p) {
        logits[p] = 0;
        for (int c = 0; c < FEATURES; ++c) {
            logits[p] += (double)prototypes[p][c] * rgb[c] / 255;
        }
        sum += exp(logits[p]);
    }

    fill(rgb[0], rgb[1], rgb[2]);
    result.ranked = ranked;
    result.ranked_capacity = USED + 2;
    result.features = features;
    result.feature_capacity = FEATURES;
    EXPECT(CAL_OK, cal_session_attribute(session, &image, NULL, &result));

    CHECK(result.status == CAL_OK && result.error[0] == '\0');
    CHECK(result.verdict == verdict);
    CHECK(result.ranked_count == USED); /* the retired one is not in use */
    for (int c = 0; c < FEATURES; ++c) {
        CHECK(near(features[c], rgb[c] / 255.0));
    }
    for (uint32_t r = 0; r < USED; ++r) {
        const uint64_t id = ranked[r].id;
        CHECK(id < USED && ranked[r].index == id);
        CHECK(ranked[r].kind == (id == 3 ? CAL_KIND_NOVEL : CAL_KIND_KNOWN));
        CHECK(near(ranked[r].logit, logits[id]));
        CHECK(near(ranked[r].probability, exp(logits[id]) / sum));
        CHECK(r == 0 || ranked[r - 1].probability >= ranked[r].probability);
    }
    CHECK(result.width == SIDE && result.height == SIDE);
    CHECK(result.crop_x == 0 && result.crop_y == 0);
    CHECK(result.crop_width == SIDE && result.crop_height == SIDE);
    CHECK(result.bank_epoch == 1);
    CHECK(near(result.known_threshold, 0.5) && near(result.novel_threshold, 0.5));
}

static void check_information(const cal_model *model) {
    cal_model_info info = CAL_MODEL_INFO_INIT;
    cal_prototype entry = CAL_PROTOTYPE_INIT;

    EXPECT(CAL_OK, cal_model_get_info(model, &info));
    CHECK(info.format_version == 1 && info.input_size == 32);
    CHECK(info.feature_count == FEATURES && info.map_height == 32 && info.map_width == 32);
    CHECK(info.prototype_count == 5 && info.known_count == 3);
    CHECK(info.novel_count == 1 && info.retired_count == 1);
    CHECK(info.bank_epoch == 1);
    CHECK(info.parameter_count == 3 * 81 + 3 * 12);

    EXPECT(CAL_OK, cal_model_get_prototype(model, 2, &entry));
    CHECK(entry.id == 2 && entry.kind == CAL_KIND_KNOWN && strcmp(entry.name, "blue") == 0);
    CHECK(entry.merged_into == 2 && entry.usage == 30);
    EXPECT(CAL_OK, cal_model_find_prototype(model, 4, &entry));
    CHECK(entry.kind == CAL_KIND_RETIRED && entry.merged_into == 3 && entry.name[0] == '\0');
    EXPECT(CAL_ERR_NOT_FOUND, cal_model_get_prototype(model, 5, &entry));
    EXPECT(CAL_ERR_NOT_FOUND, cal_model_find_prototype(model, 99, &entry));
}

/* The left half red, the right half blue: the evidence for red lies on the left. */
static void check_evidence(cal_session *session) {
    static float map[32 * 32];
    cal_image image = view(pixels, SIDE, SIDE);
    double sum = 0;
    float logit = 0;

    fill(255, 0, 0);
    for (size_t i = 0; i < sizeof pixels; i += 3) {
        if (i / 3 % SIDE >= SIDE / 2) {
            pixels[i] = 0;
            pixels[i + 2] = 255;
        }
    }
    EXPECT(CAL_OK, cal_session_evidence(session, &image, 0, map, 32 * 32, &logit));
    for (int i = 0; i < 32 * 32; ++i) {
        sum += map[i];
        /* 14 columns on each side are beyond the reach of the edge's smoothing. */
        CHECK(i % 32 > 13 || near(map[i] * 1024, 8));
        CHECK(i % 32 < 18 || near(map[i] * 1024, -4));
    }
    CHECK(near(sum, logit) && near(logit, 2.0));
}

int main(int argc, char **argv) {
    CHECK(argc == 3);
    cal_model *model = load(argv[1]);
    cal_session *session = begin(model, 1);

    check_information(model);
    check_colour(session, (const uint8_t[]){255, 0, 0}, CAL_VERDICT_KNOWN);
    check_colour(session, (const uint8_t[]){20, 30, 255}, CAL_VERDICT_KNOWN);
    check_colour(session, (const uint8_t[]){255, 255, 255}, CAL_VERDICT_NOVEL);
    check_colour(session, (const uint8_t[]){0, 0, 0}, CAL_VERDICT_UNDETERMINED);
    check_colour(session, (const uint8_t[]){40, 40, 0}, CAL_VERDICT_UNDETERMINED);
    check_evidence(session);

    cal_session_free(session);
    cal_model_free(model);
    return 0;
}
