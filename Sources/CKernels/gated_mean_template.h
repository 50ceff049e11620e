/* The mean over a map's positions, each times its gate: with the neck behind it, alone for
 * training, and its gradient. */

static void ISA(pool)(float *map, int32_t positions, int32_t stride, const float *gate,
                      const float *scale, const float *shift, float *features, int32_t begin,
                      int32_t end) {
    for (int32_t c = begin; c < end; c += LANES) {
        vec sum = {0};
        for (int32_t i = 0; i < positions; i++) {
            float *at = map + (int64_t)i * stride + c;
            vec v = load(at);
            if (gate) {
                v *= gate[i];
                store(at, v);
            }
            sum += v;
        }
        store(features + c, load(scale + c) * (sum / (float)positions) + load(shift + c));
    }
}

static void ISA(gated_mean)(const float *map, int32_t positions, int32_t stride, int32_t channels,
                            const float *gate, float *mean) {
    for (int32_t c = 0; c < channels; c += LANES) {
        vec sum = {0};
        for (int32_t i = 0; i < positions; i++)
            sum += load(map + (int64_t)i * stride + c) * (gate ? gate[i] : 1.0f);
        store(mean + c, sum / (float)positions);
    }
}

static void ISA(gated_mean_gradient)(const float *map, int32_t positions, int32_t stride,
                                     int32_t channels, const float *gate,
                                     const float *mean_gradient, float *map_gradient,
                                     float *gate_gradient) {
    const float share = 1.0f / (float)positions;
    for (int32_t i = 0; i < positions; i++) {
        const int64_t at = (int64_t)i * stride;
        const float weight = (gate ? gate[i] : 1.0f) * share;
        vec dot = {0};
        for (int32_t c = 0; c < channels; c += LANES) {
            const vec g = load(mean_gradient + c);
            dot += g * load(map + at + c);
            store(map_gradient + at + c, g * weight);
        }
        if (gate_gradient) {
            float sum = 0;
            for (int k = 0; k < LANES; k++)
                sum += dot[k];
            gate_gradient[i] = sum * share;
        }
    }
}
