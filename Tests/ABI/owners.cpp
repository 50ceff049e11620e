// cal.hpp against both models: values, moves, exceptions, callbacks that throw.
#include <cmath>
#include <fstream>
#include <iostream>
#include <iterator>
#include <numeric>
#include <type_traits>

#include "require.hpp"

namespace {

using Pixels = std::vector<std::uint8_t>;

Pixels one_colour(std::uint8_t red, std::uint8_t green, std::uint8_t blue) {
    Pixels pixels;
    for (int i = 0; i < 32 * 32; ++i) {
        pixels.insert(pixels.end(), {red, green, blue});
    }
    return pixels;
}

cal::Image view(const Pixels &pixels) { return cal::rgb8(pixels.data(), pixels.size(), 32, 32); }

static_assert(!std::is_copy_constructible_v<cal::Model>);
static_assert(!std::is_copy_constructible_v<cal::Session>);
static_assert(std::is_nothrow_move_constructible_v<cal::Model>);
static_assert(std::is_nothrow_move_constructible_v<cal::Session>);
static_assert(std::is_copy_constructible_v<cal::Result>);

void test_model(const std::string &path) {
    cal::Model model(path);
    REQUIRE(model.info().feature_count == 3);
    REQUIRE(model.prototypes().size() == 5);
    REQUIRE(model.prototype(1).name == "green");
    REQUIRE(model.find(4).kind == CAL_KIND_RETIRED);
    REQUIRE(model.describe().front() == '{');
    REQUIRE(thrown([&] { model.find(99); }) == CAL_ERR_NOT_FOUND);
    REQUIRE(thrown([] { cal::Model("missing.cal"); }) == CAL_ERR_IO);

    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    const cal::Model copy = cal::Model::from_memory(bytes.data(), bytes.size());
    REQUIRE(copy.sha256() == model.sha256());
    REQUIRE(thrown([&] { cal::Model::from_memory(bytes.data(), 9); }) == CAL_ERR_MODEL_FORMAT);
    REQUIRE(thrown([&] { cal::Model(path, {}, 10); }) == CAL_ERR_MODEL_LIMIT);

    REQUIRE(thrown([&] { cal::Model(path, [](auto, auto) { return false; }); }) ==
            CAL_ERR_CANCELLED);
    try {
        cal::Model(path, [](auto, auto) -> bool { throw std::out_of_range("mine"); });
        REQUIRE(!"the callback's exception was lost");
    } catch (const std::out_of_range &error) {
        REQUIRE(std::string(error.what()) == "mine");
    }
}

void test_session(const std::string &path) {
    cal::Model model(path);
    cal::Session session = [&] {
        cal::Session first(model, 2);
        return first; // moved out
    }();
    cal::Model(std::move(model)); // taken and freed; the session keeps it alive
    cal::Model again(path);

    const Pixels red = one_colour(255, 0, 0), white = one_colour(255, 255, 255);
    cal::AttributeOptions options;
    options.top = 100;
    options.features = true;
    const cal::Result result = session.attribute(view(red), options);
    REQUIRE(result.ok() && result.verdict() == CAL_VERDICT_KNOWN);
    REQUIRE(result.ranked.size() == 4 && result.features.size() == 3);
    REQUIRE(again.prototype(result.ranked[0]).name == "red");
    REQUIRE(std::fabs(result.features[0] - 1) < 1e-4F);
    REQUIRE(session.features(view(red)) == result.features);
    REQUIRE(result.fields().ranked == nullptr && result.fields().width == 32);

    options.known_threshold = 0.99F;
    REQUIRE(session.attribute(view(red), options).verdict() == CAL_VERDICT_UNDETERMINED);
    REQUIRE(session.attribute(view(white)).verdict() == CAL_VERDICT_NOVEL);

    const cal::Result copy = result;
    REQUIRE(session.report(copy, "a.png") == session.report(result, "a.png"));
    REQUIRE(session.report(result, "a.png").find("\"a.png\"") != std::string::npos);

    const cal::Evidence evidence = session.evidence(view(red), 0);
    const float sum = std::accumulate(evidence.map.begin(), evidence.map.end(), 0.0F);
    REQUIRE(evidence.map.size() == std::size_t{evidence.height} * evidence.width);
    REQUIRE(std::fabs(sum - evidence.logit) < 1e-3F);

    REQUIRE(thrown([&] { session.attribute(cal::rgb8(red.data(), 5, 32, 32)); }) ==
            CAL_ERR_IMAGE_BUFFER);
    REQUIRE(thrown([&] { session.attribute(cal::with_face(view(red), {90, 90, 5, 5})); }) ==
            CAL_ERR_IMAGE_BOX);
    REQUIRE(thrown([&] { cal::Session(again, CAL_THREADS_MAX + 1); }) == CAL_ERR_ARGUMENT);
    REQUIRE(std::strlen(session.kernels()) > 0);
    REQUIRE(thrown([&] { session.profile(); }) == CAL_ERR_ARGUMENT);
}

void test_profile(const std::string &path) {
    cal::Session session(cal::Model(path), 1, CAL_KERNELS_AUTO, CAL_SESSION_PROFILE);
    const Pixels red = one_colour(255, 0, 0);
    session.attribute(view(red));
    const std::vector<cal_stage_time> times = session.profile();
    REQUIRE(times.size() == 8 && times.back().stage == CAL_STAGE_WHOLE);
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i + 1 < times.size(); ++i) {
        sum += times[i].nanoseconds;
    }
    REQUIRE(sum > 0 && sum <= times.back().nanoseconds);
}

