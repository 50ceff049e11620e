// A training through cal.hpp: images as views and from a function, what functions throw, a
// checkpoint, and the owner's moves. Usage: training FILE; the checkpoint goes there.
#include <atomic>
#include <iostream>
#include <string>

#include "require.hpp"

namespace {

constexpr std::uint32_t side = 16;
constexpr std::size_t images = 24;
const std::vector<std::string> names = {"first", "second"};

using Pixels = std::vector<std::vector<std::uint8_t>>;

// Stripes of four widths; the first two kinds are known.
Pixels draw() {
    Pixels pixels(images, std::vector<std::uint8_t>(side * side));
    for (std::size_t i = 0; i < images; ++i) {
        for (std::size_t k = 0; k < side * side; ++k) {
            pixels[i][k] = static_cast<std::uint8_t>(k % side / (i % 4 + 1) % 2 * 150 + i);
        }
    }
    return pixels;
}

cal::Image view(const std::vector<std::uint8_t> &pixels) {
    return cal::gray8(pixels.data(), pixels.size(), side, side);
}

cal::Source source(const Pixels &pixels) {
    cal::Source source;
    for (std::size_t i = 0; i < images; ++i) {
        source.label.push_back(i % 4 < 2 ? static_cast<std::int32_t>(i % 4) : -1);
        source.images.push_back(view(pixels[i]));
    }
    return source;
}

cal::TrainingOptions options() {
    cal::TrainingOptions options;
    options.known = 2;
    options.prototypes = 5;
    options.epochs = 2;
    options.batch_size = 8;
    options.block = CAL_BLOCK_BASIC;
    for (std::uint32_t &blocks : options.depth) {
        blocks = 1;
    }
    options.width = 4;
    options.input_size = side;
    options.small_stem = 1;
    options.threads = 2;
    return options;
}

cal::Sha256 trained(cal::Trainer trainer) {
    REQUIRE(trainer.run());
    return trainer.model(names).sha256();
}

void test_sources(const Pixels &pixels) {
    const cal::Sha256 expected = trained(cal::Trainer(options(), source(pixels)));
    std::atomic<int> loaded{0}, unloaded{0};
    cal::Source asked;
    asked.label = source(pixels).label;
    asked.load = [&](std::uint64_t index, cal::Image &image) {
        ++loaded;
        image = view(pixels[index]);
        return true;
    };
    REQUIRE(trained(cal::Trainer(options(), asked)) == expected);
    asked.unload = [&](std::uint64_t index, const cal::Image &image) {
        ++unloaded;
        REQUIRE(image.pixels == pixels[index].data());
    };
    loaded = 0;
    REQUIRE(trained(cal::Trainer(options(), asked)) == expected);
    REQUIRE(loaded > 0 && loaded == unloaded);
}

void test_resuming(const Pixels &pixels, const std::string &path) {
    const cal::Sha256 expected = trained(cal::Trainer(options(), source(pixels)));
    cal::Trainer first(options(), source(pixels));
    cal::Trainer moved(std::move(first));
    REQUIRE(!moved.run([&](const cal::TrainingReport &report) {
        moved.save(path);
        REQUIRE(report.is_epoch_end || report.total > 0);
        REQUIRE(thrown([&] { moved.run(); }) == CAL_ERR_BUSY);
        return report.is_epoch_end || report.step < 2 || report.epoch == 0;
    }));
    REQUIRE(moved.run());
    REQUIRE(moved.model(names).sha256() == expected);

    cal::Trainer second(options(), source(pixels));
    second.resume(path);
    const cal::Model model = [&] {
        REQUIRE(second.run());
        return second.model(names, "stripes");
    }();
    REQUIRE(model.describe().find("\"training_data\":\"stripes\"") != std::string::npos);
    REQUIRE(model.prototype(0).name == "first" && model.info().known_count == 2);
    REQUIRE(thrown([&] { second.resume("/nonexistent/file"); }) == CAL_ERR_IO);

    // A model is a start, and need not outlive it.
    cal::Trainer third(options(), source(pixels), second.model(names));
    REQUIRE(third.run([](const cal::TrainingReport &) { return true; }));
    third.cancel(); // nothing runs
}

void test_validation(const Pixels &pixels) {
    cal::Source held = source(pixels);
    held.held_out.resize(images);
    held.held_out[0] = held.held_out[4] = held.held_out[5] = 1;
    cal::TrainingOptions how = options();
    how.patience = 1;
    how.epochs = 40;
    how.keep_best = 1;
    cal::Trainer trainer(how, held);
    cal::TrainingReport last{};
    REQUIRE(trainer.run([&](const cal::TrainingReport &report) {
        REQUIRE(report.validation_images == 3 && report.learning_rate > 0);
        REQUIRE((report.validation_accuracy >= 0) == (report.is_epoch_end == 1));
        last = report;
        return true;
    }));
    REQUIRE(last.is_finished && last.epoch == static_cast<std::uint32_t>(last.best_epoch) + 1);
    REQUIRE(last.validation_accuracy <= 1 && last.validation_confidence > 0);
    held.held_out.pop_back();
    REQUIRE(thrown([&] { cal::Trainer(how, held); }) == CAL_ERR_ARGUMENT);
}

struct Odd {};

// What body throws that is no cal::Error; false: nothing.
template <typename Body> bool throws_odd(Body body) {
    try {
        body();
    } catch (const Odd &) {
        return true;
    }
    return false;
}

void test_exceptions(const Pixels &pixels) {
    const cal::Sha256 expected = trained(cal::Trainer(options(), source(pixels)));
    cal::Trainer trainer(options(), source(pixels));
    REQUIRE(
        throws_odd([&] { trainer.run([](const cal::TrainingReport &) -> bool { throw Odd(); }); }));
    REQUIRE(trainer.run()); // it is carried once
    REQUIRE(trainer.model(names).sha256() == expected);

    cal::Source broken;
    broken.label = source(pixels).label;
    broken.load = [](std::uint64_t, cal::Image &) -> bool { throw Odd(); };
    REQUIRE(throws_odd([&] { cal::Trainer(options(), broken).run(); }));
    broken.load = [](std::uint64_t, cal::Image &) { return false; };
    REQUIRE(thrown([&] { cal::Trainer(options(), broken).run(); }) == CAL_ERR_IO);
    broken.load = [&](std::uint64_t index, cal::Image &image) {
        image = view(pixels[index]);
        return true;
    };
    std::atomic<int> reports{0};
    broken.unload = [](std::uint64_t, const cal::Image &) { throw Odd(); };
    REQUIRE(throws_odd([&] {
        cal::Trainer(options(), broken).run([&](const cal::TrainingReport &) {
            return ++reports > 0;
        });
    }));
    REQUIRE(reports == 0); // it went no further than the step

    // A model asks for the images once more.
    bool throws = false;
    broken.unload = nullptr;
    broken.load = [&](std::uint64_t index, cal::Image &image) {
        if (throws) {
            throw Odd();
        }
        image = view(pixels[index]);
        return true;
    };
    cal::Trainer last(options(), broken);
    REQUIRE(last.run());
    throws = true;
    REQUIRE(throws_odd([&] { last.model(names); }));
    throws = false;
    REQUIRE(last.model(names).sha256() == expected);
}

void test_refusals(const Pixels &pixels) {
    cal::Source none;
    REQUIRE(thrown([&] { cal::Trainer(options(), none); }) == CAL_ERR_ARGUMENT);
    cal::Source few = source(pixels);
    few.images.pop_back();
    REQUIRE(thrown([&] { cal::Trainer(options(), few); }) == CAL_ERR_ARGUMENT);
    cal::TrainingOptions wrong = options();
    wrong.batch_size = 1;
    REQUIRE(thrown([&] { cal::Trainer(wrong, source(pixels)); }) == CAL_ERR_ARGUMENT);
    cal::Trainer trainer(options(), source(pixels));
    REQUIRE(thrown([&] { trainer.model({"first"}); }) == CAL_ERR_ARGUMENT);
}

} // namespace

int main(int argc, char **argv) {
    try {
        REQUIRE(argc == 2);
        const Pixels pixels = draw();
        test_sources(pixels);
        test_resuming(pixels, argv[1]);
        test_validation(pixels);
        test_exceptions(pixels);
        test_refusals(pixels);
    } catch (const std::exception &error) {
        std::cerr << "not so: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
