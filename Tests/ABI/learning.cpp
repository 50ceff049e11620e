// The learning functions through cal.hpp: a training loop's use of them, by the numbers of
// learning.c, and vectors whose lengths do not fit each other.
#include <cmath>
#include <iostream>
#include <string>

#include "require.hpp"

namespace {

// The sentence of the error that calling body throws; "" if it throws none.
template <typename Body> std::string sentence(Body body) {
    try {
        body();
    } catch (const cal::Error &error) {
        return error.what();
    }
    return "";
}

void test_objective() {
    const std::vector<float> weak = {4, 0.5F, 0.1F, 0.2F, 0.1F, 3};
    const std::vector<float> strong = {3, 0.4F, 0.3F, 0.1F, 0.3F, 2};
    const std::vector<std::int32_t> tag = {CAL_TAG_LABELLED, CAL_TAG_UNLABELLED};
    const std::vector<std::int32_t> target = {0, -1};
    cal::ObjectiveOptions options;
    options.epoch = 6;
    options.novel_threshold = 0.8;
    const cal::Objective loss = cal::objective(weak, strong, tag, target, 2, options);
    REQUIRE(loss.supervised > 0 && loss.regulariser > 0 && loss.ccr > 0);
    REQUIRE(loss.acr_selected == 1 && loss.acr > 0);
    REQUIRE(std::fabs(loss.total -
                      (loss.supervised + loss.regulariser + loss.acr + 0.2 * loss.ccr)) < 1e-12);
    REQUIRE(loss.confidence.count_known == 1 && loss.confidence.count_novel == 1);

    // One step against the gradient lowers the loss.
    REQUIRE(loss.weak_gradient.size() == 6 && loss.strong_gradient.size() == 6);
    std::vector<float> lower_weak = weak, lower_strong = strong;
    for (std::size_t i = 0; i < 6; ++i) {
        lower_weak[i] -= 0.01F * loss.weak_gradient[i];
        lower_strong[i] -= 0.01F * loss.strong_gradient[i];
    }
    options.gradients = false;
    const cal::Objective lower = cal::objective(lower_weak, lower_strong, tag, target, 2, options);
    REQUIRE(lower.total < loss.total && lower.weak_gradient.empty());

    const double threshold = cal::novel_threshold(loss.confidence, options);
    REQUIRE(threshold > 0 && threshold <= 0.9);
    options.recipe = CAL_RECIPE_PAPER;
    const double ratio = loss.confidence.sum_novel / loss.confidence.sum_known;
    REQUIRE(std::fabs(cal::novel_threshold(loss.confidence, options) - 0.9 * ratio) < 1e-12);

    const std::vector<std::int32_t> unlabelled = {CAL_TAG_UNLABELLED, CAL_TAG_UNLABELLED};
    REQUIRE(cal::objective(weak, strong, unlabelled, {}, 2).supervised == 0);

    REQUIRE(sentence([&] { cal::objective({1, 2, 3}, strong, tag, target, 2); }) ==
            "weak has length 3, not 2");
    REQUIRE(sentence([&] { cal::objective(weak, {1, 2}, tag, target, 2); }) ==
            "strong has length 2, not 6");
    REQUIRE(sentence([&] { cal::objective(weak, strong, tag, {0}, 2); }) ==
            "target has length 1, not 2");
    REQUIRE(thrown([&] { cal::objective({}, {}, {}, {}, 0); }) == CAL_ERR_ARGUMENT);
    REQUIRE(thrown([&] { cal::objective(weak, strong, tag, target, 4); }) == CAL_ERR_ARGUMENT);
    lower_weak[4] = NAN;
    REQUIRE(sentence([&] {
                cal::objective(lower_weak, strong, tag, target, 2);
            }).find("weak[1][1] is nan") != std::string::npos);
}

void test_prune() {
    const std::vector<float> bank = {1, 0, 0, 2, 0.1F, 1};
    const cal::Pruning left = cal::prune(bank, {50, 40, 0}, 1);
    REQUIRE(left.kept_count == 2);
    REQUIRE((left.kept == std::vector<std::uint32_t>{0, 1}));
    REQUIRE((left.merged_into == std::vector<std::uint32_t>{0, 1, 1}));
    REQUIRE(left.prototypes.size() == 4 && left.prototypes[0] == 1 && left.prototypes[1] == 0);

    cal::PruneOptions options;
    options.recipe = CAL_RECIPE_PAPER;
    REQUIRE(cal::prune(bank, {50, 40, 0}, 1, options).kept_count == 3);
    options.coverage = 2;
    REQUIRE(thrown([&] { cal::prune(bank, {50, 40, 0}, 1, options); }) == CAL_ERR_ARGUMENT);
    REQUIRE(sentence([&] { cal::prune(bank, {1, 2, 3, 4}, 1); }) ==
            "prototypes has length 6, not 4");
    REQUIRE(thrown([] { cal::prune({}, {}, 0); }) == CAL_ERR_ARGUMENT);
}

void test_metrics() {
    const std::vector<std::int32_t> label = {0, 1, 2, 2, 3}, predicted = {0, 0, 3, 3, 1};
    const cal::Metrics measured = cal::metrics(label, predicted, 2);
    REQUIRE(measured.known.acc == 0.5 && measured.novel.acc == 1);
    REQUIRE(std::fabs(measured.strict_novel_acc - 2.0 / 3) < 1e-15);
    REQUIRE(measured.predicted_ids == 3 && std::isnan(measured.auroc));
    REQUIRE(measured.classes == 4 && measured.confusion.size() == 16);
    REQUIRE(measured.confusion[2 * 4 + 3] == 2 && measured.confusion[3 * 4 + 1] == 1);

    REQUIRE((measured.match == std::vector<std::int32_t>{0, 1, 3, -1}));
    REQUIRE(static_cast<const cal_metrics_result &>(measured).match == nullptr);

    cal::MetricsOptions options;
    options.confusion = false;
    const cal::Metrics scored =
        cal::metrics(label, predicted, 2, {0.9F, 0.8F, 0.3F, 0.1F, 0.2F}, options);
    REQUIRE(scored.auroc == 1 && scored.confusion.empty());
    REQUIRE(cal::metrics({0}, {0}, 9).classes == 9);

    REQUIRE(sentence([&] { cal::metrics(label, {0}, 2); }) == "predicted has length 1, not 5");
    REQUIRE(sentence([&] { cal::metrics(label, predicted, 2, {1}); }) ==
            "score has length 1, not 5");
    REQUIRE(thrown([] { cal::metrics({0}, {-1}, 1); }) == CAL_ERR_ARGUMENT);
    REQUIRE(thrown([] { cal::metrics({0}, {INT32_MAX}, 1); }) == CAL_ERR_ARGUMENT);
    REQUIRE(thrown([] { cal::metrics({}, {}, 1); }) == CAL_ERR_ARGUMENT);
}

} // namespace

int main() {
    try {
        test_objective();
        test_prune();
        test_metrics();
    } catch (const std::exception &error) {
        std::cerr << "not so: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
