// All PPM files of a folder in one batch on two threads, as tab-separated lines:
// file, verdict, best prototype, probability.
//
//     c++ -std=c++17 folder.cpp -o folder $(pkg-config --cflags --libs cal)
//     ./folder model.cal faces/
#include <algorithm>
#include <cal.hpp>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <memory>

#include "../ppm.h"

namespace fs = std::filesystem;

// A file's pixels and the view of them that libcal is given. An unreadable file is a view of
// nothing: libcal refuses it, and it shows in the output like any other bad image.
struct Picture {
    fs::path path;
    std::unique_ptr<std::uint8_t, decltype(&std::free)> pixels{nullptr, &std::free};
    cal::Image view = CAL_IMAGE_INIT;

    explicit Picture(const fs::path &file) : path(file) {
        std::uint32_t width = 0, height = 0;
        pixels.reset(ppm_read(file.c_str(), &width, &height));
        if (pixels) {
            const std::size_t size = std::size_t{width} * height * 3;
            view = cal::rgb8(pixels.get(), size, width, height);
        }
    }
};

static std::vector<Picture> read_folder(const fs::path &folder) {
    std::vector<fs::path> paths;
    for (const fs::directory_entry &entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() == ".ppm") {
            paths.push_back(entry.path());
        }
    }
    std::sort(paths.begin(), paths.end());
    std::vector<Picture> pictures;
    for (const fs::path &path : paths) {
        pictures.emplace_back(path);
    }
    return pictures;
}

static void print(const cal::Model &model, const Picture &picture, const cal::Result &result) {
    static const char *const verdicts[] = {"undetermined", "known", "novel"};
    std::cout << picture.path.filename().string() << '\t';
    if (result.ok()) {
        const cal::Score &best = result.ranked.front();
        const std::string name = model.prototype(best).name;
        std::cout << verdicts[result.verdict()] << '\t'
                  << (name.empty() ? "#" + std::to_string(best.id) : name) << '\t'
                  << best.probability << '\n';
    } else {
        std::cout << "error\t" << result.error() << '\t' << '\n';
    }
}

int main(int argc, char **argv) {
    if (argc != 3) {
        std::cerr << "usage: " << argv[0] << " MODEL FOLDER\n";
        return 2;
    }
    try {
        const cal::Model model(argv[1]);
        cal::Session session(model, 2);
        const std::vector<Picture> pictures = read_folder(argv[2]);
        std::vector<cal::Image> views;
        for (const Picture &picture : pictures) {
            views.push_back(picture.view);
        }
        const std::vector<cal::Result> results = session.attribute_batch(views);
        std::cout << std::fixed << std::setprecision(3);
        for (std::size_t i = 0; i < results.size(); ++i) {
            print(model, pictures[i], results[i]);
        }
    } catch (const std::exception &error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
    return 0;
}
