/* bf16 without an instruction for it: the set's own convolution, over floats that are bf16
 * numbers. */

INLINE vec ISA(bf16_round)(vec value) {
    const veci bits = (veci)value, size = bits & INT32_MAX;
    const veci nearest = bits + 0x7fff + (bits >> 16 & 1);
    const veci quiet = bits | 1 << 22;
    const vec number = choose(size > CALK_INFINITY_BITS, (vec)quiet, (vec)nearest);
    return (vec)((veci)number & ~0xffff & (size >= CALK_BF16_LEAST_BITS));
}

static void ISA(bf16_encode)(const float *in, int64_t step, int64_t count, int32_t length,
                             float *codes, int64_t codes_step) {
    for (int64_t i = 0; i < count; i++, in += step, codes += codes_step)
        for (int32_t c = 0; c < length; c += LANES)
            store(codes + c, ISA(bf16_round)(load(in + c)));
}

const calk_bf16 ISA(calk_bf16) = {
    .panel = PANEL,
    .together = 1,
    .encode = ISA(bf16_encode),
    .conv = ISA(conv),
};
