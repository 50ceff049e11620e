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

SIZE(cal_session_options, 24);
FIELD(cal_session_options, struct_size, 0, 4);
FIELD(cal_session_options, threads, 4, 4);
FIELD(cal_session_options, kernels, 8, 4);
FIELD(cal_session_options, reserved, 12, 4);
FIELD(cal_session_options, flags, 16, 4);
FIELD(cal_session_options, precision, 20, 4);

SIZE(cal_quantize_options, 32);
FIELD(cal_quantize_options, struct_size, 0, 4);
FIELD(cal_quantize_options, threads, 4, 4);
FIELD(cal_quantize_options, flags, 8, 4);
FIELD(cal_quantize_options, reserved, 12, 4);
FIELD(cal_quantize_options, progress, 16, 8);
FIELD(cal_quantize_options, progress_user, 24, 8);

SIZE(cal_stage_time, 16);
FIELD(cal_stage_time, stage, 0, 4);
FIELD(cal_stage_time, reserved, 4, 4);
FIELD(cal_stage_time, nanoseconds, 8, 8);

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

SIZE(cal_objective_input, 48);
FIELD(cal_objective_input, struct_size, 0, 4);
FIELD(cal_objective_input, rows, 4, 4);
FIELD(cal_objective_input, classes, 8, 4);
FIELD(cal_objective_input, known, 12, 4);
FIELD(cal_objective_input, weak, 16, 8);
FIELD(cal_objective_input, strong, 24, 8);
FIELD(cal_objective_input, tag, 32, 8);
FIELD(cal_objective_input, target, 40, 8);

SIZE(cal_objective_options, 72);
FIELD(cal_objective_options, struct_size, 0, 4);
FIELD(cal_objective_options, recipe, 4, 4);
FIELD(cal_objective_options, epoch, 8, 4);
FIELD(cal_objective_options, epochs, 12, 4);
FIELD(cal_objective_options, pseudo_epoch, 16, 4);
FIELD(cal_objective_options, reserved, 20, 4);
FIELD(cal_objective_options, gamma, 24, 8);
FIELD(cal_objective_options, novel_threshold, 32, 8);
FIELD(cal_objective_options, threshold_floor, 40, 8);
FIELD(cal_objective_options, teacher_temperature, 48, 8);
FIELD(cal_objective_options, student_temperature, 56, 8);
FIELD(cal_objective_options, ccr_weight, 64, 8);

SIZE(cal_confidence, 32);
FIELD(cal_confidence, sum_known, 0, 8);
FIELD(cal_confidence, sum_novel, 8, 8);
FIELD(cal_confidence, count_known, 16, 8);
FIELD(cal_confidence, count_novel, 24, 8);

SIZE(cal_objective_result, 104);
FIELD(cal_objective_result, struct_size, 0, 4);
FIELD(cal_objective_result, acr_selected, 4, 4);
FIELD(cal_objective_result, supervised, 8, 8);
FIELD(cal_objective_result, regulariser, 16, 8);
FIELD(cal_objective_result, ccr, 24, 8);
FIELD(cal_objective_result, acr, 32, 8);
FIELD(cal_objective_result, total, 40, 8);
FIELD(cal_objective_result, confidence, 48, 32);
FIELD(cal_objective_result, weak_gradient, 80, 8);
FIELD(cal_objective_result, strong_gradient, 88, 8);
FIELD(cal_objective_result, gradient_capacity, 96, 8);

SIZE(cal_prune_input, 32);
FIELD(cal_prune_input, struct_size, 0, 4);
FIELD(cal_prune_input, rows, 4, 4);
FIELD(cal_prune_input, features, 8, 4);
FIELD(cal_prune_input, known, 12, 4);
FIELD(cal_prune_input, prototypes, 16, 8);
FIELD(cal_prune_input, usage, 24, 8);

SIZE(cal_prune_options, 16);
FIELD(cal_prune_options, struct_size, 0, 4);
FIELD(cal_prune_options, recipe, 4, 4);
FIELD(cal_prune_options, coverage, 8, 8);

SIZE(cal_prune_result, 48);
FIELD(cal_prune_result, struct_size, 0, 4);
FIELD(cal_prune_result, kept_count, 4, 4);
FIELD(cal_prune_result, prototypes, 8, 8);
FIELD(cal_prune_result, prototype_capacity, 16, 8);
FIELD(cal_prune_result, kept, 24, 8);
FIELD(cal_prune_result, merged_into, 32, 8);
FIELD(cal_prune_result, row_capacity, 40, 8);

