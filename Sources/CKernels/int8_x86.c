/* Which int8 loop the sets of x86-64 run: that of VNNI where the processor has it. All give the
 * same bits. */
#if defined(__x86_64__)
#include "int8_private.h"

typedef struct int8_loop {
    const char *name;
    calk_int8_function *conv;
} int8_loop;

static const int8_loop avx2 = {"avx2", calk_int8_conv_avx2};
static const int8_loop avxvnni = {"avxvnni", calk_int8_conv_avxvnni};
static const int8_loop avx512vnni = {"avx512vnni", calk_int8_conv_avx512vnni};

static const int8_loop *loop_256(void) {
    return __builtin_cpu_supports("avxvnni") ? &avxvnni : &avx2;
}

static const int8_loop *loop_512(void) {
    return __builtin_cpu_supports("avx512vnni") ? &avx512vnni : loop_256();
}

void calk_int8_conv_256(const calk_int8 *conv, const calk_conv_data *data, int32_t row_begin,
                        int32_t row_end, int32_t panel_begin, int32_t panel_end, uint8_t *scratch,
                        const float **table) {
    loop_256()->conv(conv, data, row_begin, row_end, panel_begin, panel_end, scratch, table);
}

void calk_int8_conv_512(const calk_int8 *conv, const calk_conv_data *data, int32_t row_begin,
                        int32_t row_end, int32_t panel_begin, int32_t panel_end, uint8_t *scratch,
                        const float **table) {
    loop_512()->conv(conv, data, row_begin, row_end, panel_begin, panel_end, scratch, table);
}

const char *calk_int8_name_256(void) { return loop_256()->name; }

const char *calk_int8_name_512(void) { return loop_512()->name; }
#endif
