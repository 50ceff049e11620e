// Field updates through cal.hpp: two sites, a commit, labels, what a callback throws, moves.
// Usage: PROGRAM colours.cal random.cal FOLDER
#include <iostream>
#include <string>

#include "require.hpp"

namespace {

constexpr std::size_t images = 40;

// Features of one method that the model does not know: far from all prototypes, and short.
std::vector<float> late_method(std::size_t width, std::uint32_t seed) {
    std::vector<float> features(images * width);
    for (std::size_t i = 0; i < features.size(); ++i) {
        seed = seed * 1664525u + 1013904223u;
        const float noise = static_cast<float>(seed >> 8) / static_cast<float>(1u << 23) - 1;
        features[i] = (i % width % 3 ? 0.002f : -0.003f) + 0.0005f * noise;
    }
    return features;
}

std::vector<cal::Sha256> keys(std::uint8_t site) {
    std::vector<cal::Sha256> keys(images);
    for (std::size_t i = 0; i < images; ++i) {
        keys[i][0] = static_cast<std::uint8_t>(i * 37);
        keys[i][1] = site;
    }
    return keys;
}

bool has(const std::string &text, const std::string &part) {
    return text.find(part) != std::string::npos;
}

void test_two_sites(const cal::Model &model, const std::string &folder) {
    const std::size_t width = model.info().feature_count;
    {
        cal::Updater other = cal::Updater::create(model, folder + "/other");
        other.observe_features(late_method(width, 2), keys(2));
        REQUIRE(thrown([&] { cal::Updater::open(folder + "/other"); }) == CAL_ERR_STATE_LOCKED);
    }
    cal::Updater first = cal::Updater::create(model, folder + "/own");
    cal::Updater updater(std::move(first));
    REQUIRE(first.get() == nullptr);
    updater.observe_features(late_method(width, 1), keys(1));
    updater.merge(folder + "/other");
    updater.sync();
    REQUIRE(has(updater.status(), "\"seen\":80,"));

    std::uint64_t last = 0;
    const std::string preview =
        updater.preview({}, [&](std::uint64_t done, std::uint64_t) { return (last = done, true); });
    REQUIRE(last == 1000);
    REQUIRE(updater.model().sha256() == model.sha256());
    REQUIRE(updater.commit() == preview);
    REQUIRE(has(preview, "\"born\":[{\"id\":12,"));
    REQUIRE(updater.model().find(12).kind == CAL_KIND_NOVEL);
    updater.name(12, "late");
    updater.commit();
    REQUIRE(updater.model().find(12).name == "late");
    const cal::Model back = updater.rollback(model.info().bank_epoch);
    REQUIRE(back.find(12).kind == CAL_KIND_RETIRED);
    REQUIRE(back.sha256() == updater.model().sha256());
    REQUIRE(has(updater.history(), "\"to\":\"late\""));
}

void test_images(const cal::Model &model, const std::string &folder) {
    cal::Updater updater = cal::Updater::create(model, folder + "/images");
    cal::Session session(model);
    std::vector<std::uint8_t> pixels(24 * 24 * 3);
    for (std::size_t i = 0; i < pixels.size(); ++i) {
        pixels[i] = static_cast<std::uint8_t>(i * i % 251);
    }
    std::vector<cal::Image> pictures(3, cal::rgb8(pixels.data(), pixels.size(), 24, 24));
    pictures[1].width = 0;
    const std::vector<cal::Result> results = updater.observe(session, pictures);
    REQUIRE(results[0].ok() && results[2].ok() && results[0].ranked.size() == 3);
    REQUIRE(results[1].status() == CAL_ERR_IMAGE_SIZE);
    REQUIRE(results[0].ranked[0].id == session.attribute(pictures[0]).ranked[0].id);
    REQUIRE(has(updater.status(), "\"seen\":2,"));
}

struct Odd {};

void test_failures(const cal::Model &model, const std::string &folder) {
    const std::size_t width = model.info().feature_count;
    cal::Updater updater = cal::Updater::create(model, folder + "/failing");
    updater.observe_features(late_method(width, 3), keys(3));
    updater.observe_features({}, {});
    REQUIRE(thrown([&] { updater.observe_features({1}, keys(1)); }) == CAL_ERR_ARGUMENT);
    const cal::Progress stop = [](std::uint64_t, std::uint64_t) { return false; };
    REQUIRE(thrown([&] { updater.commit({}, stop); }) == CAL_ERR_CANCELLED);
    bool carried = false;
    try {
        updater.preview({}, [](std::uint64_t, std::uint64_t) -> bool { throw Odd(); });
    } catch (const Odd &) {
        carried = true;
    }
    REQUIRE(carried);
    cal::CommitOptions wrong;
    wrong.founders = 1;
    REQUIRE(thrown([&] { updater.commit(wrong); }) == CAL_ERR_ARGUMENT);
    REQUIRE(thrown([&] { updater.name(77, "x"); }) == CAL_ERR_NOT_FOUND);
    REQUIRE(thrown([&] { updater.assign(0, 1); }) == CAL_ERR_ARGUMENT);
    REQUIRE(thrown([&] { updater.rollback(77); }) == CAL_ERR_NOT_FOUND);
    REQUIRE(thrown([&] { cal::Updater::open(folder + "/nowhere"); }) == CAL_ERR_NOT_FOUND);
    updater.cancel(); // nothing runs
    REQUIRE(updater.model().sha256() == model.sha256());
}

// Images that an examiner has named are a method, however few.
void test_labels(const cal::Model &model, const std::string &folder) {
    const std::size_t width = model.info().feature_count;
    cal::Updater updater = cal::Updater::create(model, folder + "/labels");
    std::vector<float> few = late_method(width, 5);
    few.resize(4 * width);
    std::vector<cal::Sha256> names = keys(5);
    names.resize(4);
    REQUIRE(thrown([&] { updater.label(names, "told"); }) == CAL_ERR_NOT_FOUND);
    REQUIRE(thrown([&] { updater.label(names, "told", {1}); }) == CAL_ERR_ARGUMENT);
    updater.label(names, "told", few);
    updater.label({names[3]}, 0);
    const std::string report = updater.commit();
    REQUIRE(has(report, "\"labelled\":[{\"id\":0,\"images\":1},{\"id\":12,\"images\":3}]"));
    REQUIRE(updater.model().find(12).name == "told");
}

// A commit is held against the images that the model holds.
void test_calibration(const cal::Model &model, const std::string &folder) {
    const std::size_t width = model.info().feature_count;
    std::vector<float> features(late_method(width, 4));
    features.resize(width);
    const cal::Model calibrated = model.calibrated(features, {0});
    cal::Updater updater = cal::Updater::create(calibrated, folder + "/calibrated");
    REQUIRE(has(updater.commit(), "\"source\":\"calibration\",\"images\":1,"));
    REQUIRE(thrown([&] { model.calibrated(features, {0, 1}); }) == CAL_ERR_ARGUMENT);
    REQUIRE(thrown([&] { model.calibrated(features, {999}); }) == CAL_ERR_NOT_FOUND);
}

} // namespace

int main(int argc, char **argv) {
    try {
        REQUIRE(argc == 4);
        const cal::Model model(argv[2]);
        test_two_sites(model, argv[3]);
        test_images(model, argv[3]);
        test_failures(model, argv[3]);
        test_labels(model, argv[3]);
        test_calibration(model, argv[3]);
    } catch (const std::exception &error) {
        std::cerr << "not so: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
