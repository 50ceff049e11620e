/* The gradient of a 3x3 convolution's weights by Winograd's algorithm. An output tile is
 * A^T [U . V] A with U = G w G^T of the weights and V = B^T d B of the input, so the gradient of w
 * is G^T [V . (A g A^T)] G with the output's gradient g: the middle is summed over all tiles
 * point by point, (tile + 2)^2 outer products a tile instead of 9 tile^2. */

static void ISA(winograd_gradient)(const calk_winograd *w, const float *gradient,
                                   int32_t tile_begin, int32_t tile_end, int32_t first_tile,
                                   int32_t tiles, float *u) {
    ISA(transform_tiles)(GRADIENT_MATRIX, w, gradient, w->out_stride, w->out_channels, tile_begin,
                         tile_end, first_tile, tiles, u);
}

static void ISA(winograd_products)(const calk_winograd *w, const float *v, const float *u,
                                   int32_t tiles, int32_t point_begin, int32_t point_end,
                                   float *sums, const float **table) {
    const int32_t length = w->in_channels, width = w->out_channels;
    const int64_t in = calk_winograd_stride(length), out = calk_winograd_stride(width);
    const int32_t runs = calk_block_count(length, BLOCK_ROWS);
    for (int32_t point = point_begin; point < point_end; point++) {
        const float *from = v + point * calk_winograd_room(tiles, in);
        for (int32_t i = 0; i < tiles; i++)
            table[i] = from + i * in;
        const ISA(outer) outer = {
            .in = table,
            .rows = tiles,
            .channels = length,
            .width = width,
            .out_gradient = u + point * calk_winograd_room(tiles, out),
            .out_stride = out,
            .gradient = sums + (int64_t)point * length * width,
            .stride = width,
        };
        for (int32_t column = 0; column < width; column += PANEL)
            for (int32_t run = 0; run < runs; run++)
                ISA(outer_run)(&outer, run, runs, column);
    }
}
