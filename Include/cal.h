/* cal.h - libcal: which forgery method made this face image?
 *
 * Attribute one image, whole program body:
 *
 *     cal_model *model = NULL;
 *     cal_session *session = NULL;
 *     cal_score top[3];
 *     cal_image image = CAL_IMAGE_INIT;        // your pixels, borrowed for the call
 *     cal_result result = CAL_RESULT_INIT;
 *     image.format = CAL_FORMAT_RGB8;  image.width = w;  image.height = h;
 *     image.stride = 3 * w;  image.pixels = pixels;  image.size = 3 * w * h;
 *     result.ranked = top;  result.ranked_capacity = 3;
 *     if (cal_model_load_file("model.cal", NULL, &model) == CAL_OK &&
 *         cal_session_create(model, NULL, &session) == CAL_OK &&
 *         cal_session_attribute(session, &image, NULL, &result) == CAL_OK)
 *         printf("prototype %llu, p = %.3f\n", (unsigned long long)top[0].id, top[0].probability);
 *     else
 *         fprintf(stderr, "%s\n", cal_last_error());
 *     cal_session_free(session);
 *     cal_model_free(model);
 *
 * HANDLES    cal_model is immutable once loaded and may be used by any number of threads at
 *            once. cal_session is scratch memory for attribution: one thread at a time, any
 *            thread; make one session per thread, or one session that uses several threads.
 *            A session keeps its model alive: free them in any order. Freeing NULL does
 *            nothing. A handle that is not (or no longer) valid gives CAL_ERR_HANDLE.
 * OWNERSHIP  What you pass stays yours, and libcal keeps no pointer to it after the call, but for
 *            callbacks and a trainer's images, as said there. A function that takes the address
 *            of a handle gives a new one at every call (cal_updater_model, too); free each with
 *            the _free of its type. libcal allocates nothing else that you must free. Returned
 *            const char * are static or thread-local as said at each function.
 * TEXT       UTF-8, NUL-terminated. Variable text follows the snprintf rule: at most capacity
 *            bytes are written, always terminated when capacity > 0, and *length receives the
 *            full length without the NUL (length must not be NULL). A buffer that is too small
 *            (or NULL with capacity 0, to ask for the size) is CAL_OK with a text cut at a
 *            character boundary, so check that *length < capacity.
 * STRUCTS    The first field is struct_size: set it with the _INIT macro. Structs only ever
 *            grow at their end, libcal never touches bytes beyond struct_size, and 0 in any
 *            field means its default; reserved fields must be 0. Arrays of structs are walked by
 *            element 0's struct_size, which all elements must have.
 * ERRORS     Every function that can fail returns a cal_status. CAL_OK is 0. On an error the
 *            outputs are as if the call had not been made (an out handle is set to NULL), and
 *            cal_last_error() says in one sentence which value was at fault. No input,
 *            however hostile, ends the process.
 * THREADS    libcal starts threads only where an option asks for them (OpenBLAS, which it is
 *            linked to, starts its own when it is loaded: docs/ABI.md), installs no signal
 *            handlers, prints nothing, opens no files but the ones you name, and never uses
 *            the network. Each function's "Thread:" line says who may call it.
 * BITS       On one machine with one build, an image gets the same bits alone or in any
 *            batch, with any number of threads, from any binding, whatever floating-point mode
 *            the calling thread is in (which stays, and which its callbacks run in).
 * STABILITY  Functions and values here keep their meaning for the life of libcal.so.1.
 * DOCS       docs/ of the source, share/doc/cal of an installed copy.
 */
#ifndef CAL_H
#define CAL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define CAL_API __attribute__((visibility("default")))
#define CAL_CHECKED __attribute__((visibility("default"), warn_unused_result))
#else
#define CAL_API
#define CAL_CHECKED
#endif

/* ------------------------------------------------------------------- status */

/* Values are frozen. Blocks: 1xx argument, 2xx model file, 3xx image, 4xx numeric, 5xx
 * resource, 6xx cancelled, 7xx updater, 9xx internal. */
typedef int32_t cal_status;
enum {
    CAL_OK = 0,
    CAL_ERR_ARGUMENT = 101,     /* NULL, or a value outside its stated range */
    CAL_ERR_STRUCT_SIZE = 102,  /* struct_size is 0 or smaller than the first release's struct, or
                                   differs within an array */
    CAL_ERR_HANDLE = 103,       /* not a live handle of this type */
    CAL_ERR_BUSY = 104,         /* a call with this handle is running */
    CAL_ERR_VERSION = 105,      /* header and library do not match */
    CAL_ERR_NOT_FOUND = 106,    /* no prototype with that id or index */
    CAL_ERR_MODEL_FORMAT = 201, /* not a CAL model file, cut short, or damaged */
    CAL_ERR_MODEL_VERSION = 202,/* made for a newer libcal */
    CAL_ERR_MODEL_INVALID = 203,/* well-formed, but a field contradicts another or its range */
    CAL_ERR_MODEL_LIMIT = 204,  /* a count or size is over the stated limit */
    CAL_ERR_IMAGE_SIZE = 301,   /* width or height */
    CAL_ERR_IMAGE_STRIDE = 302, /* stride too small for the width */
    CAL_ERR_IMAGE_BUFFER = 303, /* size too small for stride and height */
    CAL_ERR_IMAGE_FORMAT = 304, /* unknown pixel format */
    CAL_ERR_IMAGE_BOX = 305,    /* face box empty, not finite, or wholly outside the image, or its
                                   margin out of range */
    CAL_ERR_NUMERIC = 401,      /* the network gave a value that is not finite */
    CAL_ERR_MEMORY = 501,       /* out of memory */
    CAL_ERR_IO = 502,           /* reading or writing a file failed */
    CAL_ERR_THREADS = 503,      /* a thread could not be started */
    CAL_ERR_CANCELLED = 601,    /* the progress callback or a _cancel function stopped it */
    CAL_ERR_STATE_LOCKED = 701, /* an updater's folder is in use by another updater */
    CAL_ERR_STATE_DAMAGED = 702,/* a file of an updater's folder is missing or not what was written */
    CAL_ERR_REFUSED = 703,      /* a commit that would make known methods worse, or int8 as the
                                   default where it changes too many answers */
    CAL_ERR_INTERNAL = 901      /* a defect in libcal; please report it */
};

/* The name of a status, "CAL_ERR_ARGUMENT"; "CAL_ERR_UNKNOWN" for a value not listed.
 * Static. Thread: any. */
CAL_API const char *cal_status_name(cal_status status);

/* The sentence that explains the last error of the calling thread; "" if its last call that
 * returned a cal_status succeeded. Functions that return none (this one, the _free functions,
 * cal_session_kernels, ...) leave it as it is. Valid until this thread's next call that
 * returns a cal_status. Cut to 1023 bytes. Thread: any. */
CAL_API const char *cal_last_error(void);

typedef int32_t cal_log_level;
enum { CAL_LOG_DEBUG = 1, CAL_LOG_INFO = 2, CAL_LOG_WARNING = 3, CAL_LOG_ERROR = 4 };

/* Receives one line of text (no newline), valid for the call only. Called on the thread that
 * runs the logged work; must not call libcal. */
typedef void (*cal_log_callback)(void *user, cal_log_level level, const char *message);

/* Sets the process-wide log callback; NULL (the start state) switches logging off. Messages
 * below minimum are not made. user is passed back and must stay valid until the callback is
 * replaced and running calls have returned. Thread: any. */
CAL_API void cal_set_log(cal_log_callback callback, void *user, cal_log_level minimum);

/* Progress of a long call: done of total units (bytes while loading, images in a batch).
 * done only rises: a batch begins with 0 and ends with total, unless cancelled. Return 0 to go
 * on; anything else cancels, which gives CAL_ERR_CANCELLED unless all work was begun already.
 * Called on the calling thread only. A call that it makes with the same session, trainer
 * or updater gives CAL_ERR_BUSY. */
typedef int32_t (*cal_progress_callback)(void *user, uint64_t done, uint64_t total);

/* ------------------------------------------------------------------ version */

#define CAL_VERSION_MAJOR 1
#define CAL_VERSION_MINOR 0
#define CAL_VERSION_PATCH 0
#define CAL_VERSION_NUMBER                                                                         \
    (CAL_VERSION_MAJOR * 1000000 + CAL_VERSION_MINOR * 1000 + CAL_VERSION_PATCH)
