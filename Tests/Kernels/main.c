/* The hot loops against plain C: every set of them that this CPU has, or those that arguments name.
 * Prints what it ran: sets, each with the instructions of its int8 loop. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

static int failures;

void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    if (++failures <= 20) {
        vfprintf(stderr, format, arguments);
        fputc('\n', stderr);
    }
    va_end(arguments);
}

static uint64_t state = 1;

/* SplitMix64 (Steele, Lea and Flood 2014). */
static uint64_t next(void) {
    uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

int32_t pick(int32_t low, int32_t high) {
    return low + (int32_t)(next() % (uint64_t)(high - low + 1));
}

float uniform(void) { return (float)(next() >> 40) / (1 << 23) - 1; }

static void *blocks[256];
static int block_count;

float *zeros(int64_t count) {
    float *block = calloc((size_t)count + 16, sizeof *block);
    if (!block || block_count == 256) {
        fputs("out of memory\n", stderr);
        exit(2);
    }
    blocks[block_count++] = block;
    return block;
}

float *numbers(int64_t count) {
    float *block = zeros(count);
    for (int64_t i = 0; i < count; i++)
        block[i] = uniform();
    return block;
}

void free_numbers(void) {
    while (block_count > 0)
        free(blocks[--block_count]);
}

int is_close(float got, double expected, double size, double tolerance) {
    if (isnan(expected))
        return isnan(got);
    return fabs((double)got - expected) <= tolerance * (size + 1e-30);
}

/* Without arguments, everything. */
static int is_wanted(const char *name, int count, char **arguments) {
    for (int i = 1; i < count; i++)
        if (strcmp(arguments[i], name) == 0)
            return 1;
    return count < 2;
}

int main(int count, char **arguments) {
    static const struct {
        calk_set set;
        const char *name;
    } sets[] = {{CALK_PORTABLE, "portable"}, {CALK_AVX2, "avx2"}, {CALK_AVX512, "avx512"}};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        const calk_kernels *kernels = calk_kernels_for(sets[i].set);
        if (!kernels || !is_wanted(sets[i].name, count, arguments))
            continue;
        const calk_bf16 *bf16 = calk_bf16_for(sets[i].set);
        printf("%s int8:%s bf16:%s\n", sets[i].name, kernels->int8_name(),
               bf16->together == 2 ? "avx512bf16" : "emulated");
        fflush(stdout);
        check_convolutions(kernels);
        check_winograd(kernels);
        check_quantised(kernels);
        check_bf16(bf16);
        check_pooling(kernels);
        check_frequency(kernels);
        check_gradients(kernels);
        check_weight_gradients(kernels);
        check_row_products(kernels);
        check_fold(kernels);
    }
    if (is_wanted("bytes", count, arguments)) {
        check_resize();
        check_sha256();
    }
    if (failures > 0)
        fprintf(stderr, "%d failures\n", failures);
    return failures > 0;
}
