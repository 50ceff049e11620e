/* What the tests of the hot loops share: numbers, comparison, and the list of tests. */
#ifndef CHECK_H
#define CHECK_H

#include <stdint.h>
#include <stdlib.h>

#include "bf16.h"
#include "kernels.h"

/* Counts and prints a failure; printf's arguments. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same numbers in every run: a whole number from `low` to `high`, a float in [-1, 1). */
int32_t pick(int32_t low, int32_t high);
float uniform(void);

/* `count` floats that end with the test: zeros, or uniform. */
float *zeros(int64_t count);
float *numbers(int64_t count);
void free_numbers(void);

/* One number, known in double precision, that is a sum of terms whose sizes add up to `size`; or
 * not a number, as expected. */
int is_close(float got, double expected, double size, double tolerance);

static inline int32_t padded(int32_t channels) {
    return (channels + CALK_CHANNELS - 1) / CALK_CHANNELS * CALK_CHANNELS;
}

/* Of one set of loops. */
void check_convolutions(const calk_kernels *kernels);
void check_winograd(const calk_kernels *kernels);
void check_quantised(const calk_kernels *kernels);
void check_bf16(const calk_bf16 *loops);
void check_pooling(const calk_kernels *kernels);
void check_frequency(const calk_kernels *kernels);
void check_gradients(const calk_kernels *kernels);
void check_weight_gradients(const calk_kernels *kernels);
void check_row_products(const calk_kernels *kernels);
void check_fold(const calk_kernels *kernels);
/* These choose for themselves. */
void check_resize(void);
void check_sha256(void);

#endif
