/* Weights from the order of a model file into panels. A file has an output's inputs side by side,
 * a panel an input's outputs: so blocks of both, small enough that a line of either is in the
 * first-level cache until all of it was used. */

enum { ISA(pack_run) = 16 };

/* A float at any alignment. */
typedef float ISA(loose) __attribute__((aligned(1), may_alias));

INLINE const ISA(loose) * ISA(pack_from)(const calk_filter *f, int32_t o, int32_t c, int32_t tap) {
    return (const ISA(loose) *)f->weights + o * f->out_step + c * f->in_step + tap;
}

/* `count` inputs from c on of one tap, of the `outs` first outputs of a panel. */
INLINE void ISA(pack_block)(const int32_t width, const calk_filter *f, int32_t first, int32_t outs,
                            int32_t c, int32_t count, int32_t tap, float *to) {
    for (int32_t o = 0; o < outs; o++) {
        const ISA(loose) *from = ISA(pack_from)(f, first + o, c, tap);
        const float scale = f->scale ? f->scale[first + o] : 1;
        if (f->in_step == 1)
            for (int32_t i = 0; i < count; i++)
                to[i * width + o] = from[i] * scale;
        else
            for (int32_t i = 0; i < count; i++)
                to[i * width + o] = from[i * f->in_step] * scale;
    }
    for (int32_t i = 0; i < count && outs < width; i++)
        memset(to + i * width + outs, 0, (size_t)(width - outs) * sizeof *to);
}

INLINE void ISA(pack_panel)(const int32_t width, int64_t depth_offset, const calk_filter *f,
                            int32_t first, float *panel) {
    const int32_t outs = f->out - first < width ? f->out - first : width;
    for (int32_t c = 0; c < f->in; c += ISA(pack_run)) {
        const int32_t count = f->in - c < ISA(pack_run) ? f->in - c : ISA(pack_run);
        for (int32_t t = 0; t < f->taps; t++) {
            float *to = panel + (depth_offset + (int64_t)t * f->in + c) * width;
            ISA(pack_block)(width, f, first, outs, c, count, f->tap[t], to);
        }
    }
}

static void ISA(pack)(int64_t depth, int64_t depth_offset, const calk_filter *f,
                      int32_t panel_begin, int32_t panel_end, float *packed) {
    for (int32_t panel = panel_begin; panel < panel_end; panel++) {
        const int32_t first = panel * PANEL;
        float *to = packed + first * depth;
        if (calk_panel_width(PANEL, f->out, first) == PANEL)
            ISA(pack_panel)(PANEL, depth_offset, f, first, to);
        else
            ISA(pack_panel)(LANES, depth_offset, f, first, to);
    }
}
