/* The frequency gate's mask: two convolutions of few channels, a row at a time, so that the hidden
 * maps are never whole; see include/mask.h. */

/* `maps` hidden maps at `wide` vectors of columns: every value that is read serves all maps, and
 * the sums are enough to keep the multipliers busy. */
INLINE void ISA(hidden_columns)(const int maps, const int wide, const calk_mask *m, int32_t h,
                                int32_t y, int32_t x, int64_t pitch, float *rows) {
    vec sum[4][2];
#pragma clang loop unroll(full)
    for (int i = 0; i < maps; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < wide; j++)
            sum[i][j] = splat(m->bias1[h + i]);
    const float *w = m->weight1 + h * 27;
    for (int32_t plane = 0; plane < 3; plane++)
        for (int32_t ky = -1; ky <= 1; ky++)
            for (int32_t kx = -1; kx <= 1; kx++, w++) {
                const float *from = m->planes[plane] + (y + ky) * m->stride + x + kx;
#pragma clang loop unroll(full)
                for (int j = 0; j < wide; j++) {
                    const vec value = load(from + j * LANES);
#pragma clang loop unroll(full)
                    for (int i = 0; i < maps; i++)
                        sum[i][j] += value * w[i * 27];
                }
            }
#pragma clang loop unroll(full)
    for (int i = 0; i < maps; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < wide; j++)
            store(rows + (h + i) * pitch + 1 + x + j * LANES, at_least_zero(sum[i][j]));
}

/* Row y of every hidden map, relu(conv3x3(planes)), with a zero on both sides; rows outside the
 * picture are zero. `rows` holds hidden runs of `pitch` floats; column x stands at x + 1. */
static void ISA(hidden_row)(const calk_mask *m, int32_t y, int64_t pitch, float *rows) {
    if (y < 0 || y >= m->size) {
        memset(rows, 0, (size_t)(m->hidden * pitch) * sizeof(float));
        return;
    }
    for (int32_t x = 0; x < m->size; x += 2 * LANES) {
        const int wide = x + LANES < m->size;
        int32_t h = 0;
        for (; h + 4 <= m->hidden && wide; h += 4)
            ISA(hidden_columns)(4, 2, m, h, y, x, pitch, rows);
        for (; h < m->hidden; h++) {
            ISA(hidden_columns)(1, 1, m, h, y, x, pitch, rows);
            if (wide)
                ISA(hidden_columns)(1, 1, m, h, y, x + LANES, pitch, rows);
        }
    }
    for (int32_t h = 0; h < m->hidden; h++) {
        rows[h * pitch] = 0;
        rows[h * pitch + 1 + m->size] = 0;
    }
}

/* The mask and the masked mean at `wide` vectors of columns of row y; `ring` is the hidden rows
 * y - 1, y, y + 1. */
INLINE void ISA(mask_columns)(const int wide, const calk_mask *m, float *const *ring, int64_t pitch,
                              int32_t y, int32_t x) {
    vec sum[4];
#pragma clang loop unroll(full)
    for (int j = 0; j < wide; j++)
        sum[j] = splat(m->bias2);
    const float *w = m->weight2;
    for (int32_t h = 0; h < m->hidden; h++)
        for (int32_t ky = 0; ky < 3; ky++)
            for (int32_t kx = 0; kx < 3; kx++, w++) {
                const float *from = ring[ky] + h * pitch + x + kx;
#pragma clang loop unroll(full)
                for (int j = 0; j < wide; j++)
                    sum[j] += load(from + j * LANES) * *w;
            }
#pragma clang loop unroll(full)
    for (int j = 0; j < wide; j++) {
        const int64_t at = y * m->stride + x + j * LANES;
        vec total = {0};
        for (int32_t plane = 0; plane < 3; plane++)
            total += load(m->planes[plane] + at);
        store(m->out + at, total * ISA(sigmoid)(sum[j]) / 3.0f);
    }
}

static void ISA(mask)(const calk_mask *m, int32_t row_begin, int32_t row_end, float *scratch) {
    const int64_t pitch = calk_mask_pitch(m);
    float *ring[3];
    for (int32_t i = 0; i < 3; i++)
        ring[i] = scratch + i * m->hidden * pitch;
    ISA(hidden_row)(m, row_begin - 1, pitch, ring[0]);
    ISA(hidden_row)(m, row_begin, pitch, ring[1]);
    for (int32_t y = row_begin; y < row_end; y++) {
        ISA(hidden_row)(m, y + 1, pitch, ring[2]);
        int32_t x = 0;
        for (; x + 4 * LANES <= m->size; x += 4 * LANES)
            ISA(mask_columns)(4, m, ring, pitch, y, x);
        for (; x < m->size; x += LANES)
            ISA(mask_columns)(1, m, ring, pitch, y, x);
        float *oldest = ring[0];
        ring[0] = ring[1];
        ring[1] = ring[2];
        ring[2] = oldest;
    }
}
