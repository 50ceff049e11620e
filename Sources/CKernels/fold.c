#include "include/fold.h"

#include <string.h>

static int32_t bits_of(float x) {
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

bool calk_fold_rest(const calk_filter *f, int32_t begin, int32_t end, int8_t *rest) {
    const int64_t width = (int64_t)f->in * f->taps;
    uint32_t outside = 0;
    for (int32_t o = begin; o < end; o++) {
        const char *from = (const char *)f->weights + o * width * 4;
        const float scale = f->scale[o];
        int8_t *to = rest + o * width;
        for (int64_t i = 0; i < width; i++) {
            float weight;
            memcpy(&weight, from + 4 * i, 4);
            const float product = weight * scale;
            const uint32_t missing = (uint32_t)bits_of(weight) - (uint32_t)bits_of(product / scale);
            outside |= missing + 128;
            to[i] = (int8_t)missing;
        }
    }
    return outside < 256;
}

void calk_unfold(int32_t panel, int64_t depth, int64_t depth_offset, const calk_filter *f,
                 const float *packed, const int8_t *rest, void *weights) {
    const int64_t width = (int64_t)f->in * f->taps;
    for (int32_t o = 0; o < f->out; o++) {
        const int32_t first = o / panel * panel;
        const int32_t columns = calk_panel_width(panel, f->out, first);
        const float *from = packed + first * depth + depth_offset * columns + (o - first);
        for (int64_t i = 0; i < width; i++) {
            /* The file has taps side by side, a panel inputs. */
            const int64_t place = i % f->taps * f->in + i / f->taps;
            const float quotient = from[place * columns] / f->scale[o];
            const uint32_t bits = (uint32_t)bits_of(quotient) + (uint32_t)rest[o * width + i];
            memcpy((char *)weights + (o * width + i) * 4, &bits, 4);
        }
    }
}
