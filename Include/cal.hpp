// cal.hpp - libcal for C++17: owners, vectors and exceptions over cal.h, nothing else.
//
// Attribute one image:
//
//     cal::Model model("model.cal");
//     cal::Session session(model);
//     cal::Result result = session.attribute(cal::rgb8(pixels, size, width, height));
//     for (const cal::Score &score : result.ranked)
//         std::cout << model.prototype(score).name << ' ' << score.probability << '\n';
//
// OWNERSHIP  cal::Model, cal::Session, cal::Trainer and cal::Updater own a handle each; they move
//            and do not copy. A session keeps its model alive, so they may go in any order. Images
//            are views: the pixels are yours and must live until the call returns (a trainer's: as
//            long as the trainer). Results own all they show.
// ERRORS     Every function that can fail throws cal::Error, which carries the status and
//            libcal's sentence. In a batch one bad image does not throw: look at its
//            Result::status() and error().
// THREADS    As in cal.h: a Model may be used by any number of threads at once, a Session by
//            one at a time, a Trainer and an Updater too. Their cancel() may be called from any
//            thread. A commit of an Updater disturbs no session.
// C          Everything in cal.h can be used beside this: get() gives the C handle.
//
// Header-only; link with libcal.
#ifndef CAL_HPP
#define CAL_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "cal.h"

namespace cal {

// ---------------------------------------------------------------------- errors

// A status that is not CAL_OK, with libcal's sentence for it as what().
class Error : public std::runtime_error {
public:
    Error(cal_status status, const std::string &sentence)
        : std::runtime_error(sentence.empty() ? cal_status_name(status) : sentence),
          status_(status) {}

    cal_status status() const noexcept { return status_; }

    // "CAL_ERR_ARGUMENT"; static.
    const char *name() const noexcept { return cal_status_name(status_); }

private:
    cal_status status_;
};

// Throws if a call of cal.h on this thread did not give CAL_OK.
inline void check(cal_status status) {
    if (status != CAL_OK) {
        throw Error(status, cal_last_error());
    }
}

// Throws if the library that was found at run time does not fit this header.
inline void check_version() { check(cal_check_version(CAL_ABI_VERSION, CAL_VERSION_NUMBER)); }

// Receives done and total units; return false to cancel. What it throws is passed on, after
// libcal has returned.
using Progress = std::function<bool(std::uint64_t done, std::uint64_t total)>;

namespace detail {

// Carries what a callback throws around the C frames that it was called from.
class Carrier {
public:
    // What a C callback returns: 0 if body gives true, 1 if it gives false or throws. Any thread.
    template <typename Body> std::int32_t run(Body body) noexcept {
        try {
            return body() ? 0 : 1;
        } catch (...) {
            const std::lock_guard<std::mutex> lock(mutex_);
            if (!thrown_) {
                thrown_ = std::current_exception();
            }
            return 1;
        }
    }

    // Whether anything was thrown since the last release.
    bool holds() {
        const std::lock_guard<std::mutex> lock(mutex_);
        return thrown_ != nullptr;
    }

    // Throws what was thrown first since the last time, if anything was.
    void release() {
        std::exception_ptr thrown;
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            std::swap(thrown, thrown_);
        }
        if (thrown) {
            std::rethrow_exception(thrown);
        }
    }

private:
    std::mutex mutex_;
    std::exception_ptr thrown_;
};

// A Progress as a C callback.
class ProgressCall {
public:
    explicit ProgressCall(const Progress &progress) : progress_(progress) {}

    cal_progress_callback callback() const noexcept { return progress_ ? &call : nullptr; }

    void *user() noexcept { return this; }

    // Use in place of cal::check for the call that was given the callback.
    void check(cal_status status) {
        carrier_.release();
        cal::check(status);
    }

private:
    static std::int32_t call(void *user, std::uint64_t done, std::uint64_t total) noexcept {
        auto *self = static_cast<ProgressCall *>(user);
        return self->carrier_.run([&] { return self->progress_(done, total); });
    }

    const Progress &progress_;
    Carrier carrier_;
};

inline void require_size(const char *name, std::size_t size, std::size_t needed) {
    if (size != needed) {
        throw Error(CAL_ERR_ARGUMENT, std::string(name) + " has length " + std::to_string(size) +
                                          ", not " + std::to_string(needed));
    }
}

// The snprintf rule of cal.h: ask for the length, then for the text.
template <typename Fill> std::string text(Fill fill) {
    std::size_t length = 0;
    check(fill(nullptr, std::size_t{0}, &length));
    std::string text(length + 1, '\0');
    check(fill(text.data(), text.size(), &length));
    text.resize(length);
    return text;
}

} // namespace detail

// How the library was built, one "key: value" per line.
inline std::string build_info() { return detail::text(cal_build_info); }

