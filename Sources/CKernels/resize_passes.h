/* The two passes of the resize, written once. The includer defines VECTOR (resize_vectors.h)
 * and NAME(), which tells the instruction sets apart. */

#include "resize_vectors.h"

static inline __attribute__((always_inline)) void horizontal_colour(ck_resize_rows rows,
                                                                    size_t channels,
                                                                    ck_resize_filter filter,
                                                                    uint8_t *out, size_t stride) {
    for (size_t o = 0; o < filter.outputs; o++) {
        const int16_t *weights = filter.weights + o * 2 * filter.taps;
        size_t offset = (size_t)filter.windows[o].first * channels;
        sums low[CK_RESIZE_ROWS] = {{0}}, high[CK_RESIZE_ROWS] = {{0}};
        for (int32_t i = 0; i < filter.windows[o].count; i += PIXELS) {
            shorts weights_low = load_weights(weights + i);
            shorts weights_high = load_weights(weights + filter.taps + i);
            for (int r = 0; r < CK_RESIZE_ROWS; r++) {
                shorts pixels = load_pixels(rows.row[r] + offset, channels);
                low[r] += multiply_pairs(pixels, weights_low);
                high[r] += multiply_pairs(pixels, weights_high);
            }
            offset += PIXELS * channels;
        }
        for (size_t r = 0; r < CK_RESIZE_ROWS; r++) {
            sum_bytes pixel = finish(fold(low[r]), fold(high[r]));
            memcpy(out + r * stride + 4 * o, &pixel, 4);
        }
    }
}

static inline uint32_t total(sums v) {
    uint32_t total = 0;
    for (int i = 0; i < VECTOR / 4; i++)
        total += v[i];
    return total;
}

static inline void horizontal_grey(ck_resize_rows rows, ck_resize_filter filter, uint8_t *out,
                                   size_t stride) {
    for (size_t o = 0; o < filter.outputs; o++) {
        const int16_t *weights = filter.weights + o * 2 * filter.taps;
        size_t first = (size_t)filter.windows[o].first;
        sums low[CK_RESIZE_ROWS] = {{0}}, high[CK_RESIZE_ROWS] = {{0}};
        for (int32_t i = 0; i < filter.windows[o].count; i += COLUMNS) {
            shorts weights_low = load_shorts(weights + i);
            shorts weights_high = load_shorts(weights + filter.taps + i);
            for (int r = 0; r < CK_RESIZE_ROWS; r++) {
                shorts pixels = widen(load_columns(rows.row[r] + first + (size_t)i));
                low[r] += multiply_pairs(pixels, weights_low);
                high[r] += multiply_pairs(pixels, weights_high);
            }
        }
        for (size_t r = 0; r < CK_RESIZE_ROWS; r++) {
            sums low_sum = {total(low[r])}, high_sum = {total(high[r])};
            out[r * stride + o] = finish(low_sum, high_sum)[0];
        }
    }
}

void NAME(ck_resize_horizontal)(ck_resize_rows rows, size_t channels, ck_resize_filter filter,
                                uint8_t *ring, size_t slot, size_t stride) {
    uint8_t *out = ring + slot * stride;
    if (channels == 1)
        horizontal_grey(rows, filter, out, stride);
    else if (channels == 3)
        horizontal_colour(rows, 3, filter, out, stride);
    else
        horizontal_colour(rows, 4, filter, out, stride);
}

/* A pair of rows at a time, their bytes interleaved for multiply_pairs. A window of odd count
 * takes one row too many, whatever it holds: that weight is 0. */
void NAME(ck_resize_vertical)(const uint8_t *ring, size_t slots, size_t stride,
                              ck_resize_filter filter, size_t output, uint8_t *out) {
    const int16_t *weights = filter.weights + output * 2 * filter.taps;
    ck_resize_window window = filter.windows[output];
    for (size_t x = 0; x < stride; x += COLUMNS) {
        sums low[2] = {{0}}, high[2] = {{0}};
        size_t slot = (size_t)window.first % slots;
        for (int32_t i = 0; i < window.count; i += 2) {
            column_bytes upper = load_columns(ring + slot * stride + x);
            slot = slot + 1 == slots ? 0 : slot + 1;
            column_bytes lower = load_columns(ring + slot * stride + x);
            slot = slot + 1 == slots ? 0 : slot + 1;
            shorts columns[2] = {interleave_first(upper, lower), interleave_last(upper, lower)};
            shorts weights_low = repeat_pair(weights + i);
            shorts weights_high = repeat_pair(weights + filter.taps + i);
            for (int c = 0; c < 2; c++) {
                low[c] += multiply_pairs(columns[c], weights_low);
                high[c] += multiply_pairs(columns[c], weights_high);
            }
        }
        for (size_t c = 0; c < 2; c++) {
            sum_bytes values = finish(low[c], high[c]);
            memcpy(out + x + c * sizeof values, &values, sizeof values);
        }
    }
}
