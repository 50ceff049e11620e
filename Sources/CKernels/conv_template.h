/* Convolution over a range of output rows and panels: builds the pointer table once, then
 * walks panel by panel, so that a panel's weights serve all rows while they are in cache. */

static void ISA(conv)(const calk_conv *conv, const calk_conv_data *data, int32_t row_begin,
                      int32_t row_end, int32_t panel_begin, int32_t panel_end,
                      const float **table) {
    const int32_t rows = row_end - row_begin;
    const int32_t blocks = (rows + BLOCK_ROWS - 1) / BLOCK_ROWS;
    const int32_t taps = calk_conv_taps(conv);
    int32_t lengths[CALK_TAPS_MAX];
    const int64_t depth = calk_tap_lengths(conv, lengths);

    /* Blocks of nearly equal height: a small last block would waste the registers. */
    for (int32_t i = 0; i < blocks; i++) {
        const int32_t first = row_begin + calk_share(rows, i, blocks);
        const int32_t last = row_begin + calk_share(rows, i + 1, blocks);
        calk_tap_pointers(conv, data, first, last, table + (int64_t)(first - row_begin) * taps);
    }

    for (int32_t panel = panel_begin; panel < panel_end; panel++) {
        const int32_t column = panel * PANEL;
        const int32_t wide = calk_panel_width(PANEL, conv->out_channels, column) == PANEL;
        ISA(block)
        b = {
            .lengths = lengths,
            .taps = taps,
            .relu = conv->relu,
            .weights = conv->weights + column * depth,
            .bias = conv->bias + column,
            .stride = conv->out_stride,
        };
        for (int32_t i = 0; i < blocks; i++) {
            const int32_t first = calk_share(rows, i, blocks);
            const int32_t last = calk_share(rows, i + 1, blocks);
            const int64_t at = (int64_t)(row_begin + first) * conv->out_stride + column;
            b.rows = table + (int64_t)first * taps;
            b.out = data->out + at;
            b.residual = data->residual ? data->residual + at : NULL;
            ISA(look_ahead)(&b, depth, wide ? PANEL : LANES, blocks, i);
            ISA(multiply_table)[last - first - 1][wide](&b);
        }
    }
}