// ---------------------------------------------------------------------- images

// Borrowed pixels. A cal_image, so a std::vector of them is what a batch takes; set face and
// face_margin on it as described in cal.h.
using Image = cal_image;
using Box = cal_box;

// A view of size bytes at pixels. stride is in bytes from row to row, 0 if rows are packed.
inline Image image(cal_format format, const void *pixels, std::size_t size, std::uint32_t width,
                   std::uint32_t height, std::uint64_t stride = 0) {
    Image image = CAL_IMAGE_INIT;
    image.format = format;
    image.width = width;
    image.height = height;
    image.stride = stride;
    image.pixels = pixels;
    image.size = size;
    return image;
}

inline Image rgb8(const void *pixels, std::size_t size, std::uint32_t width, std::uint32_t height,
                  std::uint64_t stride = 0) {
    return image(CAL_FORMAT_RGB8, pixels, size, width, height, stride);
}

inline Image bgr8(const void *pixels, std::size_t size, std::uint32_t width, std::uint32_t height,
                  std::uint64_t stride = 0) {
    return image(CAL_FORMAT_BGR8, pixels, size, width, height, stride);
}

inline Image rgba8(const void *pixels, std::size_t size, std::uint32_t width, std::uint32_t height,
                   std::uint64_t stride = 0) {
    return image(CAL_FORMAT_RGBA8, pixels, size, width, height, stride);
}

inline Image bgra8(const void *pixels, std::size_t size, std::uint32_t width, std::uint32_t height,
                   std::uint64_t stride = 0) {
    return image(CAL_FORMAT_BGRA8, pixels, size, width, height, stride);
}

inline Image gray8(const void *pixels, std::size_t size, std::uint32_t width, std::uint32_t height,
                   std::uint64_t stride = 0) {
    return image(CAL_FORMAT_GRAY8, pixels, size, width, height, stride);
}

// The same view with a face box, in pixels of the image; margin as cal_image.face_margin.
inline Image with_face(Image image, Box face, float margin = CAL_FACE_MARGIN) noexcept {
    image.face = face;
    image.face_margin = margin;
    return image;
}

// --------------------------------------------------------------------- results

using Score = cal_score;
using Sha256 = std::array<std::uint8_t, CAL_DIGEST_SIZE>;

// One entry of the model's bank.
struct Prototype {
    std::uint64_t id;
    cal_kind kind;
    std::string name; // empty for an unnamed novel prototype
    std::uint64_t merged_into;
    std::uint64_t birth_epoch;
    std::uint64_t usage;
};

struct AttributeOptions {
    std::uint32_t top = 3;     // entries wanted in Result::ranked
    bool features = false;     // whether to fill Result::features
    bool pixel_digest = true;  // whether to compute Result::pixels_sha256
    float known_threshold = 0; // 0: the model's; negative: none
    float novel_threshold = 0;
    Progress progress; // images done of all; attribute and attribute_batch
};

// What libcal says of one image. Owns all its values; copies and moves freely.
class Result {
public:
    std::vector<Score> ranked;   // best first
    std::vector<float> features; // empty unless asked for

    cal_status status() const noexcept { return fields_.status; }
    bool ok() const noexcept { return fields_.status == CAL_OK; }

    // libcal's sentence for the status; empty if ok().
    const char *error() const noexcept { return fields_.error; }

    cal_verdict verdict() const noexcept { return fields_.verdict; }

    // The rest of the C struct: thresholds, bank_epoch, size, crop, pixels_sha256. Its two
    // buffer pointers are NULL: the buffers are ranked and features above.
    const cal_result &fields() const noexcept { return fields_; }

private:
    friend class Session;

    cal_result fields_ = CAL_RESULT_INIT;

    // The C struct with the buffers of this object, for the length of one call.
    cal_result lend() {
        cal_result lent = fields_;
        lent.ranked = ranked.data();
        lent.ranked_capacity = static_cast<std::uint32_t>(ranked.size());
        lent.features = features.empty() ? nullptr : features.data();
        lent.feature_capacity = static_cast<std::uint32_t>(features.size());
        return lent;
    }

    void take_back(const cal_result &lent) {
        fields_ = lent;
        fields_.ranked = nullptr;
        fields_.ranked_capacity = 0;
        fields_.features = nullptr;
        fields_.feature_capacity = 0;
        ranked.resize(lent.ranked_count);
        if (lent.status != CAL_OK) {
            features.clear();
        }
    }
};

// Where in the crop the logit of one prototype comes from.
struct Evidence {
    std::uint32_t height;
    std::uint32_t width;
    std::vector<float> map; // row-major; sums to logit
    float logit;
};

// ----------------------------------------------------------------------- model