SIZE(cal_metrics_input, 40);
FIELD(cal_metrics_input, struct_size, 0, 4);
FIELD(cal_metrics_input, count, 4, 4);
FIELD(cal_metrics_input, classes, 8, 4);
FIELD(cal_metrics_input, known, 12, 4);
FIELD(cal_metrics_input, label, 16, 8);
FIELD(cal_metrics_input, predicted, 24, 8);
FIELD(cal_metrics_input, score, 32, 8);

SIZE(cal_metrics_options, 16);
FIELD(cal_metrics_options, struct_size, 0, 4);
FIELD(cal_metrics_options, reserved, 4, 4);
FIELD(cal_metrics_options, minimum_share, 8, 8);

SIZE(cal_agreement, 24);
FIELD(cal_agreement, acc, 0, 8);
FIELD(cal_agreement, nmi, 8, 8);
FIELD(cal_agreement, ari, 16, 8);

SIZE(cal_metrics_result, 200);
FIELD(cal_metrics_result, struct_size, 0, 4);
FIELD(cal_metrics_result, known_count, 4, 4);
FIELD(cal_metrics_result, novel_count, 8, 4);
FIELD(cal_metrics_result, label_ids, 12, 4);
FIELD(cal_metrics_result, predicted_ids, 16, 4);
FIELD(cal_metrics_result, predicted_novel_ids, 20, 4);
FIELD(cal_metrics_result, frequent_ids, 24, 4);
FIELD(cal_metrics_result, frequent_novel_ids, 28, 4);
FIELD(cal_metrics_result, all, 32, 24);
FIELD(cal_metrics_result, known, 56, 24);
FIELD(cal_metrics_result, novel, 80, 24);
FIELD(cal_metrics_result, joint_known_acc, 104, 8);
FIELD(cal_metrics_result, joint_novel_acc, 112, 8);
FIELD(cal_metrics_result, strict_novel_acc, 120, 8);
FIELD(cal_metrics_result, macro_acc, 128, 8);
FIELD(cal_metrics_result, macro_known_acc, 136, 8);
FIELD(cal_metrics_result, macro_novel_acc, 144, 8);
FIELD(cal_metrics_result, auroc, 152, 8);
FIELD(cal_metrics_result, oscr, 160, 8);
FIELD(cal_metrics_result, confusion, 168, 8);
FIELD(cal_metrics_result, confusion_capacity, 176, 8);
FIELD(cal_metrics_result, match, 184, 8);
FIELD(cal_metrics_result, match_capacity, 192, 8);

SIZE(cal_source, 64);
FIELD(cal_source, struct_size, 0, 4);
FIELD(cal_source, reserved, 4, 4);
FIELD(cal_source, count, 8, 8);
FIELD(cal_source, label, 16, 8);
FIELD(cal_source, images, 24, 8);
FIELD(cal_source, load, 32, 8);
FIELD(cal_source, unload, 40, 8);
FIELD(cal_source, user, 48, 8);
FIELD(cal_source, held_out, 56, 8);

SIZE(cal_training_options, 192);
FIELD(cal_training_options, struct_size, 0, 4);
FIELD(cal_training_options, recipe, 4, 4);
FIELD(cal_training_options, known, 8, 4);
FIELD(cal_training_options, prototypes, 12, 4);
FIELD(cal_training_options, prune, 16, 4);
FIELD(cal_training_options, epochs, 20, 4);
FIELD(cal_training_options, batch_size, 24, 4);
FIELD(cal_training_options, pseudo_epoch, 28, 4);
FIELD(cal_training_options, block, 32, 4);
FIELD(cal_training_options, depth, 36, 16);
FIELD(cal_training_options, width, 52, 4);
FIELD(cal_training_options, input_size, 56, 4);
FIELD(cal_training_options, small_stem, 60, 4);
FIELD(cal_training_options, without_ffe, 64, 4);
FIELD(cal_training_options, threads, 68, 4);
FIELD(cal_training_options, kernels, 72, 4);
FIELD(cal_training_options, seed, 80, 8);
FIELD(cal_training_options, learning_rate, 88, 8);
FIELD(cal_training_options, weight_decay, 96, 8);
FIELD(cal_training_options, decay_epochs, 104, 4);
FIELD(cal_training_options, reserved, 108, 4);
FIELD(cal_training_options, decay_factor, 112, 8);
FIELD(cal_training_options, dropout, 120, 8);
FIELD(cal_training_options, gamma, 128, 8);
FIELD(cal_training_options, ccr_weight, 136, 8);
FIELD(cal_training_options, coverage, 144, 8);
FIELD(cal_training_options, mean, 152, 12);
FIELD(cal_training_options, deviation, 164, 12);
FIELD(cal_training_options, validation, 176, 8);
FIELD(cal_training_options, patience, 184, 4);
FIELD(cal_training_options, keep_best, 188, 4);