/* Number of the binary interface; libcal.so.<this>. */
#define CAL_ABI_VERSION 1

/* The library's version, "1.0.0". Static. Thread: any. */
CAL_API const char *cal_version(void);

/* The library's CAL_VERSION_NUMBER. Thread: any. */
CAL_API int32_t cal_version_number(void);

/* The library's CAL_ABI_VERSION. Thread: any. */
CAL_API int32_t cal_abi_version(void);

/* How this library was built and which kernels this machine gets, one "key: value" per line:
 * version, abi, source, compiler, target, kernels, kernels-available, kernels-int8 and kernels-bf16
 * (the instructions of these loops: "avx512vnni", "avxvnni", ...; "avx512bf16", or "emulated" where
 * floats are multiplied), precisions, blas.
 * Text rule as above. Thread: any. Errors: CAL_ERR_ARGUMENT. */
CAL_CHECKED cal_status cal_build_info(char *buffer, size_t capacity, size_t *length);

/* Compares the header you compiled with (pass the macros) to the library you run with.
 * Returns CAL_OK, or CAL_ERR_VERSION if the ABI numbers differ or the library is older than
 * the header. Thread: any. */
CAL_CHECKED cal_status cal_check_version(int32_t header_abi_version, int32_t header_version_number);

/* ------------------------------------------------------------------- limits */

#define CAL_IMAGE_SIDE_MAX 32768         /* pixels, width and height */
#define CAL_IMAGE_PIXELS_MAX 268435456   /* width * height */
#define CAL_THREADS_MAX 256
#define CAL_NAME_MAX 255                 /* bytes of a prototype's name, without the NUL */
#define CAL_DIGEST_SIZE 32               /* bytes of a SHA-256 */
#define CAL_BATCH_MAX 1048576            /* images in one batch call */
/* The margin around a detected face box that the published preprocessing uses. */
#define CAL_FACE_MARGIN 1.2f

/* -------------------------------------------------------------------- model */

typedef struct cal_model cal_model;

typedef struct cal_load_options {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t size_limit;            /* largest accepted file, bytes; default, maximum: 2^31 - 1 */
    cal_progress_callback progress; /* NULL: none */
    void *progress_user;
} cal_load_options;
#define CAL_LOAD_OPTIONS_INIT {(uint32_t)sizeof(cal_load_options), 0, 0, NULL, NULL}

/* Loads a model file; path is UTF-8 and names a regular file. options may be NULL. On success
 * *out is a handle to free with cal_model_free. The file is read once and closed. Thread: any.
 * Errors: CAL_ERR_ARGUMENT, CAL_ERR_STRUCT_SIZE, CAL_ERR_IO, CAL_ERR_MEMORY,
 * CAL_ERR_MODEL_*, CAL_ERR_CANCELLED. */
CAL_CHECKED cal_status cal_model_load_file(const char *path, const cal_load_options *options,
                                           cal_model **out);

/* The same from size bytes at data (copied). Thread: any. Errors: as above, without IO. */
CAL_CHECKED cal_status cal_model_load_memory(const void *data, size_t size,
                                             const cal_load_options *options, cal_model **out);

/* Gives up the handle. NULL is fine. Sessions made from it go on working. Thread: any. */
CAL_API void cal_model_free(cal_model *model);

typedef int32_t cal_kind;
enum {
    CAL_KIND_KNOWN = 1,  /* a method with labelled training images; its name is given */
    CAL_KIND_NOVEL = 2,  /* discovered from unlabelled images; unnamed until someone names it */
    CAL_KIND_RETIRED = 3 /* pruned; kept so that old reports stay readable */
};

