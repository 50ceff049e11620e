/* Convolution over a range of output rows and panels: builds the pointer table once, then
 * walks panel by panel, so that a panel's weights serve all rows while they are in cache. */

static void ISA(conv)(const calk_conv *conv, const calk_conv_data *data, int32_t row_begin,
                      int32_t row_end, int32_t panel_begin, int32_t panel_end,
                      const float **table) {
    int32_t lengths[CALK_TAPS_MAX];
    const int64_t depth = calk_tap_lengths(conv, lengths);
    const calk_walk walk = calk_walk_over(conv, data, row_begin, row_end, BLOCK_ROWS, table);
    for (int32_t panel = panel_begin; panel < panel_end; panel++) {
        const int32_t column = panel * PANEL;
        const int32_t wide = calk_panel_width(PANEL, conv->out_channels, column) == PANEL;
        ISA(block)
        b = {
            .lengths = lengths,
            .relu = conv->relu,
            .weights = conv->weights + column * depth,
            .bias = conv->bias + column,
        };
        for (int32_t i = 0; i < walk.blocks; i++) {
            const int32_t rows = calk_walk_to(&walk, i, column, &b.at);
            ISA(look_ahead)(&b, depth, wide ? PANEL : LANES, walk.blocks, i);
            ISA(multiply_table)[rows - 1][wide](&b);
        }
    }
}
