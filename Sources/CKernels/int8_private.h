/* What the int8 template shares across instruction sets. */
#ifndef CALK_INT8_PRIVATE_H
#define CALK_INT8_PRIVATE_H

#include "codes.h"
#include "include/int8.h"

/* The codes that output rows begin to end read. */
calk_codes calk_int8_codes(const calk_int8 *conv, int32_t row_begin, int32_t row_end);

#if defined(__x86_64__)
/* One loop each; they need the processor's AVX2, AVX-VNNI, AVX-512 VNNI. */
calk_int8_function calk_int8_conv_avx2, calk_int8_conv_avxvnni, calk_int8_conv_avx512vnni;

/* The best of them for a set whose vectors have 256 or 512 bits, and its name. */
calk_int8_function calk_int8_conv_256, calk_int8_conv_512;
const char *calk_int8_name_256(void), *calk_int8_name_512(void);
#endif

#endif