// A loaded model: immutable, for any number of threads.
class Model {
public:
    // Loads the file at path.
    explicit Model(const std::string &path, const Progress &progress = {},
                   std::uint64_t size_limit = 0) {
        detail::ProgressCall call(progress);
        const cal_load_options options = load_options(call, size_limit);
        cal_model *model = nullptr;
        call.check(cal_model_load_file(path.c_str(), &options, &model));
        handle_.reset(model);
    }

    // The same from size bytes at data, which are copied.
    static Model from_memory(const void *data, std::size_t size, const Progress &progress = {},
                             std::uint64_t size_limit = 0) {
        detail::ProgressCall call(progress);
        const cal_load_options options = load_options(call, size_limit);
        cal_model *model = nullptr;
        call.check(cal_model_load_memory(data, size, &options, &model));
        return Model(model);
    }

    cal_model_info info() const {
        cal_model_info info = CAL_MODEL_INFO_INIT;
        check(cal_model_get_info(get(), &info));
        return info;
    }

    // Entry number index of the bank, 0 <= index < info().prototype_count.
    Prototype prototype(std::uint32_t index) const {
        cal_prototype prototype = CAL_PROTOTYPE_INIT;
        check(cal_model_get_prototype(get(), index, &prototype));
        return value(prototype);
    }

    // The prototype that a score is of.
    Prototype prototype(const Score &score) const { return find(score.id); }

    Prototype find(std::uint64_t id) const {
        cal_prototype prototype = CAL_PROTOTYPE_INIT;
        check(cal_model_find_prototype(get(), id, &prototype));
        return value(prototype);
    }

    std::vector<Prototype> prototypes() const {
        std::vector<Prototype> all;
        const std::uint32_t count = info().prototype_count;
        all.reserve(count);
        for (std::uint32_t index = 0; index < count; ++index) {
            all.push_back(prototype(index));
        }
        return all;
    }

    // Of the serialised model.
    Sha256 sha256() const {
        Sha256 digest{};
        check(cal_model_sha256(get(), digest.data()));
        return digest;
    }

    // Everything the model says of itself, as JSON.
    std::string describe() const {
        return detail::text([this](char *buffer, std::size_t capacity, std::size_t *length) {
            return cal_model_describe(get(), buffer, capacity, length);
        });
    }

    // Replaces the file at path in one step.
    void save(const std::string &path) const { check(cal_model_save(get(), path.c_str())); }

    // A copy that holds features of images whose method is known, ids.size() rows, which commits
    // are held against. ids are those of prototypes in use.
    Model calibrated(const std::vector<float> &features,
                     const std::vector<std::uint64_t> &ids) const {
        detail::require_size("features", features.size(), ids.size() * info().feature_count);
        cal_model *model = nullptr;
        check(cal_model_calibrate(get(), features.data(), ids.data(), ids.size(), &model));
        return Model(model);
    }

    // A copy that can be computed in int8, with ranges from these images. flags: CAL_QUANTIZE_*.
    Model quantized(const std::vector<Image> &images, std::uint32_t flags = 0,
                    std::uint32_t threads = 1, const Progress &progress = {}) const {
        detail::ProgressCall call(progress);
        cal_quantize_options options = CAL_QUANTIZE_OPTIONS_INIT;
        options.threads = threads;
        options.flags = flags;
        options.progress = call.callback();
        options.progress_user = call.user();
        cal_model *model = nullptr;
        call.check(cal_model_quantize(get(), images.data(), images.size(), &options, &model));
        return Model(model);
    }

    cal_model *get() const noexcept { return handle_.get(); }

private:
    struct Free {
        void operator()(cal_model *model) const noexcept { cal_model_free(model); }
    };

    std::unique_ptr<cal_model, Free> handle_;

    friend class Trainer;
    friend class Updater;

    explicit Model(cal_model *model) : handle_(model) {}

    static cal_load_options load_options(detail::ProgressCall &call, std::uint64_t size_limit) {
        cal_load_options options = CAL_LOAD_OPTIONS_INIT;
        options.size_limit = size_limit;
        options.progress = call.callback();
        options.progress_user = call.user();
        return options;
    }

    static Prototype value(const cal_prototype &p) {
        return {p.id, p.kind, p.name, p.merged_into, p.birth_epoch, p.usage};
    }
};

// --------------------------------------------------------------------- session

// Scratch memory and threads for attribution: one caller at a time.
class Session {
public:
    // threads work on one call, the calling one included. flags: CAL_SESSION_*.
    explicit Session(const Model &model, std::uint32_t threads = 1,
                     cal_kernels kernels = CAL_KERNELS_AUTO, std::uint32_t flags = 0,
                     cal_precision precision = CAL_PRECISION_AUTO) {
        cal_session_options options = CAL_SESSION_OPTIONS_INIT;
        options.threads = threads;
        options.kernels = kernels;
        options.flags = flags;
        options.precision = precision;
        cal_session *session = nullptr;
        check(cal_session_create(model.get(), &options, &session));
        handle_.reset(session);

        const cal_model_info info = model.info();
        prototype_count_ = info.prototype_count;
        feature_count_ = info.feature_count;
        map_height_ = info.map_height;
        map_width_ = info.map_width;
    }

