/* Winograd's algorithm on vectors of channels. The one-dimensional transforms are Lavin and
 * Gray's matrices for the points 0, 1, -1 (F2) and 0, 1, -1, 2, -2 (F4). */

INLINE void ISA(filter_input)(const int tile, const vec *d, const int step, vec *o) {
    if (tile == 2) {
        o[0] = d[0] - d[2 * step];
        o[1] = d[step] + d[2 * step];
        o[2] = d[2 * step] - d[step];
        o[3] = d[step] - d[3 * step];
        return;
    }
    const vec a = d[4 * step] - 4 * d[2 * step];
    const vec b = d[3 * step] - 4 * d[step];
    const vec c = d[4 * step] - d[2 * step];
    const vec e = 2 * (d[3 * step] - d[step]);
    o[0] = 4 * d[0] - 5 * d[2 * step] + d[4 * step];
    o[1] = a + b;
    o[2] = a - b;
    o[3] = c + e;
    o[4] = c - e;
    o[5] = 4 * d[step] - 5 * d[3 * step] + d[5 * step];
}

INLINE void ISA(filter_output)(const int tile, const vec *m, const int step, vec *y) {
    if (tile == 2) {
        y[0] = m[0] + m[step] + m[2 * step];
        y[1] = m[step] - m[2 * step] - m[3 * step];
        return;
    }
    const vec s = m[step] + m[2 * step];
    const vec d = m[step] - m[2 * step];
    const vec t = m[3 * step] + m[4 * step];
    const vec e = m[3 * step] - m[4 * step];
    y[0] = m[0] + s + t;
    y[1] = d + 2 * e;
    y[2] = s + 4 * t;
    y[3] = d + 8 * e + m[5 * step];
}

/* Where a tile of the input stands: inside its map, or with pixels that may be zeros. */
typedef struct ISA(patch) {
    const float *base;
    int64_t row, step;      /* floats from row to row and from position to position */
    const float *pixel[36]; /* only where the tile is not inside */
} ISA(patch);

INLINE const float *ISA(pixel)(const ISA(patch) * p, const int inside, const int side, int y,
                               int x) {
    return inside ? p->base + y * p->row + x * p->step : p->pixel[y * side + x];
}

/* The side x side positions from row `top` and column `left` on; returns whether all are inside
 * the map. */
INLINE int ISA(find_patch)(const float *map, int32_t height, int32_t width, int32_t stride,
                           int32_t top, int32_t left, int32_t side, const float *zeros,
                           ISA(patch) * p) {
    p->step = stride;
    p->row = (int64_t)width * stride;
    p->base = map + ((int64_t)top * width + left) * stride;
    if (top >= 0 && left >= 0 && top + side <= height && left + side <= width)
        return 1;
    for (int32_t y = 0; y < side; y++) {
        for (int32_t x = 0; x < side; x++) {
            const int32_t row = top + y, column = left + x;
            const int inside = row >= 0 && row < height && column >= 0 && column < width;
            p->pixel[y * side + x] = inside ? p->base + y * p->row + x * p->step : zeros;
        }
    }
    return 0;
}

INLINE void ISA(transform_tile)(const int tile, const int inside, const ISA(patch) * p,
                                int32_t channels, int64_t point_stride, float *v) {
    const int side = tile + 2;
    for (int32_t c = 0; c < channels; c += LANES) {
        vec t[36];
#pragma clang loop unroll(full)
        for (int x = 0; x < side; x++) {
            vec d[6], o[6];
#pragma clang loop unroll(full)
            for (int y = 0; y < side; y++)
                d[y] = load(ISA(pixel)(p, inside, side, y, x) + c);
            ISA(filter_input)(tile, d, 1, o);
#pragma clang loop unroll(full)
            for (int y = 0; y < side; y++)
                t[y * side + x] = o[y];
        }
#pragma clang loop unroll(full)
        for (int y = 0; y < side; y++) {
            vec o[6];
            ISA(filter_input)(tile, t + y * side, 1, o);
#pragma clang loop unroll(full)
            for (int x = 0; x < side; x++)
                store(v + (y * side + x) * point_stride + c, o[x]);
        }
    }
}

