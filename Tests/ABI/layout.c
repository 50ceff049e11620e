/* The layout of every public struct, byte for byte, on 64-bit systems, and the value of every
 * public constant: what a program compiled years ago relies on. It is compiled as C11 and as C++17
 * and has nothing to run. A line here may be added when a struct grows at its end; changing one
 * breaks libcal.so.1. */
#include "cal.h"

#ifdef __cplusplus
#define CHECK(condition, text) static_assert(condition, text)
#else
#define CHECK(condition, text) _Static_assert(condition, text)
#endif

#define SIZE(type, size) CHECK(sizeof(type) == (size), "size of " #type)
#define FIELD(type, field, offset, size)                                                           \
    CHECK(offsetof(type, field) == (offset), "offset of " #type "." #field);                       \
    CHECK(sizeof(((type *)0)->field) == (size), "size of " #type "." #field)
#define VALUE(constant, value) CHECK((constant) == (value), "value of " #constant)

CHECK(sizeof(void *) == 8, "this table is for 64-bit systems");

SIZE(cal_load_options, 32);
FIELD(cal_load_options, struct_size, 0, 4);
FIELD(cal_load_options, reserved, 4, 4);
FIELD(cal_load_options, size_limit, 8, 8);
FIELD(cal_load_options, progress, 16, 8);
FIELD(cal_load_options, progress_user, 24, 8);

SIZE(cal_model_info, 80);
FIELD(cal_model_info, struct_size, 0, 4);
FIELD(cal_model_info, format_version, 4, 4);
FIELD(cal_model_info, input_size, 8, 4);
FIELD(cal_model_info, feature_count, 12, 4);
FIELD(cal_model_info, map_height, 16, 4);
FIELD(cal_model_info, map_width, 20, 4);
FIELD(cal_model_info, prototype_count, 24, 4);
FIELD(cal_model_info, known_count, 28, 4);
FIELD(cal_model_info, novel_count, 32, 4);
FIELD(cal_model_info, retired_count, 36, 4);
FIELD(cal_model_info, bank_epoch, 40, 8);
FIELD(cal_model_info, parameter_count, 48, 8);
FIELD(cal_model_info, file_size, 56, 8);
FIELD(cal_model_info, known_threshold, 64, 4);
FIELD(cal_model_info, novel_threshold, 68, 4);
FIELD(cal_model_info, temperature, 72, 4);
FIELD(cal_model_info, reserved, 76, 4);

SIZE(cal_prototype, 296);
FIELD(cal_prototype, struct_size, 0, 4);
FIELD(cal_prototype, kind, 4, 4);
FIELD(cal_prototype, id, 8, 8);
FIELD(cal_prototype, merged_into, 16, 8);
FIELD(cal_prototype, birth_epoch, 24, 8);
FIELD(cal_prototype, usage, 32, 8);
FIELD(cal_prototype, name, 40, 256);

SIZE(cal_box, 16);
FIELD(cal_box, x, 0, 4);
FIELD(cal_box, y, 4, 4);
FIELD(cal_box, width, 8, 4);
FIELD(cal_box, height, 12, 4);

SIZE(cal_image, 64);
FIELD(cal_image, struct_size, 0, 4);
FIELD(cal_image, format, 4, 4);
FIELD(cal_image, width, 8, 4);
FIELD(cal_image, height, 12, 4);
FIELD(cal_image, stride, 16, 8);
FIELD(cal_image, pixels, 24, 8);
FIELD(cal_image, size, 32, 8);
FIELD(cal_image, face, 40, 16);
FIELD(cal_image, face_margin, 56, 4);
FIELD(cal_image, reserved, 60, 4);

SIZE(cal_session_options, 16);
FIELD(cal_session_options, struct_size, 0, 4);
FIELD(cal_session_options, threads, 4, 4);
FIELD(cal_session_options, kernels, 8, 4);
FIELD(cal_session_options, reserved, 12, 4);

SIZE(cal_score, 24);
FIELD(cal_score, id, 0, 8);
FIELD(cal_score, kind, 8, 4);
FIELD(cal_score, index, 12, 4);
FIELD(cal_score, logit, 16, 4);
FIELD(cal_score, probability, 20, 4);

SIZE(cal_attribute_options, 32);
FIELD(cal_attribute_options, struct_size, 0, 4);
FIELD(cal_attribute_options, flags, 4, 4);
FIELD(cal_attribute_options, known_threshold, 8, 4);
FIELD(cal_attribute_options, novel_threshold, 12, 4);
FIELD(cal_attribute_options, progress, 16, 8);
FIELD(cal_attribute_options, progress_user, 24, 8);

SIZE(cal_result, 368);
FIELD(cal_result, struct_size, 0, 4);
FIELD(cal_result, status, 4, 4);
FIELD(cal_result, verdict, 8, 4);
FIELD(cal_result, ranked_capacity, 12, 4);
FIELD(cal_result, ranked_count, 16, 4);
FIELD(cal_result, feature_capacity, 20, 4);
FIELD(cal_result, ranked, 24, 8);
FIELD(cal_result, features, 32, 8);
FIELD(cal_result, known_threshold, 40, 4);
FIELD(cal_result, novel_threshold, 44, 4);
FIELD(cal_result, bank_epoch, 48, 8);
FIELD(cal_result, width, 56, 4);
FIELD(cal_result, height, 60, 4);
FIELD(cal_result, crop_x, 64, 4);
FIELD(cal_result, crop_y, 68, 4);
FIELD(cal_result, crop_width, 72, 4);
FIELD(cal_result, crop_height, 76, 4);
FIELD(cal_result, pixels_sha256, 80, 32);
FIELD(cal_result, error, 112, 256);

VALUE(CAL_OK, 0);
VALUE(CAL_ERR_ARGUMENT, 101);
VALUE(CAL_ERR_STRUCT_SIZE, 102);
VALUE(CAL_ERR_HANDLE, 103);
VALUE(CAL_ERR_BUSY, 104);
VALUE(CAL_ERR_VERSION, 105);
VALUE(CAL_ERR_NOT_FOUND, 106);
VALUE(CAL_ERR_MODEL_FORMAT, 201);
VALUE(CAL_ERR_MODEL_VERSION, 202);
VALUE(CAL_ERR_MODEL_INVALID, 203);
VALUE(CAL_ERR_MODEL_LIMIT, 204);
VALUE(CAL_ERR_IMAGE_SIZE, 301);
VALUE(CAL_ERR_IMAGE_STRIDE, 302);
VALUE(CAL_ERR_IMAGE_BUFFER, 303);
VALUE(CAL_ERR_IMAGE_FORMAT, 304);
VALUE(CAL_ERR_IMAGE_BOX, 305);
VALUE(CAL_ERR_NUMERIC, 401);
VALUE(CAL_ERR_MEMORY, 501);
VALUE(CAL_ERR_IO, 502);
VALUE(CAL_ERR_THREADS, 503);
VALUE(CAL_ERR_CANCELLED, 601);
VALUE(CAL_ERR_INTERNAL, 901);

VALUE(CAL_LOG_DEBUG, 1);
VALUE(CAL_LOG_INFO, 2);
VALUE(CAL_LOG_WARNING, 3);
VALUE(CAL_LOG_ERROR, 4);

VALUE(CAL_KIND_KNOWN, 1);
VALUE(CAL_KIND_NOVEL, 2);
VALUE(CAL_KIND_RETIRED, 3);

VALUE(CAL_FORMAT_RGB8, 1);
VALUE(CAL_FORMAT_BGR8, 2);
VALUE(CAL_FORMAT_RGBA8, 3);
VALUE(CAL_FORMAT_BGRA8, 4);
VALUE(CAL_FORMAT_GRAY8, 5);

VALUE(CAL_KERNELS_AUTO, 0);
VALUE(CAL_KERNELS_PORTABLE, 1);
VALUE(CAL_KERNELS_AVX2, 2);
VALUE(CAL_KERNELS_AVX512, 3);
VALUE(CAL_KERNELS_REFERENCE, 9);

VALUE(CAL_VERDICT_UNDETERMINED, 0);
VALUE(CAL_VERDICT_KNOWN, 1);
VALUE(CAL_VERDICT_NOVEL, 2);

VALUE(CAL_ATTRIBUTE_NO_PIXEL_DIGEST, 1);

VALUE(CAL_IMAGE_SIDE_MAX, 32768);
VALUE(CAL_IMAGE_PIXELS_MAX, 268435456);
VALUE(CAL_THREADS_MAX, 256);
VALUE(CAL_NAME_MAX, 255);
VALUE(CAL_DIGEST_SIZE, 32);
VALUE(CAL_BATCH_MAX, 1048576);

int main(void) { return 0; }