    // Attributes one image; throws if the image cannot be attributed.
    Result attribute(const Image &image, const AttributeOptions &options = {}) {
        detail::ProgressCall call(options.progress);
        const cal_attribute_options c_options = attribute_options(call, options);
        Result result = blank(options);
        cal_result lent = result.lend();
        call.check(cal_session_attribute(get(), &image, &c_options, &lent));
        result.take_back(lent);
        return result;
    }

    // Attributes all images; the result at i belongs to the image at i and has its own status.
    // After a cancel, images not reached have the status CAL_ERR_CANCELLED. Throws only for
    // errors of the call as a whole.
    std::vector<Result> attribute_batch(const std::vector<Image> &images,
                                        const AttributeOptions &options = {}) {
        return batch(images, options,
                     [this](const cal_image *all, std::size_t count,
                            const cal_attribute_options *how, cal_result *results) {
                         return cal_session_attribute_batch(get(), all, count, how, results);
                     });
    }

    // The feature vector alone.
    std::vector<float> features(const Image &image) {
        std::vector<float> features(feature_count_);
        check(cal_session_features(get(), &image, features.data(), features.size()));
        return features;
    }

    // Where in the picture the logit of one prototype comes from.
    Evidence evidence(const Image &image, std::uint64_t prototype_id) {
        const std::size_t count = std::size_t{map_height_} * map_width_;
        Evidence evidence{map_height_, map_width_, std::vector<float>(count), 0};
        check(cal_session_evidence(get(), &image, prototype_id, evidence.map.data(), count,
                                   &evidence.logit));
        return evidence;
    }

    // The result as one line of JSON. source is your name for the image, UTF-8; empty: none.
    std::string report(const Result &result, const std::string &source = {}) {
        Result copy = result;
        cal_result lent = copy.lend();
        lent.ranked_count = lent.ranked_capacity;
        const char *name = source.empty() ? nullptr : source.c_str();
        return detail::text([&](char *buffer, std::size_t capacity, std::size_t *length) {
            return cal_session_report(get(), &lent, name, buffer, capacity, length);
        });
    }

    // Stops the call that runs on another thread.
    void cancel() { check(cal_session_cancel(get())); }

    // Where the time went since the session began, which was made with CAL_SESSION_PROFILE.
    std::vector<cal_stage_time> profile() {
        std::size_t count = 0;
        check(cal_session_profile(get(), nullptr, 0, &count));
        std::vector<cal_stage_time> times(count);
        check(cal_session_profile(get(), times.data(), times.size(), &count));
        return times;
    }

    // The kernels in use: "avx512", "avx2", "portable" or "reference".
    const char *kernels() const noexcept { return cal_session_kernels(get()); }
    const char *precision() const noexcept { return cal_session_precision(get()); }

    cal_session *get() const noexcept { return handle_.get(); }

private:
    struct Free {
        void operator()(cal_session *session) const noexcept { cal_session_free(session); }
    };

    std::unique_ptr<cal_session, Free> handle_;
    std::uint32_t prototype_count_ = 0;
    std::uint32_t feature_count_ = 0;
    std::uint32_t map_height_ = 0;
    std::uint32_t map_width_ = 0;

    friend class Updater;

    // What attribute_batch gives, by a function of cal.h that takes what
    // cal_session_attribute_batch takes behind its session.
    template <typename Attribute>
    std::vector<Result> batch(const std::vector<Image> &images, const AttributeOptions &options,
                              Attribute attribute) {
        detail::ProgressCall call(options.progress);
        const cal_attribute_options c_options = attribute_options(call, options);
        std::vector<Result> results(images.size(), blank(options));
        std::vector<cal_result> lent;
        lent.reserve(results.size());
        for (Result &result : results) {
            lent.push_back(result.lend());
        }
        const cal_status status = attribute(images.data(), images.size(), &c_options, lent.data());
        call.check(status == CAL_ERR_CANCELLED ? CAL_OK : status);
        for (std::size_t i = 0; i < results.size(); ++i) {
            results[i].take_back(lent[i]);
        }
        return results;
    }

    // A result with room for what was asked for.
    Result blank(const AttributeOptions &options) const {
        Result result;
        result.ranked.resize(options.top < prototype_count_ ? options.top : prototype_count_);
        result.features.resize(options.features ? feature_count_ : 0);
        return result;
    }

