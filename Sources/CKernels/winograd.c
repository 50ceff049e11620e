#include "include/winograd.h"

#include "include/conv.h"

/* Rows of G: how the three weights of a line become a point's. */
static const float points2[4][3] = {{1, 0, 0}, {0.5f, 0.5f, 0.5f}, {0.5f, -0.5f, 0.5f}, {0, 0, 1}};
static const float points4[6][3] = {
    {1 / 4.f, 0, 0},
    {-1 / 6.f, -1 / 6.f, -1 / 6.f},
    {-1 / 6.f, 1 / 6.f, -1 / 6.f},
    {1 / 24.f, 1 / 12.f, 1 / 6.f},
    {1 / 24.f, -1 / 12.f, 1 / 6.f},
    {0, 0, 1},
};

enum { WIDEST_PANEL = 64 };

/* G w G^T for `width` filters at once: w is tap-major, `to` gets a point every point_stride. */
static void transform(int32_t tile, int32_t width, const float w[9][WIDEST_PANEL],
                      int64_t point_stride, float *to) {
    const int32_t side = tile + 2;
    const float (*g)[3] = tile == 2 ? points2 : points4;
    float half[3][WIDEST_PANEL];
    for (int32_t y = 0; y < side; y++) {
        for (int32_t x = 0; x < 3; x++)
            for (int32_t o = 0; o < width; o++)
                half[x][o] = g[y][0] * w[x][o] + g[y][1] * w[3 + x][o] + g[y][2] * w[6 + x][o];
        for (int32_t x = 0; x < side; x++, to += point_stride)
            for (int32_t o = 0; o < width; o++)
                to[o] = g[x][0] * half[0][o] + g[x][1] * half[1][o] + g[x][2] * half[2][o];
    }
}

void calk_winograd_pack(int32_t panel, int32_t tile, const calk_filter *f, float *packed) {
    const int32_t out_padded = (f->out + CALK_CHANNELS - 1) / CALK_CHANNELS * CALK_CHANNELS;
    const int32_t in_padded = (f->in + CALK_CHANNELS - 1) / CALK_CHANNELS * CALK_CHANNELS;
    const int64_t points = calk_winograd_points(tile);
    for (int32_t first = 0; first < out_padded; first += panel) {
        const int32_t width = out_padded - first > panel / 2 ? panel : panel / 2;
        float *to = packed + first * points * in_padded;
        for (int32_t c = 0; c < f->in; c++, to += width) {
            float w[9][WIDEST_PANEL] = {{0}};
            for (int32_t o = first; o < first + width && o < f->out; o++) {
                const float *from = f->weights + o * f->out_step + c * f->in_step;
                for (int32_t t = 0; t < 9; t++)
                    w[t][o - first] = from[f->tap[t]] * (f->scale ? f->scale[o] : 1);
            }
            transform(tile, width, w, (int64_t)in_padded * width, to);
        }
    }
}

void calk_winograd_taps(int32_t tile, int32_t channels, int32_t width, const float *points,
                        float *taps) {
    const int32_t side = tile + 2;
    const float (*g)[3] = tile == 2 ? points2 : points4;
    const int64_t count = (int64_t)channels * width;
    enum { RUN = 16 };
    for (int64_t first = 0; first < count; first += RUN) {
        float sum[9][RUN] = {{0}};
        for (int32_t y = 0; y < side; y++) {
            float line[3][RUN] = {{0}};
            for (int32_t x = 0; x < side; x++) {
                const float *m = points + (y * side + x) * count + first;
                for (int32_t k = 0; k < 3; k++)
                    for (int32_t i = 0; i < RUN; i++)
                        line[k][i] += g[x][k] * m[i];
            }
            for (int32_t t = 0; t < 9; t++)
                for (int32_t i = 0; i < RUN; i++)
                    sum[t][i] += g[y][t / 3] * line[t % 3][i];
        }
        for (int32_t t = 0; t < 9; t++)
            for (int32_t i = 0; i < RUN; i++)
                taps[t * count + first + i] = sum[t][i];
    }
}
