/* Winograd's transforms on vectors of channels: M X M^T, where X is a square of positions or of
 * points and M one of three matrices. These are Lavin and Gray's for the points 0, 1, -1 and
 * infinity (F2) and 0, 1, -1, 2, -2 and infinity (F4). */

enum ISA(winograd_matrix) {
    INPUT_MATRIX,    /* B^T: positions of the input to points */
    OUTPUT_MATRIX,   /* A^T: points to positions of the output */
    GRADIENT_MATRIX, /* A: positions of the output's gradient to points */
};

INLINE int ISA(matrix_columns)(const int tile, const int matrix) {
    return matrix == GRADIENT_MATRIX ? tile : tile + 2;
}

INLINE int ISA(matrix_rows)(const int tile, const int matrix) {
    return matrix == OUTPUT_MATRIX ? tile : tile + 2;
}

INLINE void ISA(input_line)(const int tile, const vec *d, const int step, vec *o) {
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

INLINE void ISA(output_line)(const int tile, const vec *m, const int step, vec *o) {
    if (tile == 2) {
        o[0] = m[0] + m[step] + m[2 * step];
        o[1] = m[step] - m[2 * step] - m[3 * step];
        return;
    }
    const vec s = m[step] + m[2 * step];
    const vec d = m[step] - m[2 * step];
    const vec t = m[3 * step] + m[4 * step];
    const vec e = m[3 * step] - m[4 * step];
    o[0] = m[0] + s + t;
    o[1] = d + 2 * e;
    o[2] = s + 4 * t;
    o[3] = d + 8 * e + m[5 * step];
}

INLINE void ISA(gradient_line)(const int tile, const vec *g, const int step, vec *o) {
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

/* M times the values x[0], x[step], ... of a line. */
INLINE void ISA(transform_line)(const int tile, const int matrix, const vec *x, const int step,
                                vec *o) {
    if (matrix == INPUT_MATRIX)
        ISA(input_line)(tile, x, step, o);
    else if (matrix == OUTPUT_MATRIX)
        ISA(output_line)(tile, x, step, o);
    else
        ISA(gradient_line)(tile, x, step, o);
}

/* half = M X, the first pass. The second, half M^T, is transform_line for each row of `half`, whose
 * results go where the caller has them. */
INLINE void ISA(transform_columns)(const int tile, const int matrix, const vec *x, vec *half) {
    const int rows = ISA(matrix_rows)(tile, matrix), columns = ISA(matrix_columns)(tile, matrix);
#pragma clang loop unroll(full)
    for (int column = 0; column < columns; column++) {
        vec o[6];
        ISA(transform_line)(tile, matrix, x + column, columns, o);
#pragma clang loop unroll(full)
        for (int row = 0; row < rows; row++)
            half[row * columns + column] = o[row];
    }
}

/* Where the positions that a tile reads stand: inside its map, or some of them zeros. */
typedef struct ISA(patch) {
    const float *base;
    int64_t row, step;      /* floats from row to row and from position to position */
    const float *pixel[36]; /* only where the patch is not inside */
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

/* The points of one tile, `point_stride` floats from one to the next. */
INLINE void ISA(transform_patch)(const int tile, const int matrix, const int inside,
                                 const ISA(patch) * p, int32_t channels, int64_t point_stride,
                                 float *points) {
    const int rows = ISA(matrix_rows)(tile, matrix), columns = ISA(matrix_columns)(tile, matrix);
    for (int32_t c = 0; c < channels; c += LANES) {
        vec x[36], half[36];
#pragma clang loop unroll(full)
        for (int column = 0; column < columns; column++)
#pragma clang loop unroll(full)
            for (int row = 0; row < columns; row++)
                x[row * columns + column] = load(ISA(pixel)(p, inside, columns, row, column) + c);
        ISA(transform_columns)(tile, matrix, x, half);
#pragma clang loop unroll(full)
        for (int row = 0; row < rows; row++) {
            vec o[6];
            ISA(transform_line)(tile, matrix, half + row * columns, 1, o);
#pragma clang loop unroll(full)
            for (int column = 0; column < rows; column++)
                store(points + (row * rows + column) * point_stride + c, o[column]);
        }
    }
}

/* The points of tiles begin to end, by a matrix that takes positions to points, as winograd_input
 * and winograd_gradient of calk_kernels have them. Positions are `stride` floats apart. */
INLINE void ISA(transform_tiles)(const int matrix, const calk_winograd *w, const float *maps,
                                 int32_t stride, int32_t channels, int32_t tile_begin,
                                 int32_t tile_end, int32_t first_tile, int32_t tiles,
                                 float *points) {
    const int32_t side = ISA(matrix_columns)(w->tile, matrix);
    const int32_t border = (side - w->tile) / 2;
    const calk_winograd_grid grid = calk_winograd_grid_of(w);
    const int64_t step = calk_winograd_stride(channels);
    const int64_t point_stride = calk_winograd_room(tiles, step);
    for (int32_t i = tile_begin; i < tile_end; i++) {
        const calk_winograd_place at = calk_winograd_place_of(grid, i);
        const float *map = maps + (int64_t)at.image * w->height * w->width * stride;
        ISA(patch) p;
        const int inside = ISA(find_patch)(map, w->height, w->width, stride, at.top - border,
                                           at.left - border, side, w->zeros, &p);
        float *to = points + (i - first_tile) * step;
        if (w->tile == 2 && inside)
            ISA(transform_patch)(2, matrix, 1, &p, channels, point_stride, to);
        else if (w->tile == 2)
            ISA(transform_patch)(2, matrix, 0, &p, channels, point_stride, to);
        else if (inside)
            ISA(transform_patch)(4, matrix, 1, &p, channels, point_stride, to);
        else
            ISA(transform_patch)(4, matrix, 0, &p, channels, point_stride, to);
    }
}