SIZE(cal_training_report, 120);
FIELD(cal_training_report, struct_size, 0, 4);
FIELD(cal_training_report, epoch, 4, 4);
FIELD(cal_training_report, epochs, 8, 4);
FIELD(cal_training_report, step, 12, 4);
FIELD(cal_training_report, steps, 16, 4);
FIELD(cal_training_report, is_epoch_end, 20, 4);
FIELD(cal_training_report, prototypes, 24, 4);
FIELD(cal_training_report, acr_selected, 28, 4);
FIELD(cal_training_report, supervised, 32, 8);
FIELD(cal_training_report, regulariser, 40, 8);
FIELD(cal_training_report, ccr, 48, 8);
FIELD(cal_training_report, acr, 56, 8);
FIELD(cal_training_report, total, 64, 8);
FIELD(cal_training_report, novel_threshold, 72, 8);
FIELD(cal_training_report, learning_rate, 80, 8);
FIELD(cal_training_report, validation_accuracy, 88, 8);
FIELD(cal_training_report, validation_confidence, 96, 8);
FIELD(cal_training_report, validation_images, 104, 4);
FIELD(cal_training_report, best_epoch, 108, 4);
FIELD(cal_training_report, is_finished, 112, 4);
FIELD(cal_training_report, reserved, 116, 4);

SIZE(cal_updater_options, 32);
FIELD(cal_updater_options, struct_size, 0, 4);
FIELD(cal_updater_options, flags, 4, 4);
FIELD(cal_updater_options, seed, 8, 8);
FIELD(cal_updater_options, reservoir, 16, 4);
FIELD(cal_updater_options, samples, 20, 4);
FIELD(cal_updater_options, keep, 24, 4);
FIELD(cal_updater_options, reserved, 28, 4);

SIZE(cal_commit_options, 56);
FIELD(cal_commit_options, struct_size, 0, 4);
FIELD(cal_commit_options, founders, 4, 4);
FIELD(cal_commit_options, separation, 8, 8);
FIELD(cal_commit_options, duplicate, 16, 8);
FIELD(cal_commit_options, known_loss, 24, 8);
FIELD(cal_commit_options, coverage, 32, 8);
FIELD(cal_commit_options, progress, 40, 8);
FIELD(cal_commit_options, progress_user, 48, 8);

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
VALUE(CAL_ERR_STATE_LOCKED, 701);
VALUE(CAL_ERR_STATE_DAMAGED, 702);
VALUE(CAL_ERR_REFUSED, 703);
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

VALUE(CAL_PRECISION_AUTO, 0);
VALUE(CAL_PRECISION_FP32, 1);
VALUE(CAL_PRECISION_INT8, 2);
VALUE(CAL_PRECISION_BF16, 3);

VALUE(CAL_SESSION_PROFILE, 1);
VALUE(CAL_QUANTIZE_DEFAULT, 1);

VALUE(CAL_STAGE_PREPROCESSING, 1);
VALUE(CAL_STAGE_DIGEST, 2);
VALUE(CAL_STAGE_BACKBONE, 3);
VALUE(CAL_STAGE_FFE, 4);
VALUE(CAL_STAGE_NECK, 5);
VALUE(CAL_STAGE_HEAD, 6);
VALUE(CAL_STAGE_WAITING, 7);
VALUE(CAL_STAGE_WHOLE, 8);

VALUE(CAL_VERDICT_UNDETERMINED, 0);
VALUE(CAL_VERDICT_KNOWN, 1);
VALUE(CAL_VERDICT_NOVEL, 2);

VALUE(CAL_ATTRIBUTE_NO_PIXEL_DIGEST, 1);

VALUE(CAL_RECIPE_DEFAULT, 0);
VALUE(CAL_RECIPE_PAPER, 1);

VALUE(CAL_TAG_LABELLED, 1);
VALUE(CAL_TAG_UNLABELLED, 2);
VALUE(CAL_TAG_PSEUDO_LABELLED, 3);

VALUE(CAL_BLOCK_BASIC, 1);
VALUE(CAL_BLOCK_BOTTLENECK, 2);

VALUE(CAL_UPDATER_SALVAGE, 1);
VALUE(CAL_UPDATER_NO_SYNC, 2);

VALUE(CAL_IMAGE_SIDE_MAX, 32768);
VALUE(CAL_IMAGE_PIXELS_MAX, 268435456);
VALUE(CAL_THREADS_MAX, 256);
VALUE(CAL_NAME_MAX, 255);
VALUE(CAL_DIGEST_SIZE, 32);
VALUE(CAL_BATCH_MAX, 1048576);
VALUE(CAL_SAMPLES_MAX, 16777216);
VALUE(CAL_CLASSES_MAX, 4096);
VALUE(CAL_FEATURES_MAX, 16384);

int main(void) { return 0; }
