/* BatchNorm over a batch, and its gradient. */

/* Rows whose terms are summed in single precision before they go to the double sums. */
enum { ISA(norm_run) = 64 };

/* The row behind the run that begins with `first`. */
INLINE int32_t ISA(norm_run_end)(const calk_norm_rows *n, int32_t first) {
    return first + ISA(norm_run) < n->rows ? first + ISA(norm_run) : n->rows;
}

INLINE void ISA(add_to_doubles)(vec v, double *sums) {
    for (int i = 0; i < LANES; i++)
        sums[i] += (double)v[i];
}

static void ISA(norm_sums)(const calk_norm_rows *n, const float *in, const float *centre,
                           double *sum, double *square) {
    for (int32_t first = 0; first < n->rows; first += ISA(norm_run)) {
        const int32_t last = ISA(norm_run_end)(n, first);
        for (int32_t c = 0; c < n->channels; c += LANES) {
            const vec middle = load(centre + c);
            vec s = {0}, q = {0};
            for (int32_t r = first; r < last; r++) {
                const vec d = load(in + (int64_t)r * n->stride + c) - middle;
                s += d;
                q += d * d;
            }
            ISA(add_to_doubles)(s, sum + c);
            ISA(add_to_doubles)(q, square + c);
        }
    }
}

static void ISA(norm_apply)(const calk_norm_rows *n, const calk_norm *norm, const float *in,
                            float *out) {
    for (int32_t r = 0; r < n->rows; r++) {
        const int64_t at = (int64_t)r * n->stride;
        for (int32_t c = 0; c < n->channels; c += LANES) {
            vec v = load(in + at + c) * load(norm->scale + c) + load(norm->shift + c);
            if (norm->residual)
                v += load(norm->residual + at + c);
            store(out + at + c, norm->relu ? at_least_zero(v) : v);
        }
    }
}

static void ISA(norm_gradient_sums)(const calk_norm_rows *n, const float *in, const float *centre,
                                    const float *out, float *gradient, double *sum, double *dot) {
    for (int32_t first = 0; first < n->rows; first += ISA(norm_run)) {
        const int32_t last = ISA(norm_run_end)(n, first);
        for (int32_t c = 0; c < n->channels; c += LANES) {
            const vec middle = load(centre + c);
            vec s = {0}, d = {0};
            for (int32_t r = first; r < last; r++) {
                const int64_t at = (int64_t)r * n->stride + c;
                vec g = load(gradient + at);
                if (out) {
                    g = choose(load(out + at) > (vec){0}, g, (vec){0});
                    store(gradient + at, g);
                }
                s += g;
                d += g * (load(in + at) - middle);
            }
            ISA(add_to_doubles)(s, sum + c);
            ISA(add_to_doubles)(d, dot + c);
        }
    }
}

static void ISA(norm_gradient_apply)(const calk_norm_rows *n, const calk_norm_slope *slope,
                                     const float *gradient, float *in) {
    for (int32_t r = 0; r < n->rows; r++) {
        const int64_t at = (int64_t)r * n->stride;
        for (int32_t c = 0; c < n->channels; c += LANES)
            store(in + at + c, load(gradient + at + c) * load(slope->scale + c) +
                                   load(in + at + c) * load(slope->slope + c) +
                                   load(slope->offset + c));
    }
}
