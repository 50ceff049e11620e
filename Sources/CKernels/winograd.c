#include "include/winograd.h"

#include "winograd_private.h"

void calk_winograd_taps(int32_t tile, int64_t count, const float *points, int64_t point_stride,
                        float *taps) {
    const int32_t side = tile + 2;
    const float (*g)[3] = tile == 2 ? calk_points2 : calk_points4;
    enum { RUN = 16 };
    for (int64_t first = 0; first < count; first += RUN) {
        float sum[9][RUN] = {{0}};
        for (int32_t y = 0; y < side; y++) {
            float line[3][RUN] = {{0}};
            for (int32_t x = 0; x < side; x++) {
                const float *m = points + (y * side + x) * point_stride + first;
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
