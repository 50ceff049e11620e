/* The two passes of the resize, written once. The includer defines VECTOR (resize_vectors.h)
 * and NAME(), which tells the instruction sets apart. */

#include "resize_vectors.h"

static inline __attribute__((always_inline)) void horizontal_colour(calk_resize_rows rows,
                                                                    size_t channels,
                                                                    calk_resize_filter filter,
                                                                    uint8_t *out, size_t stride) {
    for (size_t o = 0; o < filter.outputs; o++) {
        const int16_t *weights = filter.weights + o * 2 * filter.taps;
        size_t offset = (size_t)filter.windows[o].first * channels;
        sums low[CALK_RESIZE_ROWS] = {{0}}, high[CALK_RESIZE_ROWS] = {{0}};
        for (int32_t i = 0; i < filter.windows[o].count; i += PIXELS) {
            shorts weights_low = load_weights(weights + i);
            shorts weights_high = load_weights(weights + filter.taps + i);
            for (int r = 0; r < CALK_RESIZE_ROWS; r++) {
                shorts pixels = load_pixels(rows.row[r] + offset, channels);
                low[r] += multiply_pairs(pixels, weights_low);
                high[r] += multiply_pairs(pixels, weights_high);
            }
            offset += PIXELS * channels;
        }
        for (size_t r = 0; r < CALK_RESIZE_ROWS; r++) {
            sum_bytes pixel = finish(fold(join(low[r], high[r])));
            memcpy(out + r * stride + 4 * o, &pixel, 4);
        }
    }
}

static inline void horizontal_grey(calk_resize_rows rows, calk_resize_filter filter, uint8_t *out,
                                   size_t stride) {
    for (size_t o = 0; o < filter.outputs; o++) {
        const int16_t *weights = filter.weights + o * 2 * filter.taps;
        size_t first = (size_t)filter.windows[o].first;
        sums low[CALK_RESIZE_ROWS] = {{0}}, high[CALK_RESIZE_ROWS] = {{0}};
        for (int32_t i = 0; i < filter.windows[o].count; i += COLUMNS) {
            shorts weights_low = load_shorts(weights + i);
            shorts weights_high = load_shorts(weights + filter.taps + i);
            for (int r = 0; r < CALK_RESIZE_ROWS; r++) {
                shorts pixels = widen(load_columns(rows.row[r] + first + (size_t)i, COLUMNS));
                low[r] += multiply_pairs(pixels, weights_low);
                high[r] += multiply_pairs(pixels, weights_high);
            }
        }
        for (size_t r = 0; r < CALK_RESIZE_ROWS; r++) {
            sums part = fold(join(low[r], high[r]));
            sums sum = {part[0] + part[1] + part[2] + part[3]};
            out[r * stride + o] = finish(sum)[0];
        }
    }
}

void NAME(calk_resize_horizontal)(calk_resize_rows rows, size_t channels, calk_resize_filter filter,
                                  uint8_t *out, size_t slot, size_t stride) {
    out += slot * stride;
    if (channels == 1)
        horizontal_grey(rows, filter, out, stride);
    else if (channels == 3)
        horizontal_colour(rows, 3, filter, out, stride);
    else
        horizontal_colour(rows, 4, filter, out, stride);
}

/* COLUMNS columns, or fewer at a row's end. Rows are taken in pairs, their bytes interleaved for
 * multiply_pairs; the last of an odd number takes the ring's next one along, with weight 0. */
static inline __attribute__((always_inline)) void
vertical_block(const uint8_t *rows, size_t slots, size_t stride, size_t columns,
               calk_resize_window window, const int16_t *weights, size_t taps, uint8_t *out) {
    sums low[2] = {{0}}, high[2] = {{0}};
    size_t slot = (size_t)window.first % slots;
    for (int32_t i = 0; i < window.count; i += 2) {
        column_bytes upper = load_columns(rows + slot * stride, columns);
        slot = slot + 1 == slots ? 0 : slot + 1;
        column_bytes lower = load_columns(rows + slot * stride, columns);
        slot = slot + 1 == slots ? 0 : slot + 1;
        shorts pairs[2] = {interleave_first(upper, lower), interleave_last(upper, lower)};
        shorts weights_low = repeat_pair(weights + i);
        shorts weights_high = repeat_pair(weights + taps + i);
        for (int half = 0; half < 2; half++) {
            low[half] += multiply_pairs(pairs[half], weights_low);
            high[half] += multiply_pairs(pairs[half], weights_high);
        }
    }
    sum_bytes values[2] = {finish(join(low[0], high[0])), finish(join(low[1], high[1]))};
    memcpy(out, values, columns);
}

void NAME(calk_resize_vertical)(const uint8_t *rows, size_t slots, size_t stride, size_t bytes,
                                calk_resize_filter filter, size_t output, uint8_t *out) {
    const int16_t *weights = filter.weights + output * 2 * filter.taps;
    calk_resize_window window = filter.windows[output];
    size_t x = 0;
    for (; x + COLUMNS <= bytes; x += COLUMNS)
        vertical_block(rows + x, slots, stride, COLUMNS, window, weights, filter.taps, out + x);
    if (x < bytes)
        vertical_block(rows + x, slots, stride, bytes - x, window, weights, filter.taps, out + x);
}