typedef struct cal_model_info {
    uint32_t struct_size;
    uint32_t format_version;       /* of the model file */
    uint32_t input_size;           /* network input is input_size x input_size pixels, RGB */
    uint32_t feature_count;        /* floats in a feature vector */
    uint32_t map_height;           /* positions of the feature map (and the evidence map) */
    uint32_t map_width;
    uint32_t prototype_count;      /* entries of the bank, retired ones included */
    uint32_t known_count;
    uint32_t novel_count;
    uint32_t retired_count;
    uint64_t bank_epoch;           /* rises by one with every update of the bank */
    uint64_t parameter_count;      /* numbers in the network's tensors */
    uint64_t file_size;            /* bytes of the serialised model */
    float known_threshold;         /* see "verdict" below */
    float novel_threshold;
    float temperature;             /* probabilities = softmax(logits / temperature) */
    uint32_t reserved;
} cal_model_info;
#define CAL_MODEL_INFO_INIT                                                                        \
    {(uint32_t)sizeof(cal_model_info), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

/* Fills *info. Thread: any. Errors: CAL_ERR_HANDLE, CAL_ERR_ARGUMENT, CAL_ERR_STRUCT_SIZE. */
CAL_CHECKED cal_status cal_model_get_info(const cal_model *model, cal_model_info *info);

typedef struct cal_prototype {
    uint32_t struct_size;
    cal_kind kind;
    uint64_t id;                   /* never changes, never reused */
    uint64_t merged_into;          /* retired only: the id that took over its images; else own id */
    uint64_t birth_epoch;          /* bank epoch it first appeared in */
    uint64_t usage;                /* images counted for it when the bank was made or updated */
    char name[CAL_NAME_MAX + 1];   /* "" for an unnamed novel prototype */
} cal_prototype;
#define CAL_PROTOTYPE_INIT {(uint32_t)sizeof(cal_prototype), 0, 0, 0, 0, 0, {0}}

/* Fills *prototype with bank entry number index, 0 <= index < prototype_count. The order is
 * the file's. Thread: any. Errors: CAL_ERR_HANDLE, CAL_ERR_ARGUMENT, CAL_ERR_STRUCT_SIZE,
 * CAL_ERR_NOT_FOUND. */
CAL_CHECKED cal_status cal_model_get_prototype(const cal_model *model, uint32_t index,
                                               cal_prototype *prototype);

/* The same by id. Thread: any. Errors: as above. */
CAL_CHECKED cal_status cal_model_find_prototype(const cal_model *model, uint64_t id,
                                                cal_prototype *prototype);

/* SHA-256 of the serialised model: of the file it was loaded from. Thread: any.
 * Errors: CAL_ERR_HANDLE, CAL_ERR_ARGUMENT. */
CAL_CHECKED cal_status cal_model_sha256(const cal_model *model, uint8_t digest[CAL_DIGEST_SIZE]);

/* Everything the model says of itself as one line of JSON: digest, format, preprocessing,
 * network, decision, bank with every prototype, provenance (docs/ABI.md). Keys in fixed order,
 * same model, same bytes. Text rule. Thread: any.
 * Errors: CAL_ERR_HANDLE, CAL_ERR_ARGUMENT. */
CAL_CHECKED cal_status cal_model_describe(const cal_model *model, char *buffer, size_t capacity,
                                          size_t *length);

/* Writes the model to path: to a new file beside it first, synced, then renamed, so that path
 * holds the old or the new model at any instant. Fields that this libcal does not know are
 * written back as they were read; an unchanged model gives the file's very bytes.
 * Thread: any. Errors: CAL_ERR_HANDLE, CAL_ERR_ARGUMENT, CAL_ERR_IO. */
CAL_CHECKED cal_status cal_model_save(const cal_model *model, const char *path);

/* ------------------------------------------------------------------- images */

typedef int32_t cal_format;
enum { /* 8 bits a channel, channels interleaved; alpha is ignored */
    CAL_FORMAT_RGB8 = 1,
    CAL_FORMAT_BGR8 = 2,
    CAL_FORMAT_RGBA8 = 3,
    CAL_FORMAT_BGRA8 = 4,
    CAL_FORMAT_GRAY8 = 5
};

/* A face box in pixels: left and top edge, width and height; fractions are allowed. */
typedef struct cal_box {
    float x, y, width, height;
} cal_box;

/* Borrowed pixels, never written, never kept. Row r starts at pixels + r * stride. */
typedef struct cal_image {
    uint32_t struct_size;
    cal_format format;
    uint32_t width;      /* 1 to CAL_IMAGE_SIDE_MAX, width * height <= CAL_IMAGE_PIXELS_MAX */
    uint32_t height;
    uint64_t stride;     /* bytes from row to row, >= width * channels; 0: rows are packed */
    const void *pixels;
    uint64_t size;       /* bytes readable at pixels: >= stride * (height - 1) + width * channels */
    cal_box face;        /* width 0 and height 0: use the whole image */
    float face_margin;   /* the box grows by this factor about its centre, then is clipped to
                            the image; 0: CAL_FACE_MARGIN; 1: as given; up to 10. Not looked at
                            without a face */
    uint32_t reserved;
} cal_image;
#define CAL_IMAGE_INIT {(uint32_t)sizeof(cal_image), 0, 0, 0, 0, NULL, 0, {0, 0, 0, 0}, 0, 0}

/* ------------------------------------------------------------------ session */

typedef struct cal_session cal_session;

typedef int32_t cal_kernels;
enum { /* instruction sets of the hot loops */
    CAL_KERNELS_AUTO = 0,     /* the best this CPU has */
    CAL_KERNELS_PORTABLE = 1, /* plain x86-64 (SSE2), arm64 (NEON) or whatever the target has */
    CAL_KERNELS_AVX2 = 2,     /* AVX2 and FMA; in int8 AVX-VNNI, where the CPU has it */
    CAL_KERNELS_AVX512 = 3,   /* AVX-512 F, BW, DQ, VL; in int8 VNNI, where the CPU has it */
    CAL_KERNELS_REFERENCE = 9 /* the plain Swift statement of the network: slow, for checking */
};

typedef int32_t cal_precision;
enum { /* what the network's convolutions are computed in */
    CAL_PRECISION_AUTO = 0, /* the model's default: fp32, unless cal_model_quantize said otherwise */
    CAL_PRECISION_FP32 = 1,
    CAL_PRECISION_INT8 = 2, /* those of its blocks in whole numbers of 8 bits, where that is faster;
                               for a model that cal_model_quantize made */
    CAL_PRECISION_BF16 = 3  /* the same ones with products of bf16 numbers, added up in fp32; of any
                               model, never its default. Faster than fp32 where the CPU has an
                               instruction for them (cal_build_info: "bf16"); others compute the
                               same numbers, but not faster */
};

typedef struct cal_session_options {
    uint32_t struct_size;
    uint32_t threads;      /* threads that work on one call, the calling one included; 0: 1 */
    cal_kernels kernels;
    uint32_t reserved;
    uint32_t flags;        /* CAL_SESSION_* */
    cal_precision precision;
} cal_session_options;
#define CAL_SESSION_OPTIONS_INIT {(uint32_t)sizeof(cal_session_options), 0, 0, 0, 0, 0}
enum {
    CAL_SESSION_PROFILE = 1 /* take the time of every stage, for cal_session_profile */
};

/* Makes a session: plans and allocates all scratch memory and starts threads - 1 threads,
 * which sleep between calls and end with the session. options may be NULL.
 * Thread: any. Errors: CAL_ERR_HANDLE, CAL_ERR_ARGUMENT (threads, flags, kernels not on
 * this CPU, int8 of a model that has no ranges for it), CAL_ERR_STRUCT_SIZE, CAL_ERR_MEMORY, CAL_ERR_THREADS. */
CAL_CHECKED cal_status cal_session_create(cal_model *model, const cal_session_options *options,
                                          cal_session **out);

/* Gives up the handle and ends the session. NULL is fine. If a call with it is running, that
 * call finishes first, and the session ends with it. Thread: any. */
CAL_API void cal_session_free(cal_session *session);

/* Stops the call that runs with this session, before its next image; images under way are
 * finished. If no call runs, does nothing. Thread: any, at any time. Errors: CAL_ERR_HANDLE. */
CAL_CHECKED cal_status cal_session_cancel(cal_session *session);

typedef int32_t cal_stage;
enum { /* what the time of an image goes to; of FFE and WAITING there may be none */
    CAL_STAGE_PREPROCESSING = 1, /* checks, crop, resize, normalisation */
    CAL_STAGE_DIGEST = 2,        /* SHA-256 of the pixels */
    CAL_STAGE_BACKBONE = 3,      /* convolutions */
    CAL_STAGE_FFE = 4,           /* cosine transforms, mask, gate */
    CAL_STAGE_NECK = 5,          /* from maps to features */
    CAL_STAGE_HEAD = 6,          /* logits, ranking, verdict; your progress callback */
    CAL_STAGE_WAITING = 7,       /* threads that share an image wait for each other */
    CAL_STAGE_WHOLE = 8          /* from the begin of an image to its end: the sum, or a bit more */
};

/* This struct is frozen. */
typedef struct cal_stage_time {
    cal_stage stage;
    uint32_t reserved;
    uint64_t nanoseconds;
} cal_stage_time;

/* Where the time went, of all images since the session began, those that failed included: one
 * entry for each stage, in the order above, with the nanoseconds that its threads spent on it, all
 * together: with several threads the sum exceeds the time that went by. Times between images are
 * not counted. At most capacity entries are written, and *count (must not be NULL) receives
 * how many there are; times may be NULL if capacity is 0. A session that was made without
 * CAL_SESSION_PROFILE takes no time. Results do not depend on it. Thread: one at a time per
 * session. Errors: CAL_ERR_HANDLE, CAL_ERR_ARGUMENT (no CAL_SESSION_PROFILE, too), CAL_ERR_BUSY. */
CAL_CHECKED cal_status cal_session_profile(cal_session *session, cal_stage_time *times,
                                           size_t capacity, size_t *count);

/* -------------------------------------------------------------- attribution */

/* VERDICT. Let the top prototype be the one of the highest probability (the lower id wins a
 * tie) among those in use. If it is known and its probability >= known_threshold the verdict
 * is CAL_VERDICT_KNOWN; if it is novel and its probability >= novel_threshold,
 * CAL_VERDICT_NOVEL; else CAL_VERDICT_UNDETERMINED. The thresholds are the model's unless the
 * options override them. */
typedef int32_t cal_verdict;
enum { CAL_VERDICT_UNDETERMINED = 0, CAL_VERDICT_KNOWN = 1, CAL_VERDICT_NOVEL = 2 };

/* One ranked prototype. This struct is frozen, like cal_box. */
typedef struct cal_score {
    uint64_t id;
    cal_kind kind;
    uint32_t index;       /* bank entry, for cal_model_get_prototype */
    float logit;          /* features . prototype */
    float probability;    /* softmax(logits / temperature) over the prototypes in use */
} cal_score;

typedef struct cal_attribute_options {
    uint32_t struct_size;
    uint32_t flags;               /* CAL_ATTRIBUTE_* */
    float known_threshold;        /* 0: the model's; negative: none; else 0 to 1 */
    float novel_threshold;
    cal_progress_callback progress; /* images done; NULL: none */
    void *progress_user;
} cal_attribute_options;
#define CAL_ATTRIBUTE_OPTIONS_INIT {(uint32_t)sizeof(cal_attribute_options), 0, 0, 0, NULL, NULL}
enum {
    CAL_ATTRIBUTE_NO_PIXEL_DIGEST = 1 /* leave pixels_sha256 zero: saves its time on big images */
};

/* In: struct_size, and the buffers you want filled (of different results in one batch, different
 * buffers). Out: the rest; if status is not CAL_OK, all but status and error are 0, and the
 * buffers are as they were. */
typedef struct cal_result {
    uint32_t struct_size;
    cal_status status;             /* of this image */
    cal_verdict verdict;
    uint32_t ranked_capacity;      /* in: entries at ranked */
    uint32_t ranked_count;         /* out: entries written, min(capacity, prototypes in use) */
    uint32_t feature_capacity;     /* in: floats at features; 0 or >= feature_count */
    cal_score *ranked;             /* in: your buffer, or NULL; best first */
    float *features;               /* in: your buffer, or NULL; out: the feature vector */
    float known_threshold;         /* the ones the verdict was made with (negative: none) */
    float novel_threshold;
    uint64_t bank_epoch;
    uint32_t width, height;        /* of the image that was given */
    uint32_t crop_x, crop_y;       /* the pixels that were used, after margin and clipping */
    uint32_t crop_width, crop_height;
    uint8_t pixels_sha256[CAL_DIGEST_SIZE]; /* of the whole image as R, G, B bytes, rows from the
                                      top, no padding: the same for every pixel format */
    char error[256];               /* the sentence for status, cut to fit; "" if CAL_OK */
} cal_result;
#define CAL_RESULT_INIT                                                                            \
    {(uint32_t)sizeof(cal_result), 0, 0, 0, 0, 0, NULL, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, {0}, {0}}

/* Attributes one image. options may be NULL. What is wrong with the image, or with the buffers
 * that *result names, is in result->status and returned; what is wrong with the call (session,
 * options, a NULL argument, a struct_size) is only returned, and *result is as it was.
 * Thread: one at a time per session. Errors: CAL_ERR_HANDLE, CAL_ERR_ARGUMENT,
 * CAL_ERR_STRUCT_SIZE, CAL_ERR_BUSY, CAL_ERR_IMAGE_*, CAL_ERR_NUMERIC, CAL_ERR_CANCELLED. */
CAL_CHECKED cal_status cal_session_attribute(cal_session *session, const cal_image *image,
                                             const cal_attribute_options *options,
                                             cal_result *result);

/* Attributes count images, 0 to CAL_BATCH_MAX; results[i] belongs to images[i]. One bad image
 * never fails the batch: it has its own status and error, and the call gives CAL_OK. If the
 * call is cancelled, images not begun have status CAL_ERR_CANCELLED, the finished ones keep
 * their results, and the call gives CAL_ERR_CANCELLED; if none was left to begin, CAL_OK.
 * Thread: one at a time per session. Errors: CAL_ERR_HANDLE, CAL_ERR_ARGUMENT,
 * CAL_ERR_STRUCT_SIZE, CAL_ERR_BUSY (all results are as they were), CAL_ERR_CANCELLED. */
CAL_CHECKED cal_status cal_session_attribute_batch(cal_session *session, const cal_image *images,
                                                   size_t count,
                                                   const cal_attribute_options *options,
                                                   cal_result *results);

/* Features only: the feature_count floats that the prototypes are compared with (after the
 * neck; of length 1 if it is a unit or a statistics neck). capacity is in floats. Thread: one at a time per
 * session. Errors: as attribute. */
CAL_CHECKED cal_status cal_session_features(cal_session *session, const cal_image *image,
                                            float *features, size_t capacity);

/* Evidence map: where in the picture the logit of one prototype in use comes from. Exact,
 * because pooling, neck and prototypes are linear (with a unit neck, but for the division by the
 * length of the picture's features): the map_height * map_width values (row-major) sum to the
 * logit, but for rounding; the constant part is shared evenly. With a statistics neck too, whose
 * square roots are sums over positions as well: then all maps of the network have their part, and
 * the first call takes memory for them.
 * Positions tile the crop that cal_session_attribute names for the same image. capacity is in
 * floats. logit (may be NULL) receives the logit, the very one of cal_session_attribute.
 * Thread: one at a time per session. Errors: as attribute, CAL_ERR_NOT_FOUND, CAL_ERR_MEMORY,
 * CAL_ERR_THREADS. */
CAL_CHECKED cal_status cal_session_evidence(cal_session *session, const cal_image *image,
                                            uint64_t prototype_id, float *map, size_t capacity,
                                            float *logit);

/* A result of this session as one line of JSON in libcal's one form
 * (docs/report.schema.json): schema, source, status, error, verdict, thresholds, ranked, image,
 * model, bank, tool. source (may be NULL) is your name for the image; it must be UTF-8. Same
 * result, same bytes. Numbers are written with the fewest digits that read back to the same
 * float. CAL_ERR_ARGUMENT for a result that no attribution with this session's model gives, as far
 * as can be seen: verdict, thresholds, ranks and crop must fit each other and the model.
 * Text rule. Thread: any. Errors: CAL_ERR_HANDLE, CAL_ERR_ARGUMENT, CAL_ERR_STRUCT_SIZE. */
CAL_CHECKED cal_status cal_session_report(cal_session *session, const cal_result *result,
                                          const char *source, char *buffer, size_t capacity,
                                          size_t *length);

/* The kernels this session runs with, "avx512", "avx2", "portable" or "reference"; "" for a
 * bad handle. Static. Thread: any. */
CAL_API const char *cal_session_kernels(const cal_session *session);

/* What this session computes in, "fp32", "int8" or "bf16"; "" for a bad handle. Static.
 * Thread: any. */
CAL_API const char *cal_session_precision(const cal_session *session);

/* ------------------------------------------------------------------- int8 */

enum {
    CAL_QUANTIZE_DEFAULT = 1 /* sessions of the new model run in int8 unless told otherwise */
};

typedef struct cal_quantize_options {
    uint32_t struct_size;
    uint32_t threads;               /* as for a session */
    uint32_t flags;                 /* CAL_QUANTIZE_* */
    uint32_t reserved;
    cal_progress_callback progress; /* of 2 * count: every image is looked at twice; NULL: none */
    void *progress_user;
} cal_quantize_options;
#define CAL_QUANTIZE_OPTIONS_INIT {(uint32_t)sizeof(cal_quantize_options), 0, 0, 0, NULL, NULL}

/* A copy of the model that can be computed in int8. What its convolutions read of these images (a
 * few hundred of those that it is for are enough; count is 1 to CAL_BATCH_MAX) says which range of
 * each gets codes. Then answers in fp32 and int8 are compared: of how many images the top prototype
 * is the same, and the largest change of a probability, stand in the new model, whose parent is
 * this one (cal_model_describe: "quantization"). The weights stay as they are, so fp32 gives what
 * it gave. The same images give the same file, whatever the number of threads. options may be NULL.
 * Thread: any. Errors: CAL_ERR_HANDLE, CAL_ERR_ARGUMENT, CAL_ERR_STRUCT_SIZE, CAL_ERR_IMAGE_* and
 * CAL_ERR_NUMERIC (the sentence says which image), CAL_ERR_REFUSED (with CAL_QUANTIZE_DEFAULT:
 * less than 99 % of the images keep their top prototype; the sentence has the figures),
 * CAL_ERR_CANCELLED, CAL_ERR_MODEL_LIMIT, CAL_ERR_MEMORY, CAL_ERR_THREADS. */
CAL_CHECKED cal_status cal_model_quantize(const cal_model *model, const cal_image *images,
                                          size_t count, const cal_quantize_options *options,
                                          cal_model **out);

/* ----------------------------------------------------------------- learning */

/* CAL's objective, prototype pruning and metrics on their own, for a host that trains or
 * evaluates elsewhere. Formulas and their sources: docs/METHOD.md. Classes are numbered 0 to
 * classes - 1, the known ones first. All matrices are row-major and packed. A buffer must be
 * aligned for its type; output buffers must overlap neither the inputs nor each other. */

#define CAL_SAMPLES_MAX 16777216         /* images of a batch or an evaluation */
#define CAL_CLASSES_MAX 4096             /* prototypes */
#define CAL_FEATURES_MAX 16384           /* floats of a prototype */

typedef int32_t cal_recipe;
enum {
    CAL_RECIPE_DEFAULT = 0, /* the same with its defects repaired; a trainer also discovers methods
                               by clustering, and makes the head of that (docs/METHOD.md) */
    CAL_RECIPE_PAPER = 1    /* the published computation, number for number */
};

/* Value of a row's tag. */
enum {
    CAL_TAG_LABELLED = 1,
    CAL_TAG_UNLABELLED = 2,
    CAL_TAG_PSEUDO_LABELLED = 3 /* unlabelled; ACR takes its target for its label, from epoch 0 on */
};

/* One batch: the logits of a weak and a strong view of each image. */
typedef struct cal_objective_input {
    uint32_t struct_size;
    uint32_t rows;          /* images, 1 to CAL_SAMPLES_MAX */
    uint32_t classes;       /* 1 to CAL_CLASSES_MAX */
    uint32_t known;         /* 0 to classes */
    const float *weak;      /* rows x classes, finite */
    const float *strong;    /* rows x classes, finite */
    const int32_t *tag;     /* rows; CAL_TAG_* */
    const int32_t *target;  /* rows; a labelled row's class, 0 to known - 1, a pseudo-labelled
                               one's, 0 to classes - 1, else not looked at; NULL if no row has
                               one */
} cal_objective_input;
#define CAL_OBJECTIVE_INPUT_INIT                                                                   \
    {(uint32_t)sizeof(cal_objective_input), 0, 0, 0, NULL, NULL, NULL, NULL}

typedef struct cal_objective_options {
    uint32_t struct_size;
    cal_recipe recipe;
    int32_t epoch;              /* from 0, less than epochs */
    int32_t epochs;             /* 0: 50; up to 1000000 */
    int32_t pseudo_epoch;       /* first epoch with ACR; 0: 5; negative: from the start */
    uint32_t reserved;
    double gamma;               /* ACR's threshold of known classes; 0: 0.9; 1e-6 to 1 */
    double novel_threshold;     /* gamma_n, ACR's threshold of novel classes, up to 10; negative:
                                   none; 0: the recipe's start, none (paper) or gamma (default) */
    double threshold_floor;     /* least gamma_n of the default recipe, up to gamma; 0: gamma / 10;
                                   negative: none */
    double teacher_temperature; /* of CCR's target; 0: 0.1; 1e-3 to 1e3 */
    double student_temperature; /* of all else; 0: 1; 1e-3 to 1e3 */
    double ccr_weight;          /* of CCR in the total; 0: 0.2; negative: none; up to 1e6 */
} cal_objective_options;
#define CAL_OBJECTIVE_OPTIONS_INIT                                                                 \
    {(uint32_t)sizeof(cal_objective_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

/* Of the images whose views have the same top class, known or novel: how many there are, and the
 * sum of their top probabilities in the weak view. Adds up over the batches of an epoch. This
 * struct is frozen. */
typedef struct cal_confidence {
    double sum_known;
    double sum_novel;
    uint64_t count_known;
    uint64_t count_novel;
} cal_confidence;

/* In: struct_size, and the buffers you want filled. Out: the rest. */
typedef struct cal_objective_result {
    uint32_t struct_size;
    uint32_t acr_selected;      /* unlabelled rows whose prediction became a label */
    double supervised;          /* mean cross entropy of both views of the labelled rows, or 0 */
    double regulariser;         /* (log classes - entropy of the mean probabilities) / 2 */
    double ccr;                 /* confidence-aware consistency regularisation */
    double acr;                 /* asymmetric confidence reinforcement; 0 if none was selected */
    double total;               /* supervised + regulariser + acr + ccr_weight * ccr */
    cal_confidence confidence;
    float *weak_gradient;       /* in: your buffer, or NULL; out: rows x classes, */
    float *strong_gradient;     /* d total / d weak, d total / d strong */
    uint64_t gradient_capacity; /* in: floats at each that is not NULL, >= rows * classes */
} cal_objective_result;
#define CAL_OBJECTIVE_RESULT_INIT                                                                  \
    {(uint32_t)sizeof(cal_objective_result), 0, 0, 0, 0, 0, 0, {0, 0, 0, 0}, NULL, NULL, 0}

/* Computes all terms of the objective for one batch, and the gradients. options may be NULL.
 * Defined for one row, and without labelled, unlabelled or novel rows; finite for all finite
 * logits. Same input, same bits. Thread: any. Errors: CAL_ERR_ARGUMENT (NaN and infinities
 * included, named by row and column), CAL_ERR_STRUCT_SIZE. */
CAL_CHECKED cal_status cal_objective(const cal_objective_input *input,
                                     const cal_objective_options *options,
                                     cal_objective_result *result);

/* gamma_n for the next epoch, from the confidence of all batches of this one and from the options
 * that they were computed with (recipe, gamma, threshold_floor; novel_threshold stays if either
 * count is 0). Paper: gamma * clamp(mean novel / mean known, 0.1, 10). Default: that, at least
 * threshold_floor and at most gamma. Thread: any. Errors: CAL_ERR_ARGUMENT,
 * CAL_ERR_STRUCT_SIZE. */
CAL_CHECKED cal_status cal_novel_threshold(const cal_confidence *confidence,
                                           const cal_objective_options *options,
                                           double *threshold);

/* A bank of prototypes, and how many images each is the top class of. */
typedef struct cal_prune_input {
    uint32_t struct_size;
    uint32_t rows;            /* prototypes, 1 to CAL_CLASSES_MAX */
    uint32_t features;        /* 1 to CAL_FEATURES_MAX */
    uint32_t known;           /* 0 to rows */
    const float *prototypes;  /* rows x features, finite */
    const uint64_t *usage;    /* rows; that of known ones is not looked at */
} cal_prune_input;
#define CAL_PRUNE_INPUT_INIT {(uint32_t)sizeof(cal_prune_input), 0, 0, 0, NULL, NULL}

typedef struct cal_prune_options {
    uint32_t struct_size;
    cal_recipe recipe;
    double coverage;          /* share of the novel usage before the tail; 0: 0.9544; 1e-6 to 1 */
} cal_prune_options;
#define CAL_PRUNE_OPTIONS_INIT {(uint32_t)sizeof(cal_prune_options), 0, 0}

/* In: struct_size, and the buffers you want filled. Out: kept_count, and in the buffers: */
typedef struct cal_prune_result {
    uint32_t struct_size;
    uint32_t kept_count;          /* rows that are left: the estimated number of classes */
    float *prototypes;            /* kept_count x features: known rows as they were, then novel
                                     ones, by falling usage (paper) or in their order (default) */
    uint64_t prototype_capacity;  /* in: floats there, >= rows * features */
    uint32_t *kept;               /* kept_count: the old row of each new one. Other state of a row,
                                     such as an optimiser's, moves likewise */
    uint32_t *merged_into;        /* input rows: the old row that took over; itself, if it stays */
    uint64_t row_capacity;        /* in: entries at each of these two that is not NULL, >= rows */
} cal_prune_result;
#define CAL_PRUNE_RESULT_INIT {(uint32_t)sizeof(cal_prune_result), 0, NULL, 0, NULL, NULL, 0}

/* Dynamic prototype pruning: drops novel prototypes in the tail of usage, and merges each into
 * the nearest one that stays. options may be NULL. Buffers beyond kept_count rows are left as
 * they are. Thread: any. Errors: CAL_ERR_ARGUMENT, CAL_ERR_STRUCT_SIZE. */
CAL_CHECKED cal_status cal_prune(const cal_prune_input *input, const cal_prune_options *options,
                                 cal_prune_result *result);

/* Labels and predictions of an evaluation. */
typedef struct cal_metrics_input {
    uint32_t struct_size;
    uint32_t count;            /* samples, 1 to CAL_SAMPLES_MAX */
    uint32_t classes;          /* all ids are below; 1 to CAL_CLASSES_MAX */
    uint32_t known;            /* ids below are known classes; 0 to classes */
    const int32_t *label;      /* count */
    const int32_t *predicted;  /* count */
    const float *score;        /* count; the higher, the surer of a known class; or NULL */
} cal_metrics_input;
#define CAL_METRICS_INPUT_INIT {(uint32_t)sizeof(cal_metrics_input), 0, 0, 0, NULL, NULL, NULL}

typedef struct cal_metrics_options {
    uint32_t struct_size;
    uint32_t reserved;
    double minimum_share;      /* of the samples, for an id to be frequent, up to 1; 0: 0.005;
                                  negative: none */
} cal_metrics_options;
#define CAL_METRICS_OPTIONS_INIT {(uint32_t)sizeof(cal_metrics_options), 0, 0}

/* Accuracy, normalised mutual information (arithmetic mean), adjusted Rand index; 0 without
 * samples. This struct is frozen. */
typedef struct cal_agreement {
    double acc, nmi, ari;
} cal_agreement;

/* In: struct_size, and the buffers you want filled. Out: the rest. */
typedef struct cal_metrics_result {
    uint32_t struct_size;
    uint32_t known_count;          /* samples of known and of novel classes */
    uint32_t novel_count;
    uint32_t label_ids;            /* different ids among the labels */
    uint32_t predicted_ids;        /* among the predictions: the estimated K */
    uint32_t predicted_novel_ids;  /* those of them that are not below known */
    uint32_t frequent_ids;         /* those with at least minimum_share of all samples */
    uint32_t frequent_novel_ids;
    cal_agreement all;             /* published: ACC by one best matching of ids to labels */
    cal_agreement known;           /* published: known samples; ACC by plain equality */
    cal_agreement novel;           /* published: novel samples; ACC by their own best matching, to
                                      known ids too, so 1 is possible without a discovery */
    double joint_known_acc;        /* the matching of all.acc, known and novel samples apart; of */
    double joint_novel_acc;        /* equally good ones the one with the fewest novel hits */
    double strict_novel_acc;       /* novel samples; best matching to novel ids only */
    double macro_acc;              /* mean recall over classes: known ones by equality, novel */
    double macro_known_acc;        /* ones by the matching to novel ids with the best mean */
    double macro_novel_acc;
    double auroc;                  /* of score, known against novel samples; NaN without scores, */
    double oscr;                   /* known or novel samples. Area under the open-set
                                      classification rate */
    uint32_t *confusion;           /* in: your buffer, or NULL; out: classes x classes counts, row
                                      = label, column = prediction */
    uint64_t confusion_capacity;   /* in: entries there, >= classes * classes */
    int32_t *match;                /* in: your buffer, or NULL; out: for each label id the id it
                                      stands for: a known one itself, a novel one by the matching
                                      of strict_novel_acc, -1 if it has no hit there */
    uint64_t match_capacity;       /* in: entries there, >= classes */
} cal_metrics_result;
#define CAL_METRICS_RESULT_INIT                                                                    \
    {(uint32_t)sizeof(cal_metrics_result), 0, 0, 0, 0, 0, 0, 0, {0, 0, 0}, {0, 0, 0}, {0, 0, 0},   \
     0, 0, 0, 0, 0, 0, 0, 0, NULL, 0, NULL, 0}

/* Open-world evaluation: the measures as published, and strict ones beside them. options may be
 * NULL. Needs up to 16 bytes x classes^2 of memory while it runs, and 32
 * bytes x count for scores. Thread: any. Errors: CAL_ERR_ARGUMENT, CAL_ERR_STRUCT_SIZE. */
CAL_CHECKED cal_status cal_metrics(const cal_metrics_input *input,
                                   const cal_metrics_options *options, cal_metrics_result *result);

/* ----------------------------------------------------------------- training */

/* Training of a CAL model: labelled images of known methods, unlabelled ones of known and
 * unknown methods. Views of the images are made inside, from the seed: the same options, images
 * and seed give the same bits for any number of threads, stopped and resumed or not. */

typedef struct cal_trainer cal_trainer;

/* Fills *image, which comes with its struct_size, with image number `index`. Returns 0, or
 * something else if it cannot be had, which ends the training. Called on any thread of the
 * training, several at once. The pixels must stay until `unload` is called for the image, or,
 * without one, as long as the trainer. */
typedef int32_t (*cal_load_callback)(void *user, uint64_t index, cal_image *image);
typedef void (*cal_unload_callback)(void *user, uint64_t index, const cal_image *image);

/* The images of a training. */
typedef struct cal_source {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t count;               /* images, 2 to CAL_SAMPLES_MAX */
    const int32_t *label;         /* count; a labelled image's class, 0 to known - 1; -1:
                                     unlabelled. Copied */
    const cal_image *images;      /* count; structs are copied, pixels borrowed as long as the
                                     trainer lives; or NULL: */
    cal_load_callback load;       /* not looked at if there are images */
    cal_unload_callback unload;   /* NULL: none */
    void *user;                   /* for both */
    const uint8_t *held_out;      /* count; not 0: a labelled image that is not trained on, but
                                     validated with after each epoch. Copied. NULL: none */
} cal_source;
#define CAL_SOURCE_INIT {(uint32_t)sizeof(cal_source), 0, 0, NULL, NULL, NULL, NULL, NULL, NULL}

typedef int32_t cal_block;
enum {
    CAL_BLOCK_BASIC = 1,      /* 3x3, 3x3: ResNet-18 and 34 */
    CAL_BLOCK_BOTTLENECK = 2  /* 1x1, 3x3, 1x1: ResNet-50 and deeper */
};

/* Logits depend on the recipe. CAL_RECIPE_DEFAULT: cosines divided by 0.1 (features and prototypes of
 * length 1); CCR's target is their softmax with temperature 0.5. CAL_RECIPE_PAPER: dot products;
 * CCR's target is their softmax with temperature 0.1.
 * CAL_RECIPE_PAPER gives a model with the trained head; CAL_RECIPE_DEFAULT one with a statistics
 * neck, a prototype for every method that is found when the model is asked for, a fitted
 * temperature and thresholds, and calibration features for cal_updater_commit (docs/METHOD.md, "Head"). */
typedef struct cal_training_options {
    uint32_t struct_size;
    cal_recipe recipe;
    uint32_t known;             /* classes of labelled images, up to CAL_CLASSES_MAX */
    uint32_t prototypes;        /* how many methods there are, known and novel, or with prune how
                                   many prototypes to start with. 0: 10 * known, and
                                   CAL_RECIPE_DEFAULT finds how many methods there are */
    int32_t prune;              /* not 0: how many methods there are is not known, and is found */
    uint32_t epochs;            /* 0: 50; up to 1000000 */
    uint32_t batch_size;        /* 0: 128; 2 to 65536 */
    int32_t pseudo_epoch;       /* paper: first epoch with ACR; 0: 5; negative: from the start */
    /* The network, if there is no model to start from. */
    cal_block block;            /* 0: bottleneck */
    uint32_t depth[4];          /* blocks of the stages; all 0: 3, 4, 6, 3 */
    uint32_t width;             /* channels of the first stage's 3x3 convolutions; 0: 64 */
    uint32_t input_size;        /* pixels of a side; 0: 256 */
    int32_t small_stem;         /* not 0: 3x3 of stride 1 without pooling, for small images; 0:
                                   7x7 of stride 2 and max pooling */
    int32_t without_ffe;        /* not 0: no frequency gate */
    uint32_t threads;           /* 0: 1; up to CAL_THREADS_MAX, the calling one included */
    cal_kernels kernels;        /* not CAL_KERNELS_REFERENCE */
    uint64_t seed;
    double learning_rate;       /* 0: 2e-4; up to 1e3 */
    double weight_decay;        /* of L2; 0: 1e-4, paper 1e-3; negative: none */
    uint32_t decay_epochs;      /* the rate is multiplied by decay_factor after so many; 0: 10 */
    uint32_t reserved;
    double decay_factor;        /* 0: 0.05; up to 1. If both are 0, CAL_RECIPE_DEFAULT lets the
                                   rate fall along half a cosine to 0 instead, step by step */
    double dropout;             /* of features; 0: 0.2; negative: none; up to 0.9 */
    double gamma;               /* ACR's threshold of known classes; 0: 0.9 */
    double ccr_weight;          /* 0: 1, paper 0.2; negative: none */
    double coverage;            /* see cal_prune_options; 0: 0.9544 */
    float mean[3];              /* of red, green, blue in 0 to 1; all six 0: ImageNet's */
    float deviation[3];
    /* Validation, by images that the source says are held out or, with a share, by images that
     * the trainer holds out; one of the two at most. */
    double validation;          /* share of each class's labelled images, drawn from the seed, at
                                   least one and never all; 0: none; up to 0.9 */
    uint32_t patience;          /* the training ends after so many epochs in a row without a higher
                                   accuracy than before; 0: never early; up to 1000000 */
    int32_t keep_best;          /* not 0: the model is that of the epoch with the highest accuracy,
                                   the first of equals; 0: the last epoch's */
} cal_training_options;
#define CAL_TRAINING_OPTIONS_INIT                                                                  \
    {(uint32_t)sizeof(cal_training_options), 0, 0, 0, 0, 0, 0, 0, 0, {0, 0, 0, 0}, 0, 0, 0, 0, 0,  \
     0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, {0, 0, 0}, {0, 0, 0}, 0, 0, 0}

/* Starts a training, from random weights or, if `start` is not NULL, with the network and the
 * weights of a model, but for its prototypes; CAL_RECIPE_DEFAULT trains a unit neck with them,
 * whatever neck the model has. options must have `known`. The source's struct is
 * not needed any longer. Thread: any. Errors: CAL_ERR_ARGUMENT, CAL_ERR_STRUCT_SIZE,
 * CAL_ERR_HANDLE, CAL_ERR_IMAGE_* (of source->images), CAL_ERR_MEMORY, CAL_ERR_THREADS. */
CAL_CHECKED cal_status cal_trainer_create(const cal_training_options *options,
                                          const cal_source *source, const cal_model *start,
                                          cal_trainer **out);

/* Ends the training; one that runs on another thread goes on to the end of its run. NULL and
 * stale handles are ignored. Thread: any. */
CAL_API void cal_trainer_free(cal_trainer *trainer);

/* How far a training is: after a step, or at an epoch's end. */
typedef struct cal_training_report {
    uint32_t struct_size;
    uint32_t epoch;             /* from 0 */
    uint32_t epochs;
    uint32_t step;              /* done in this epoch */
    uint32_t steps;
    int32_t is_epoch_end;       /* 1: the epoch has ended, and there are no terms */
    uint32_t prototypes;        /* in use: the estimated number of classes */
    uint32_t acr_selected;      /* of this step, as are */
    double supervised, regulariser, ccr, acr, total;
    double novel_threshold;     /* gamma_n; negative: not known yet */
    double learning_rate;       /* of this step; at an epoch's end, of its last one */
    /* At an epoch's end, over the held-out images, by the network in evaluation mode as a model
     * would have it; negative: there are none, or the epoch has not ended. */
    double validation_accuracy;   /* the share whose largest logit is their class's */
    double validation_confidence; /* mean of the largest probability */
    uint32_t validation_images;   /* held out */
    int32_t best_epoch;           /* with the highest accuracy so far; negative: none yet */
    int32_t is_finished;          /* 1: the training has ended with this epoch */
    uint32_t reserved;
} cal_training_report;

/* Returns 0 to go on. Called on the thread that trains. May save the trainer. */
typedef int32_t (*cal_training_callback)(void *user, const cal_training_report *report);

/* Trains to the end of the last epoch, or until patience is at its end. callback may be NULL. If
 * it stops the training, or cal_trainer_cancel does, the status is CAL_ERR_CANCELLED, and a
 * further call goes on. Thread: any, one at a time. Errors also: CAL_ERR_HANDLE, CAL_ERR_BUSY,
 * CAL_ERR_NUMERIC (weights diverged), CAL_ERR_IO (an image cannot be had), CAL_ERR_MEMORY. */
CAL_CHECKED cal_status cal_trainer_run(cal_trainer *trainer, cal_training_callback callback,
                                       void *user);

/* Stops a running training after its step; nothing otherwise. Thread: any. Errors:
 * CAL_ERR_HANDLE. */
CAL_CHECKED cal_status cal_trainer_cancel(cal_trainer *trainer);

/* Writes a checkpoint: weights, optimiser, statistics, thresholds, place in the epoch. The file
 * is the old or the new one at any instant. Thread: any; while the training runs, within its
 * callback only. Errors: CAL_ERR_HANDLE, CAL_ERR_BUSY, CAL_ERR_ARGUMENT, CAL_ERR_IO. */
CAL_CHECKED cal_status cal_trainer_save(cal_trainer *trainer, const char *path);

/* Goes on from a checkpoint of a training with the same options, labels and held-out images; the
 * rest of it has the same bits as if it had never stopped. Thread: any, but not while the training
 * runs. Errors: CAL_ERR_HANDLE, CAL_ERR_BUSY, CAL_ERR_ARGUMENT (it is of another training, or
 * damaged), CAL_ERR_IO, CAL_ERR_MEMORY. On an error the training is as it was. */
CAL_CHECKED cal_status cal_trainer_resume(cal_trainer *trainer, const char *path);

/* The model as it is now or, with keep_best, as it was after the best epoch so far. With
 * CAL_RECIPE_PAPER the usage of its prototypes is that of the last epoch that ended, 0 if they were
 * pruned with it. With CAL_RECIPE_DEFAULT all images that are trained on are looked at once more,
 * asked of the source as ever, and clustered, on the trainer's threads and this one: that takes as
 * long as a part of an epoch. names: `known` texts (UTF-8), the names of the known classes.
 * training_data says what it was trained on; NULL: nothing. Thread: any; while the training runs,
 * within its callback only. Errors: CAL_ERR_HANDLE, CAL_ERR_BUSY, CAL_ERR_ARGUMENT,
 * CAL_ERR_MODEL_INVALID (weights that are not finite, names or training_data that break a model's
 * rules), CAL_ERR_MODEL_LIMIT (they are too long, or the model is too large), CAL_ERR_NUMERIC,
 * CAL_ERR_IO (an image cannot be had), CAL_ERR_MEMORY. */
CAL_CHECKED cal_status cal_trainer_model(cal_trainer *trainer, const char *const *names,
                                         const char *training_data, cal_model **out);

/* ------------------------------------------------------------ field updates */

/* After a model was handed out, images of methods that it does not know arrive. An updater takes
 * in what the model is shown; a commit makes the next epoch of its prototypes out of that: new
 * methods are discovered and get new ids, prototypes that nothing uses retire, known ones stay as
 * they are. Network and feature vectors never change. How: docs/UPDATES.md.
 *
 * An updater lives in a folder. What was acknowledged is there after any crash, a commit is there
 * whole or not at all, and one updater at a time has the folder. What several updaters of one model
 * observed merges into exactly what one would have. */

typedef struct cal_updater cal_updater;

enum {
    CAL_UPDATER_SALVAGE = 1, /* open a damaged journal as far as it is good; what follows is set
                                aside in journal.damaged. Without the flag a state whose journal
                                is missing is damaged, too; with it, it is opened without */
    CAL_UPDATER_NO_SYNC = 2  /* do not wait for the disk at every call: what was observed since
                                cal_updater_sync is lost if the machine stops, but not if only the
                                process does */
};

typedef struct cal_updater_options {
    uint32_t struct_size;
    uint32_t flags;      /* CAL_UPDATER_* */
    uint64_t seed;       /* of the choice of images that are kept; updaters whose states are to
                            merge need the same seed, reservoir and samples. These three count
                            when the state is created */
    uint32_t reservoir;  /* images kept of those that nothing explains well; 0: 8192; 16 to
                            1048576. Each takes 4 bytes x feature_count, on disk and in memory */
    uint32_t samples;    /* images kept for each prototype; 0: 256; 4 to 65536 */
    uint32_t keep;       /* epochs whose models stay in the folder; 0: 4 */
    uint32_t reserved;
} cal_updater_options;
#define CAL_UPDATER_OPTIONS_INIT {(uint32_t)sizeof(cal_updater_options), 0, 0, 0, 0, 0, 0}

/* Makes a state of the model in a folder, which is made if it is not there (its parent must be).
 * options may be NULL. Thread: any. Errors: CAL_ERR_HANDLE, CAL_ERR_ARGUMENT (also: there is a
 * state), CAL_ERR_STRUCT_SIZE, CAL_ERR_IO, CAL_ERR_STATE_LOCKED. */
CAL_CHECKED cal_status cal_updater_create(const cal_model *model, const char *folder,
                                          const cal_updater_options *options, cal_updater **out);

/* Goes on with the state of a folder. Of a commit that failed or was not finished, files named
 * epoch-N.cal and epoch-N.json may be there (or the same with .new), which are removed. Thread: any.
 * Errors: CAL_ERR_ARGUMENT, CAL_ERR_STRUCT_SIZE, CAL_ERR_NOT_FOUND (no state), CAL_ERR_IO,
 * CAL_ERR_STATE_LOCKED, CAL_ERR_STATE_DAMAGED (the sentence has the file, and the byte if the file is
 * there), CAL_ERR_MODEL_*. */
CAL_CHECKED cal_status cal_updater_open(const char *folder, const cal_updater_options *options,
                                        cal_updater **out);

/* Gives up the handle and the folder; a call that runs finishes first. NULL is fine. Thread: any. */
CAL_API void cal_updater_free(cal_updater *updater);

/* Attributes images as cal_session_attribute_batch does, and takes those in that have CAL_OK.
 * The session's model must be the updater's current one. An image is known by its pixels (and its
 * face box): one that comes again is counted again, but never kept twice. When this returns
 * CAL_OK, all of them are on the disk. cal_session_cancel, cal_updater_cancel and options->progress
 * stop it: then the finished images are taken in. On another error some may have been. Thread: one
 * at a time per updater and session. Errors: as cal_session_attribute_batch, CAL_ERR_IO. */
CAL_CHECKED cal_status cal_updater_observe(cal_updater *updater, cal_session *session,
                                           const cal_image *images, size_t count,
                                           const cal_attribute_options *options,
                                           cal_result *results);

/* The same for feature vectors, as cal_result has them: count x feature_count floats at features,
 * and count x CAL_DIGEST_SIZE bytes at keys, which say which image each is: its pixels_sha256.
 * Thread: one at a time per updater. Errors: CAL_ERR_HANDLE, CAL_ERR_BUSY, CAL_ERR_ARGUMENT,
 * CAL_ERR_IO. */
CAL_CHECKED cal_status cal_updater_observe_features(cal_updater *updater, const float *features,
                                                    const uint8_t *keys, size_t count);

/* Waits until everything observed is on the disk. Thread: one at a time per updater. Errors: as
 * above. */
CAL_CHECKED cal_status cal_updater_sync(cal_updater *updater);

/* The state as one line of JSON: model, epoch, kept epochs, images seen and unexplained since the
 * last commit, reservoir, usage by prototype, labels, and what opening found to be damaged.
 * Text rule. Thread: one at a time per updater. Errors: CAL_ERR_HANDLE, CAL_ERR_BUSY,
 * CAL_ERR_ARGUMENT. */
CAL_CHECKED cal_status cal_updater_status(cal_updater *updater, char *buffer, size_t capacity,
                                          size_t *length);

typedef struct cal_commit_options {
    uint32_t struct_size;
    uint32_t founders;    /* different images that a new method needs; 0: 10; from 2 */
    double separation;    /* of a new method from all else, in units of spread; 0: 4. A normal
                             cloud cut in two has 2.7, a uniform one 3.5 */
    double duplicate;     /* cosine of features from which two images count as one; 0: 0.999 */
    double known_loss;    /* share of the model's calibration images that may lose their right
                             answer; 0: 0.01; negative: none */
    double coverage;      /* of pruning, see cal_prune_options; 0: 1, only unused ones go. It leaves
                             known ones as they are, and those named by cal_updater_label that
                             this commit makes */
    cal_progress_callback progress; /* of 1000; NULL: none */
    void *progress_user;
} cal_commit_options;
#define CAL_COMMIT_OPTIONS_INIT {(uint32_t)sizeof(cal_commit_options), 0, 0, 0, 0, 0, NULL, NULL}

/* Finds out what a commit would do, for cal_updater_report; nothing changes. options may be NULL.
 * Thread: one at a time per updater. Errors: CAL_ERR_HANDLE, CAL_ERR_BUSY, CAL_ERR_ARGUMENT,
 * CAL_ERR_STRUCT_SIZE, CAL_ERR_REFUSED (the sentence has the figures), CAL_ERR_CANCELLED,
 * CAL_ERR_MODEL_* (the new model would break a rule or limit of model files). */
CAL_CHECKED cal_status cal_updater_preview(cal_updater *updater,
                                           const cal_commit_options *options);

/* Makes the next epoch. The new model, whose parent is the old one, is *out (if out is not NULL)
 * and lies in the folder as epoch-N.cal; sessions of the old model go on undisturbed. Nothing has
 * changed on an error, but CAL_ERR_IO may say that the updater must be opened again to know.
 * Thread: one at a time per updater. Errors: as cal_updater_preview, and CAL_ERR_IO. */
CAL_CHECKED cal_status cal_updater_commit(cal_updater *updater, const cal_commit_options *options,
                                          cal_model **out);

/* The report on this handle's last preview or commit as one line of JSON (docs/UPDATES.md).
 * Text rule. Thread: one at a time per updater. Errors: CAL_ERR_HANDLE, CAL_ERR_BUSY,
 * CAL_ERR_ARGUMENT, CAL_ERR_NOT_FOUND (there was none). */
CAL_CHECKED cal_status cal_updater_report(cal_updater *updater, char *buffer, size_t capacity,
                                          size_t *length);

/* Models and reports of all kept epochs as one line of JSON. Text rule. Thread: one at a time per
 * updater. Errors: CAL_ERR_HANDLE, CAL_ERR_BUSY, CAL_ERR_ARGUMENT, CAL_ERR_IO. */
CAL_CHECKED cal_status cal_updater_history(cal_updater *updater, char *buffer, size_t capacity,
                                           size_t *length);

/* The current model. Thread: one at a time per updater. Errors: CAL_ERR_HANDLE, CAL_ERR_BUSY,
 * CAL_ERR_ARGUMENT. */
CAL_CHECKED cal_status cal_updater_model(cal_updater *updater, cal_model **out);

/* Goes back to the prototypes of a kept epoch, as a new epoch: what was born since is retired, and
 * its ids are not given again. out may be NULL. Thread: one at a time per updater. Errors:
 * CAL_ERR_HANDLE, CAL_ERR_BUSY, CAL_ERR_ARGUMENT, CAL_ERR_NOT_FOUND, CAL_ERR_IO,
 * CAL_ERR_STATE_DAMAGED, CAL_ERR_MODEL_*. */
CAL_CHECKED cal_status cal_updater_rollback(cal_updater *updater, uint64_t epoch,
                                            cal_model **out);

/* Says what the method of a prototype is called. Counts from the next commit on. Thread: one at a
 * time per updater. Errors: CAL_ERR_HANDLE, CAL_ERR_BUSY, CAL_ERR_ARGUMENT, CAL_ERR_MODEL_INVALID,
 * CAL_ERR_MODEL_LIMIT, CAL_ERR_NOT_FOUND, CAL_ERR_IO. */
CAL_CHECKED cal_status cal_updater_name(cal_updater *updater, uint64_t id, const char *name);

/* Says that a novel prototype is the method of another one, known or novel, which takes over its
 * images. Counts from the next commit on. Thread: one at a time per updater. Errors: as
 * cal_updater_name; CAL_ERR_ARGUMENT also if, with what was assigned before, prototypes would be
 * assigned to each other in a circle. */
CAL_CHECKED cal_status cal_updater_assign(cal_updater *updater, uint64_t id, uint64_t into);

/* Says that images are of a method: that of the prototype `id` or, if name is not NULL, the one of
 * that name. If no prototype in use has the name when a commit is made, these images found a new one,
 * however few they are and however close to others. With a name, id is ignored. keys and
 * features are as for cal_updater_observe_features; features may be NULL for images that the
 * updater keeps. (Of an image that was observed with a face box, the key is the SHA-256 of its
 * pixels_sha256 followed by crop_x, crop_y, crop_width and crop_height, 4 bytes each in the byte
 * order of the machine.) The last word on an image counts, from the next commit on. A state has
 * room for as many labelled images as its reservoir for others. Features that are all 0 point
 * nowhere and are CAL_ERR_ARGUMENT; so is, of the next commit, a new name whose images cancel each
 * other out. On an error some may have been labelled. Thread: one at a time per updater. Errors: as
 * cal_updater_name. */
CAL_CHECKED cal_status cal_updater_label(cal_updater *updater, const uint8_t *keys,
                                         const float *features, size_t count, uint64_t id,
                                         const char *name);

/* Adds what the state in another folder observed, which must be of the same model and settings.
 * That folder is only read, so it may be write-protected, and stays as it is: merged twice, its
 * images count twice. A record at the end of its journal that was not written to its end does not
 * count. What was said of prototypes and images must fit together: nothing has two labels, and no
 * prototypes are assigned to each other in a circle; else it is CAL_ERR_ARGUMENT and nothing changes.
 * So is a state whose images have 4 GiB or more. Thread: one at a time per updater. Errors:
 * CAL_ERR_HANDLE, CAL_ERR_BUSY, CAL_ERR_ARGUMENT, CAL_ERR_NOT_FOUND, CAL_ERR_IO, CAL_ERR_MODEL_*,
 * CAL_ERR_STATE_LOCKED (an updater has that folder), CAL_ERR_STATE_DAMAGED (the sentence has the
 * file). */
CAL_CHECKED cal_status cal_updater_merge(cal_updater *updater, const char *folder);

/* Stops a running preview, commit or cal_updater_observe; nothing otherwise. Thread: any. Errors:
 * CAL_ERR_HANDLE. */
CAL_CHECKED cal_status cal_updater_cancel(cal_updater *updater);

/* A copy of the model that holds features of images whose method is known, in the place of those it
 * held of known prototypes: commits are held against them. count x feature_count floats at
 * features, and at ids the id of a prototype in use for each; images of novel ones replace those
 * that the model holds of the same. Its parent is this model. Thread: any. Errors: CAL_ERR_HANDLE,
 * CAL_ERR_ARGUMENT (a feature that is not finite, too), CAL_ERR_NOT_FOUND (an id),
 * CAL_ERR_MODEL_LIMIT, CAL_ERR_MEMORY. */
CAL_CHECKED cal_status cal_model_calibrate(const cal_model *model, const float *features,
                                           const uint64_t *ids, size_t count, cal_model **out);

#ifdef __cplusplus
}
#endif

#endif /* CAL_H */