    static cal_attribute_options attribute_options(detail::ProgressCall &call,
                                                   const AttributeOptions &options) {
        cal_attribute_options c_options = CAL_ATTRIBUTE_OPTIONS_INIT;
        c_options.flags = options.pixel_digest ? 0 : CAL_ATTRIBUTE_NO_PIXEL_DIGEST;
        c_options.known_threshold = options.known_threshold;
        c_options.novel_threshold = options.novel_threshold;
        c_options.progress = call.callback();
        c_options.progress_user = call.user();
        return c_options;
    }
};

// -------------------------------------------------------------------- learning

// CAL's objective, pruning and metrics on their own, for training that is done elsewhere; see
// cal.h. Matrices are row-major. The number of rows is that of tag, usage or label; a vector of
// another length than that asks for throws CAL_ERR_ARGUMENT. Options and results are the structs
// of cal.h with their defaults and all their numbers; buffers are vectors of the same names.

using Confidence = cal_confidence;

struct ObjectiveOptions : cal_objective_options {
    bool gradients = true; // whether to compute them

    ObjectiveOptions() noexcept : cal_objective_options CAL_OBJECTIVE_OPTIONS_INIT {}
};

struct Objective : cal_objective_result {
    std::vector<float> weak_gradient; // rows x classes; empty unless asked for
    std::vector<float> strong_gradient;

    Objective() noexcept : cal_objective_result CAL_OBJECTIVE_RESULT_INIT {}
};

struct PruneOptions : cal_prune_options {
    PruneOptions() noexcept : cal_prune_options CAL_PRUNE_OPTIONS_INIT {}
};

struct Pruning : cal_prune_result {
    std::vector<float> prototypes;          // kept_count x features
    std::vector<std::uint32_t> kept;        // kept_count
    std::vector<std::uint32_t> merged_into; // rows that there were

    Pruning() noexcept : cal_prune_result CAL_PRUNE_RESULT_INIT {}
};

struct MetricsOptions : cal_metrics_options {
    bool confusion = true; // whether to fill Metrics::confusion

    MetricsOptions() noexcept : cal_metrics_options CAL_METRICS_OPTIONS_INIT {}
};

struct Metrics : cal_metrics_result {
    std::uint32_t classes = 0;            // one above the largest id, or the known ones
    std::vector<std::uint32_t> confusion; // classes x classes: row = label, column = prediction
    std::vector<std::int32_t> match;      // classes: the id that each label id stands for

    Metrics() noexcept : cal_metrics_result CAL_METRICS_RESULT_INIT {}
};

namespace detail {

// As a field of cal.h; what does not fit there is beyond every limit of libcal's, which says so.
inline std::uint32_t count(std::uint64_t number) noexcept {
    return static_cast<std::uint32_t>(number < UINT32_MAX ? number : UINT32_MAX);
}

// The columns of a matrix in a vector.
inline std::size_t columns(const char *name, std::size_t size, std::size_t rows) {
    const std::size_t columns = rows == 0 ? 0 : size / rows;
    require_size(name, size, rows * columns);
    return columns;
}

} // namespace detail

// All terms of the objective for one batch of logits, and their gradients: cal_objective. weak
// and strong are rows x classes; target may be empty if no row is labelled.
inline Objective objective(const std::vector<float> &weak, const std::vector<float> &strong,
                           const std::vector<std::int32_t> &tag,
                           const std::vector<std::int32_t> &target, std::uint32_t known,
                           const ObjectiveOptions &options = {}) {
    const std::size_t classes = detail::columns("weak", weak.size(), tag.size());
    detail::require_size("strong", strong.size(), weak.size());
    detail::require_size("target", target.size(), target.empty() ? 0 : tag.size());
    cal_objective_input input = CAL_OBJECTIVE_INPUT_INIT;
    input.rows = detail::count(tag.size());
    input.classes = detail::count(classes);
    input.known = known;
    input.weak = weak.data();
    input.strong = strong.data();
    input.tag = tag.data();
    input.target = target.empty() ? nullptr : target.data();

    Objective result;
    cal_objective_result lent = result;
    if (options.gradients) {
        result.weak_gradient.resize(weak.size());
        result.strong_gradient.resize(weak.size());
        lent.weak_gradient = result.weak_gradient.data();
        lent.strong_gradient = result.strong_gradient.data();
        lent.gradient_capacity = weak.size();
    }
    check(cal_objective(&input, &options, &lent));
    lent.weak_gradient = nullptr;
    lent.strong_gradient = nullptr;
    static_cast<cal_objective_result &>(result) = lent;
    return result;
}

// gamma_n for the next epoch, from the confidence of all batches of this one, added up, and the
// options that they were computed with: cal_novel_threshold.
inline double novel_threshold(const Confidence &confidence, const ObjectiveOptions &options = {}) {
    double threshold = 0;
    check(cal_novel_threshold(&confidence, &options, &threshold));
    return threshold;
}

