/* A filter's points for Winograd's algorithm, in panels. */

/* G w G^T for a panel of filters at once: w is tap-major, `to` gets a point every point_stride.
 * Not fused, so that every set multiplies with the same numbers. */
INLINE void ISA(transform_filters)(const int32_t side, const float (*g)[3], const int n,
                                   const vec w[9][2], int64_t point_stride, float *to) {
#pragma clang fp contract(off)
#pragma clang loop unroll(full)
    for (int32_t y = 0; y < side; y++) {
        vec half[3][2];
#pragma clang loop unroll(full)
        for (int32_t x = 0; x < 3; x++)
#pragma clang loop unroll(full)
            for (int j = 0; j < n; j++)
                half[x][j] = splat(g[y][0]) * w[x][j] + splat(g[y][1]) * w[3 + x][j] +
                             splat(g[y][2]) * w[6 + x][j];
#pragma clang loop unroll(full)
        for (int32_t x = 0; x < side; x++, to += point_stride)
#pragma clang loop unroll(full)
            for (int j = 0; j < n; j++)
                store(to + j * LANES, splat(g[x][0]) * half[0][j] + splat(g[x][1]) * half[1][j] +
                                          splat(g[x][2]) * half[2][j]);
    }
}

INLINE void ISA(winograd_pack_panel)(const int32_t tile, const int n, const calk_filter *f,
                                     int32_t first, float *to) {
    const int32_t side = tile + 2, width = n * LANES;
    const int32_t outs = f->out - first < width ? f->out - first : width;
    const int32_t in_padded = calk_padded(f->in);
    vec w[9][2];
    memset(w, 0, sizeof w);
    for (int32_t c = 0; c < f->in; c++, to += width) {
        for (int32_t o = 0; o < outs; o++) {
            const ISA(loose) *from = ISA(pack_from)(f, first + o, c, 0);
            const float scale = f->scale ? f->scale[first + o] : 1;
#pragma clang loop unroll(full)
            for (int32_t t = 0; t < 9; t++)
                ((float *)w[t])[o] = from[f->tap[t]] * scale;
        }
        ISA(transform_filters)(side, tile == 2 ? calk_points2 : calk_points4, n, w,
                               (int64_t)in_padded * width, to);
    }
}

static void ISA(winograd_pack)(int32_t tile, const calk_filter *f, int32_t panel_begin,
                               int32_t panel_end, float *packed) {
    const int64_t in_padded = calk_padded(f->in);
    const int64_t depth = calk_winograd_points(tile) * in_padded;
    for (int32_t panel = panel_begin; panel < panel_end; panel++) {
        const int32_t first = panel * PANEL;
        const int wide = calk_panel_width(PANEL, f->out, first) == PANEL;
        float *to = packed + first * depth;
        if (tile == 2 && wide)
            ISA(winograd_pack_panel)(2, 2, f, first, to);
        else if (tile == 2)
            ISA(winograd_pack_panel)(2, 1, f, first, to);
        else if (wide)
            ISA(winograd_pack_panel)(4, 2, f, first, to);
        else
            ISA(winograd_pack_panel)(4, 1, f, first, to);
    }
}
