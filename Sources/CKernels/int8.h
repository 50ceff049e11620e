/* What the int8 template shares across instruction sets. */
#ifndef CALK_INT8_PRIVATE_H
#define CALK_INT8_PRIVATE_H

#include "codes.h"
#include "include/int8.h"

/* The codes that output rows begin to end read. */
calk_codes calk_int8_codes(const calk_int8 *conv, int32_t row_begin, int32_t row_end);

/* Where in the map the values of position i of the codes begin. */
int64_t calk_int8_source(const calk_int8 *conv, const calk_codes *codes, int32_t row_begin,
                         int64_t i);

#if defined(__x86_64__)
/* In kernels_avx2.c; AVX-512's set has it too. */
void calk_int8_conv_avx2(const calk_int8 *conv, const calk_conv_data *data, int32_t row_begin,
                         int32_t row_end, int32_t panel_begin, int32_t panel_end, uint8_t *scratch,
                         const float **table);
#endif

#endif