// Drops novel prototypes in the tail of usage and merges each into the nearest one that stays:
// cal_prune. prototypes is rows x features.
inline Pruning prune(const std::vector<float> &prototypes, const std::vector<std::uint64_t> &usage,
                     std::uint32_t known, const PruneOptions &options = {}) {
    const std::size_t rows = usage.size();
    const std::size_t features = detail::columns("prototypes", prototypes.size(), rows);
    cal_prune_input input = CAL_PRUNE_INPUT_INIT;
    input.rows = detail::count(rows);
    input.features = detail::count(features);
    input.known = known;
    input.prototypes = prototypes.data();
    input.usage = usage.data();

    Pruning result;
    result.prototypes.resize(prototypes.size());
    result.kept.resize(rows);
    result.merged_into.resize(rows);
    cal_prune_result lent = result;
    lent.prototypes = result.prototypes.data();
    lent.prototype_capacity = result.prototypes.size();
    lent.kept = result.kept.data();
    lent.merged_into = result.merged_into.data();
    lent.row_capacity = rows;
    check(cal_prune(&input, &options, &lent));
    lent.prototypes = nullptr;
    lent.kept = nullptr;
    lent.merged_into = nullptr;
    static_cast<cal_prune_result &>(result) = lent;
    result.prototypes.resize(result.kept_count * features);
    result.kept.resize(result.kept_count);
    return result;
}

// Published and strict measures of predicted ids against labels; ids below known are known
// classes: cal_metrics. score is one number per sample, the higher, the surer of a known class;
// empty: none.
inline Metrics metrics(const std::vector<std::int32_t> &label,
                       const std::vector<std::int32_t> &predicted, std::uint32_t known,
                       const std::vector<float> &score = {}, const MetricsOptions &options = {}) {
    detail::require_size("predicted", predicted.size(), label.size());
    detail::require_size("score", score.size(), score.empty() ? 0 : label.size());
    std::int64_t classes = known > 0 ? known : 1;
    for (const std::vector<std::int32_t> *ids : {&label, &predicted}) {
        for (const std::int32_t id : *ids) {
            classes = id < classes ? classes : std::int64_t{id} + 1;
        }
    }
    cal_metrics_input input = CAL_METRICS_INPUT_INIT;
    input.count = detail::count(label.size());
    input.classes = detail::count(static_cast<std::uint64_t>(classes));
    input.known = known;
    input.label = label.data();
    input.predicted = predicted.data();
    input.score = score.empty() ? nullptr : score.data();

    Metrics result;
    cal_metrics_result lent = result;
    if (options.confusion && classes <= CAL_CLASSES_MAX) {
        result.confusion.resize(static_cast<std::size_t>(classes * classes));
        lent.confusion = result.confusion.data();
        lent.confusion_capacity = result.confusion.size();
    }
    if (classes <= CAL_CLASSES_MAX) {
        result.match.resize(static_cast<std::size_t>(classes));
        lent.match = result.match.data();
        lent.match_capacity = result.match.size();
    }
    check(cal_metrics(&input, &options, &lent));
    lent.confusion = nullptr;
    lent.match = nullptr;
    static_cast<cal_metrics_result &>(result) = lent;
    result.classes = input.classes;
    return result;
}

// -------------------------------------------------------------------- training

// The struct of cal.h with its defaults.
struct TrainingOptions : cal_training_options {
    TrainingOptions() noexcept : cal_training_options CAL_TRAINING_OPTIONS_INIT {}
};

using TrainingReport = cal_training_report;

// After every step and at every epoch's end; return false to stop. What it throws is passed on.
using TrainingProgress = std::function<bool(const TrainingReport &report)>;

// The images of a training. Give either images, or load.
struct Source {
    std::vector<std::int32_t> label; // one per image; -1: unlabelled
    std::vector<Image> images;       // views, whose pixels outlive the trainer

    // Describes image number index; false: it cannot be had, which ends the training. Called on
    // any thread of the training, several at once. The pixels stay until unload is called or,
    // without it, for good. What either throws stops the training and is passed on by run()
    // or model().
    std::function<bool(std::uint64_t index, Image &image)> load;
    std::function<void(std::uint64_t index, const Image &image)> unload;

    std::vector<std::uint8_t> held_out; // one per image, not 0: validated with; empty: none
};

// A training of a CAL model, from its start or from a checkpoint to its end; one thread at a time.
class Trainer {
public:
    // From random weights. options must have `known`.
    Trainer(const TrainingOptions &options, Source source)
        : Trainer(options, std::move(source), nullptr) {}

    // With the network and the weights of a model, but for its prototypes.
    Trainer(const TrainingOptions &options, Source source, const Model &start)
        : Trainer(options, std::move(source), start.get()) {}