void test_int8(const std::string &path) {
    const cal::Model model(path);
    auto session = [](const cal::Model &of) {
        return cal::Session(of, 1, CAL_KERNELS_AUTO, 0, CAL_PRECISION_INT8);
    };
    REQUIRE(thrown([&] { session(model); }) == CAL_ERR_ARGUMENT);
    const Pixels red = one_colour(255, 0, 0), blue = one_colour(0, 0, 255);
    unsigned last = 0;
    const cal::Model made = model.quantized({view(red), view(blue)}, 0, 1, [&](auto done, auto) {
        last = static_cast<unsigned>(done);
        return true;
    });
    REQUIRE(last == 4);
    REQUIRE(cal::Session(made).precision() == std::string("fp32"));
    cal::Session quick = session(made);
    REQUIRE(quick.precision() == std::string("int8"));
    REQUIRE(quick.attribute(view(red)).ranked[0].id == 0);
    REQUIRE(thrown([&] { model.quantized({}); }) == CAL_ERR_ARGUMENT);
}

void test_bf16(const std::string &path) {
    const cal::Model model(path);
    cal::Session session(model, 1, CAL_KERNELS_AUTO, 0, CAL_PRECISION_BF16);
    REQUIRE(session.precision() == std::string("bf16"));
    const Pixels red = one_colour(255, 0, 0);
    REQUIRE(session.attribute(view(red)).ranked[0].id == 0);
}

void test_batch(const std::string &path) {
    const cal::Model model(path);
    cal::Session session(model, 2);
    const Pixels red = one_colour(255, 0, 0), blue = one_colour(0, 0, 255);
    std::vector<cal::Image> images = {view(red), view(blue), view(red)};
    images[1].height = 0;

    std::vector<cal::Result> results = session.attribute_batch(images);
    REQUIRE(results.size() == 3);
    REQUIRE(results[0].ok() && results[0].ranked[0].id == 0);
    REQUIRE(results[1].status() == CAL_ERR_IMAGE_SIZE && results[1].ranked.empty());
    REQUIRE(std::strlen(results[1].error()) > 0);
    REQUIRE(results[2].ok());
    REQUIRE(session.attribute_batch({}).empty());

    cal::AttributeOptions options;
    images.assign(5000, view(blue));
    options.progress = [](auto done, auto) { return done == 0; };
    results = session.attribute_batch(images, options);
    REQUIRE(results.back().status() == CAL_ERR_CANCELLED);
    options.progress = [](auto, auto) -> bool { throw 17; };
    try {
        session.attribute_batch(images, options);
        REQUIRE(!"the callback's exception was lost");
    } catch (int number) {
        REQUIRE(number == 17);
    }
}

} // namespace

int main(int argc, char **argv) {
    try {
        REQUIRE(argc == 3);
        cal::check_version();
        REQUIRE(cal::build_info().find("version: ") == 0);
        test_model(argv[1]);
        test_session(argv[1]);
        test_profile(argv[1]);
        test_batch(argv[1]);
        test_int8(argv[1]);
        test_bf16(argv[1]);
    } catch (const std::exception &error) {
        std::cerr << "not so: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
