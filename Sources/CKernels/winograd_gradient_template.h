/* The gradient of a 3x3 convolution's weights by Winograd's algorithm. An output tile is
 * A^T [U . V] A with U = G w G^T of the weights and V = B^T d B of the input, so the gradient of w
 * is G^T [V . (A g A^T)] G with the output's gradient g: the middle is summed over all tiles
 * point by point, (tile + 2)^2 outer products a tile instead of 9 tile^2. */

/* A's rows times the `tile` values g[0], g[step], ... */
INLINE void ISA(filter_gradient)(const int tile, const vec *g, const int step, vec *o) {
    o[0] = g[0];
    if (tile == 2) {
        o[1] = g[0] + g[step];
        o[2] = g[0] - g[step];
        o[3] = -g[step];
        return;
    }
    const vec a = g[0] + g[2 * step], b = g[step] + g[3 * step];
    const vec c = g[0] + 4 * g[2 * step], d = 2 * g[step] + 8 * g[3 * step];
    o[1] = a + b;
    o[2] = a - b;
    o[3] = c + d;
    o[4] = c - d;
    o[5] = g[3 * step];
}

INLINE void ISA(transform_gradient)(const int tile, const int inside, const ISA(patch) * p,
                                    int32_t channels, int64_t point_stride, float *u) {
    const int side = tile + 2;
    for (int32_t c = 0; c < channels; c += LANES) {
        vec t[24];
#pragma clang loop unroll(full)
        for (int x = 0; x < tile; x++) {
            vec g[4], o[6];
#pragma clang loop unroll(full)
            for (int y = 0; y < tile; y++)
                g[y] = load(ISA(pixel)(p, inside, tile, y, x) + c);
            ISA(filter_gradient)(tile, g, 1, o);
#pragma clang loop unroll(full)
            for (int y = 0; y < side; y++)
                t[y * tile + x] = o[y];
        }
#pragma clang loop unroll(full)
        for (int y = 0; y < side; y++) {
            vec o[6];
            ISA(filter_gradient)(tile, t + y * tile, 1, o);
#pragma clang loop unroll(full)
            for (int x = 0; x < side; x++)
                store(u + (y * side + x) * point_stride + c, o[x]);
        }
    }
}

static void ISA(winograd_gradient)(const calk_winograd *w, const float *gradient,
                                   int32_t tile_begin, int32_t tile_end, int32_t first_tile,
                                   int32_t tiles, float *u) {
    const int32_t across = (w->width + w->tile - 1) / w->tile;
    const int32_t map_tiles = calk_winograd_map_tiles(w);
    const int64_t stride = calk_winograd_stride(w->out_channels);
    const int64_t point = calk_winograd_room(tiles, stride);
    for (int32_t i = tile_begin; i < tile_end; i++) {
        const float *map =
            gradient + (int64_t)(i / map_tiles) * w->height * w->width * w->out_stride;
        const int32_t top = i % map_tiles / across * w->tile;
        const int32_t left = i % map_tiles % across * w->tile;
        ISA(patch) p;
        const int inside = ISA(find_patch)(map, w->height, w->width, w->out_stride, top, left,
                                           w->tile, w->zeros, &p);
        float *to = u + (i - first_tile) * stride;
        if (w->tile == 2)
            inside ? ISA(transform_gradient)(2, 1, &p, w->out_channels, point, to)
                   : ISA(transform_gradient)(2, 0, &p, w->out_channels, point, to);
        else if (inside)
            ISA(transform_gradient)(4, 1, &p, w->out_channels, point, to);
        else
            ISA(transform_gradient)(4, 0, &p, w->out_channels, point, to);
    }
}

static void ISA(winograd_products)(const calk_winograd *w, const float *v, const float *u,
                                   int32_t tiles, int32_t point_begin, int32_t point_end,
                                   float *sums, const float **table) {
    const int32_t length = w->in_channels, width = w->out_channels;
    const int64_t in = calk_winograd_stride(length), out = calk_winograd_stride(width);
    const int32_t runs = (length + BLOCK_ROWS - 1) / BLOCK_ROWS;
    for (int32_t point = point_begin; point < point_end; point++) {
        const float *from = v + point * calk_winograd_room(tiles, in);
        const float *gradient = u + point * calk_winograd_room(tiles, out);
        for (int32_t i = 0; i < tiles; i++)
            table[i] = from + i * in;
        for (int32_t column = 0; column < width; column += PANEL) {
            const int32_t wide = calk_panel_width(PANEL, width, column) == PANEL;
            for (int32_t run = 0; run < runs; run++) {
                const int32_t first = calk_share(length, run, runs);
                const int32_t last = calk_share(length, run + 1, runs);
                float *to = sums + ((int64_t)point * length + first) * width + column;
                ISA(outer_table)
                [last - first - 1][wide](table, first, tiles, gradient + column, out, to, width);
            }
        }
    }
}