    // Trains to the end. True: it has ended; false: progress or cancel() stopped it, and a
    // further run goes on. Within progress, save() and model() may be called.
    bool run(const TrainingProgress &progress = {}) {
        detail::Carrier &carrier = host_->carrier;
        Call call{progress, carrier};
        const cal_status status = cal_trainer_run(get(), &Call::report, &call);
        carrier.release();
        if (status != CAL_ERR_CANCELLED) {
            check(status);
        }
        return status == CAL_OK;
    }

    // Stops a run on another thread after its step.
    void cancel() { check(cal_trainer_cancel(get())); }

    // Writes a checkpoint, in one step.
    void save(const std::string &path) { check(cal_trainer_save(get(), path.c_str())); }

    // Goes on from a checkpoint of the same training, with the bits of one that never stopped.
    void resume(const std::string &path) { check(cal_trainer_resume(get(), path.c_str())); }

    // The model as it is now or, with keep_best, after the best epoch; see cal_trainer_model. names
    // are those of the known classes; training_data says what it was trained on.
    Model model(const std::vector<std::string> &names, const std::string &training_data = {}) {
        detail::require_size("names", names.size(), host_->known);
        std::vector<const char *> texts;
        for (const std::string &name : names) {
            texts.push_back(name.c_str());
        }
        cal_model *model = nullptr;
        const char *data = training_data.empty() ? nullptr : training_data.c_str();
        const cal_status status = cal_trainer_model(get(), texts.data(), data, &model);
        Model made(model); // owned before anything is thrown
        host_->carrier.release();
        check(status);
        return made;
    }

    cal_trainer *get() const noexcept { return handle_.get(); }

private:
    // What libcal calls back as long as the trainer lives; its address stays when a Trainer moves.
    struct Host {
        Source source;
        std::uint32_t known;
        detail::Carrier carrier;

        static std::int32_t load(void *user, std::uint64_t index, Image *image) noexcept {
            auto *host = static_cast<Host *>(user);
            return host->carrier.run([&] { return host->source.load(index, *image); });
        }

        static void unload(void *user, std::uint64_t index, const Image *image) noexcept {
            auto *host = static_cast<Host *>(user);
            host->carrier.run([&] {
                host->source.unload(index, *image);
                return true;
            });
        }
    };

    struct Call {
        const TrainingProgress &progress;
        detail::Carrier &carrier;

        static std::int32_t report(void *user, const TrainingReport *report) noexcept {
            auto *call = static_cast<Call *>(user);
            return call->carrier.run([&] {
                return !call->carrier.holds() && (!call->progress || call->progress(*report));
            });
        }
    };

    struct Free {
        void operator()(cal_trainer *trainer) const noexcept { cal_trainer_free(trainer); }
    };

    std::unique_ptr<Host> host_; // outlives the handle
    std::unique_ptr<cal_trainer, Free> handle_;

    Trainer(const TrainingOptions &options, Source given, const cal_model *start)
        : host_(new Host{std::move(given), options.known, {}}) {
        const Source &source = host_->source;
        const std::size_t count = source.label.size();
        detail::require_size("images", source.images.size(), source.images.empty() ? 0 : count);
        detail::require_size("held_out", source.held_out.size(),
                             source.held_out.empty() ? 0 : count);
        cal_source lent = CAL_SOURCE_INIT;
        lent.count = count;
        lent.label = source.label.data();
        lent.images = source.images.empty() ? nullptr : source.images.data();
        lent.load = source.load ? &Host::load : nullptr;
        lent.unload = source.unload ? &Host::unload : nullptr;
        lent.user = host_.get();
        lent.held_out = source.held_out.empty() ? nullptr : source.held_out.data();
        cal_trainer *trainer = nullptr;
        check(cal_trainer_create(&options, &lent, start, &trainer));
        handle_.reset(trainer);
    }
};

// --------------------------------------------------------------- field updates

// The structs of cal.h with their defaults. A commit's progress is given beside its options.
struct UpdaterOptions : cal_updater_options {
    UpdaterOptions() noexcept : cal_updater_options CAL_UPDATER_OPTIONS_INIT {}
};

struct CommitOptions : cal_commit_options {
    CommitOptions() noexcept : cal_commit_options CAL_COMMIT_OPTIONS_INIT {}
};

// The state of a model's updates, in a folder that no other updater has at that time. Its texts
// are lines of JSON, see docs/UPDATES.md.
class Updater {
public:
    // Makes a state of the model in a folder.
    static Updater create(const Model &model, const std::string &folder,
                          const UpdaterOptions &options = {}) {
        cal_updater *updater = nullptr;
        check(cal_updater_create(model.get(), folder.c_str(), &options, &updater));
        return Updater(updater);
    }

    // Goes on with the state of a folder.
    static Updater open(const std::string &folder, const UpdaterOptions &options = {}) {
        cal_updater *updater = nullptr;
        check(cal_updater_open(folder.c_str(), &options, &updater));
        return Updater(updater);
    }