static void ISA(winograd_input)(const calk_winograd *w, const float *in, int32_t tile_begin,
                                int32_t tile_end, int32_t first_tile, int32_t tiles, float *v) {
    const int32_t across = (w->width + w->tile - 1) / w->tile;
    const int32_t map_tiles = calk_winograd_map_tiles(w);
    const int64_t stride = calk_winograd_stride(w->in_channels);
    const int64_t point = calk_winograd_room(tiles, stride);
    for (int32_t i = tile_begin; i < tile_end; i++) {
        const float *map = in + (int64_t)(i / map_tiles) * w->height * w->width * w->in_stride;
        const int32_t top = i % map_tiles / across * w->tile - 1;
        const int32_t left = i % map_tiles % across * w->tile - 1;
        ISA(patch) p;
        const int inside = ISA(find_patch)(map, w->height, w->width, w->in_stride, top, left,
                                           w->tile + 2, w->zeros, &p);
        float *to = v + (i - first_tile) * stride;
        if (w->tile == 2)
            inside ? ISA(transform_tile)(2, 1, &p, w->in_channels, point, to)
                   : ISA(transform_tile)(2, 0, &p, w->in_channels, point, to);
        else if (inside)
            ISA(transform_tile)(4, 1, &p, w->in_channels, point, to);
        else
            ISA(transform_tile)(4, 0, &p, w->in_channels, point, to);
    }
}

/* One tile of LANES output channels from its products: `m` is the first point's, the next
 * point's stands point_stride floats on. */
INLINE void ISA(store_tile)(const int tile, const calk_winograd *w, const calk_winograd_data *data,
                            const float *m, int64_t point_stride, int32_t index, int32_t column) {
    const int side = tile + 2;
    const int32_t across = (w->width + tile - 1) / tile;
    const int32_t map_tiles = calk_winograd_map_tiles(w);
    const int32_t top = index % map_tiles / across * tile, left = index % map_tiles % across * tile;
    const int64_t map = (int64_t)(index / map_tiles) * w->height * w->width;
    vec p[36], t[24];
#pragma clang loop unroll(full)
    for (int i = 0; i < side * side; i++)
        p[i] = load(m + i * point_stride);
#pragma clang loop unroll(full)
    for (int x = 0; x < side; x++) {
        vec o[4];
        ISA(filter_output)(tile, p + x, side, o);
#pragma clang loop unroll(full)
        for (int y = 0; y < tile; y++)
            t[y * side + x] = o[y];
    }
    const vec bias = load(w->bias + column);
#pragma clang loop unroll(full)
    for (int y = 0; y < tile; y++) {
        if (top + y >= w->height)
            break;
        vec o[4];
        ISA(filter_output)(tile, t + y * side, 1, o);
        const int64_t at = (map + (int64_t)(top + y) * w->width + left) * w->out_stride + column;
#pragma clang loop unroll(full)
        for (int x = 0; x < tile; x++) {
            if (left + x >= w->width)
                break;
            vec value = o[x] + bias;
            if (data->residual)
                value += load(data->residual + at + x * w->out_stride);
            if (w->relu)
                value = at_least_zero(value);
            store(data->out + at + x * w->out_stride, value);
        }
    }
}

static void ISA(winograd_output)(const calk_winograd *w, const calk_winograd_data *data,
                                 const float *v, int32_t first_tile, int32_t tiles,
                                 int32_t panel_begin, int32_t panel_end, float *products,
                                 const float **table) {
    const int32_t points = calk_winograd_points(w->tile);
    const int64_t stride = calk_winograd_stride(w->in_channels);
    const int64_t room = calk_winograd_room(tiles, stride);
    const int32_t blocks = (tiles + BLOCK_ROWS - 1) / BLOCK_ROWS;
    for (int32_t panel = panel_begin; panel < panel_end; panel++) {
        const int32_t column = panel * PANEL;
        const int32_t wide = calk_panel_width(PANEL, w->out_channels, column) == PANEL;
        const int32_t width = wide ? PANEL : LANES;
        const int64_t next = calk_winograd_room(tiles, width);
        ISA(block) b = {.rows = table, .lengths = &w->in_channels, .taps = 1, .stride = width};
        for (int32_t point = 0; point < points; point++) {
            for (int32_t i = 0; i < tiles; i++)
                table[i] = v + point * room + i * stride;
            b.weights = w->weights + (int64_t)column * points * w->in_channels +
                        (int64_t)point * w->in_channels * width;
            for (int32_t i = 0; i < blocks; i++) {
                const int32_t first = calk_share(tiles, i, blocks);
                const int32_t last = calk_share(tiles, i + 1, blocks);
                b.rows = table + first;
                b.out = products + point * next + (int64_t)first * width;
                ISA(look_ahead)(&b, w->in_channels, width, blocks, i);
                ISA(multiply_table)[last - first - 1][wide](&b);
            }
        }
        for (int32_t i = 0; i < tiles; i++) {
            for (int32_t j = 0; j < width; j += LANES) {
                const float *m = products + (int64_t)i * width + j;
                if (w->tile == 2)
                    ISA(store_tile)(2, w, data, m, next, first_tile + i, column + j);
                else
                    ISA(store_tile)(4, w, data, m, next, first_tile + i, column + j);
            }
        }
    }
}
