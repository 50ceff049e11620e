/* Choice of the instruction set, and the loops that need none. */

#include "resize_sets.h"

calk_resize_set calk_resize_best(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        return CALK_RESIZE_AVX2;
#endif
    return CALK_RESIZE_PORTABLE;
}

#if defined(__x86_64__)
#define CALL(function, ...)                                                                        \
    (set == CALK_RESIZE_AVX2 ? function##_avx2(__VA_ARGS__) : function##_portable(__VA_ARGS__))
#else
#define CALL(function, ...) ((void)set, function##_portable(__VA_ARGS__))
#endif

void calk_resize_horizontal(calk_resize_set set, calk_resize_rows rows, size_t channels,
                            calk_resize_filter filter, uint8_t *out, size_t slot, size_t stride) {
    CALL(calk_resize_horizontal, rows, channels, filter, out, slot, stride);
}

void calk_resize_vertical(calk_resize_set set, const uint8_t *rows, size_t slots, size_t stride,
                          size_t bytes, calk_resize_filter filter, size_t output, uint8_t *out) {
    CALL(calk_resize_vertical, rows, slots, stride, bytes, filter, output, out);
}

void calk_resize_look_up(const uint8_t *values, size_t step, size_t count, const float table[256],
                         float *out) {
    for (size_t i = 0; i < count; i++)
        out[i] = table[values[i * step]];
}

static inline __attribute__((always_inline)) void reorder(const uint8_t *pixels, size_t step,
                                                          size_t red, size_t green, size_t blue,
                                                          size_t width, uint8_t *rgb) {
    for (size_t x = 0; x < width; x++) {
        rgb[3 * x] = pixels[step * x + red];
        rgb[3 * x + 1] = pixels[step * x + green];
        rgb[3 * x + 2] = pixels[step * x + blue];
    }
}

/* One loop per layout, so that the compiler knows its steps. */
void calk_resize_rgb(const uint8_t *pixels, size_t step, size_t red, size_t width, uint8_t *rgb) {
    if (step == 1)
        reorder(pixels, 1, 0, 0, 0, width, rgb);
    else if (step == 3 && red == 0)
        reorder(pixels, 3, 0, 1, 2, width, rgb);
    else if (step == 3)
        reorder(pixels, 3, 2, 1, 0, width, rgb);
    else if (red == 0)
        reorder(pixels, 4, 0, 1, 2, width, rgb);
    else
        reorder(pixels, 4, 2, 1, 0, width, rgb);
}