    // Attributes images with a session of the current model and takes those in that went well.
    // What it gives, and throws, is as attribute_batch does.
    std::vector<Result> observe(Session &session, const std::vector<Image> &images,
                                const AttributeOptions &options = {}) {
        return session.batch(images, options,
                             [&](const cal_image *all, std::size_t count,
                                 const cal_attribute_options *how, cal_result *results) {
                                 return cal_updater_observe(get(), session.get(), all, count, how,
                                                            results);
                             });
    }

    // Takes in features as Result has them, keys.size() rows; a key is an image's pixels_sha256.
    void observe_features(const std::vector<float> &features, const std::vector<Sha256> &keys) {
        require_rows(features, keys);
        check(cal_updater_observe_features(get(), features.data(), bytes(keys), keys.size()));
    }

    // Returns when everything observed is on the disk.
    void sync() { check(cal_updater_sync(get())); }

    std::string status() const { return text(cal_updater_status); }
    std::string history() const { return text(cal_updater_history); }

    // The report of a commit that is not made.
    std::string preview(const CommitOptions &options = {}, const Progress &progress = {}) {
        detail::ProgressCall call(progress);
        const CommitOptions how = with_progress(options, call);
        call.check(cal_updater_preview(get(), &how));
        return text(cal_updater_report);
    }

    // Makes the next epoch, and gives the report on it; model() is its model. Throws
    // CAL_ERR_CANCELLED, and nothing has changed, if progress or cancel() stopped it.
    std::string commit(const CommitOptions &options = {}, const Progress &progress = {}) {
        detail::ProgressCall call(progress);
        const CommitOptions how = with_progress(options, call);
        call.check(cal_updater_commit(get(), &how, nullptr));
        return text(cal_updater_report);
    }

    // The current model.
    Model model() const {
        cal_model *model = nullptr;
        check(cal_updater_model(get(), &model));
        return Model(model);
    }

    // Goes back to the prototypes of a kept epoch, as a new epoch.
    Model rollback(std::uint64_t epoch) {
        cal_model *model = nullptr;
        check(cal_updater_rollback(get(), epoch, &model));
        return Model(model);
    }

    // What an examiner says of prototypes; it counts from the next commit on.
    void name(std::uint64_t id, const std::string &name) {
        check(cal_updater_name(get(), id, name.c_str()));
    }
    void assign(std::uint64_t id, std::uint64_t into) {
        check(cal_updater_assign(get(), id, into));
    }

    // The same of images: they are of a prototype's method, or of the one of that name. features
    // may be empty for images that the updater keeps.
    void label(const std::vector<Sha256> &keys, std::uint64_t id,
               const std::vector<float> &features = {}) {
        check(
            cal_updater_label(get(), bytes(keys), rows(features, keys), keys.size(), id, nullptr));
    }
    void label(const std::vector<Sha256> &keys, const std::string &name,
               const std::vector<float> &features = {}) {
        check(cal_updater_label(get(), bytes(keys), rows(features, keys), keys.size(), 0,
                                name.c_str()));
    }

    // Adds what the state in another folder observed.
    void merge(const std::string &folder) { check(cal_updater_merge(get(), folder.c_str())); }

    // Stops a preview or commit on another thread.
    void cancel() { check(cal_updater_cancel(get())); }

    cal_updater *get() const noexcept { return handle_.get(); }

private:
    struct Free {
        void operator()(cal_updater *updater) const noexcept { cal_updater_free(updater); }
    };

    std::unique_ptr<cal_updater, Free> handle_;

    explicit Updater(cal_updater *updater) : handle_(updater) {}

    using TextFunction = cal_status (*)(cal_updater *, char *, std::size_t, std::size_t *);

    std::string text(TextFunction function) const {
        return detail::text([&](char *buffer, std::size_t capacity, std::size_t *length) {
            return function(get(), buffer, capacity, length);
        });
    }

    static CommitOptions with_progress(CommitOptions options, detail::ProgressCall &call) {
        options.progress = call.callback();
        options.progress_user = call.user();
        return options;
    }

    void require_rows(const std::vector<float> &features, const std::vector<Sha256> &keys) const {
        detail::require_size("features", features.size(),
                             keys.size() * model().info().feature_count);
    }

    const float *rows(const std::vector<float> &features, const std::vector<Sha256> &keys) const {
        if (features.empty()) {
            return nullptr;
        }
        require_rows(features, keys);
        return features.data();
    }

    static const std::uint8_t *bytes(const std::vector<Sha256> &keys) noexcept {
        static_assert(sizeof(Sha256) == CAL_DIGEST_SIZE, "digests stand one after the other");
        return keys.empty() ? nullptr : keys.front().data();
    }
};

} // namespace cal

#endif // CAL_HPP
