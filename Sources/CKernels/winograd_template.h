/* Convolution by Winograd's algorithm: the input's points, their products with the weights' points,
 * and the output's positions. */

static void ISA(winograd_input)(const calk_winograd *w, const float *in, int32_t tile_begin,
                                int32_t tile_end, int32_t first_tile, int32_t tiles, float *v) {
    ISA(transform_tiles)(INPUT_MATRIX, w, in, w->in_stride, w->in_channels, tile_begin, tile_end,
                         first_tile, tiles, v);
}

/* A vector of output channels of one tile: from its points to the positions it has in the map. */
INLINE void ISA(store_tile)(const int tile, const calk_winograd *w, const calk_winograd_data *data,
                            const float *m, int64_t point_stride, calk_winograd_place place,
                            int32_t column) {
    const int side = tile + 2;
    const int32_t top = place.top, left = place.left;
    const int64_t map = (int64_t)place.image * w->height * w->width;
    vec p[36], half[24];
#pragma clang loop unroll(full)
    for (int i = 0; i < side * side; i++)
        p[i] = load(m + i * point_stride);
    ISA(transform_columns)(tile, OUTPUT_MATRIX, p, half);
    const vec bias = load(w->bias + column);
#pragma clang loop unroll(full)
    for (int y = 0; y < tile; y++) {
        if (top + y >= w->height)
            break;
        vec o[4];
        ISA(transform_line)(tile, OUTPUT_MATRIX, half + y * side, 1, o);
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

/* Products of `tiles` tiles with the weights of one panel, `width` columns from `column` on: a
 * matrix product for each point, `next` floats from one point's to the next's. */
INLINE void ISA(multiply_points)(const calk_winograd *w, const float *v, int32_t tiles,
                                 int32_t column, int32_t width, float *products, int64_t next,
                                 const float **table) {
    const int32_t points = calk_winograd_points(w->tile), length = w->in_channels;
    const int64_t stride = calk_winograd_stride(length);
    const int64_t room = calk_winograd_room(tiles, stride);
    calk_walk walk = {.rows = tiles, .taps = 1, .table = table, .stride = width};
    walk.blocks = calk_block_count(tiles, BLOCK_ROWS);
    ISA(block) b = {.lengths = &length};
    for (int32_t point = 0; point < points; point++) {
        for (int32_t i = 0; i < tiles; i++)
            table[i] = v + point * room + i * stride;
        walk.out = products + point * next;
        b.weights = w->weights + ((int64_t)column * points + (int64_t)point * width) * length;
        for (int32_t i = 0; i < walk.blocks; i++) {
            const int32_t rows = calk_walk_to(&walk, i, 0, &b.at);
            ISA(look_ahead)(&b, length, width, walk.blocks, i);
            ISA(multiply_table)[rows - 1][width == PANEL](&b);
        }
    }
}

static void ISA(winograd_output)(const calk_winograd *w, const calk_winograd_data *data,
                                 const float *v, int32_t first_tile, int32_t tiles,
                                 int32_t panel_begin, int32_t panel_end, float *products,
                                 const float **table) {
    const calk_winograd_grid grid = calk_winograd_grid_of(w);
    for (int32_t panel = panel_begin; panel < panel_end; panel++) {
        const int32_t column = panel * PANEL;
        const int32_t width = calk_panel_width(PANEL, w->out_channels, column);
        const int64_t next = calk_winograd_room(tiles, width);
        ISA(multiply_points)(w, v, tiles, column, width, products, next, table);
        for (int32_t i = 0; i < tiles; i++) {
            const calk_winograd_place place = calk_winograd_place_of(grid, first_tile + i);
            for (int32_t j = 0; j < width; j += LANES) {
                const float *m = products + (int64_t)i * width + j;
                if (w->tile == 2)
                    ISA(store_tile)(2, w, data, m, next, place, column + j);
                else
                    ISA(store_tile)(4, w, data, m, next, place, column + j);
            }
        }
    }
}
