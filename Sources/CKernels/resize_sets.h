/* The passes by instruction set; resize.c chooses. */
#ifndef CK_RESIZE_SETS_H
#define CK_RESIZE_SETS_H

#include "resize.h"

void ck_resize_horizontal_portable(ck_resize_rows rows, size_t channels, ck_resize_filter filter,
                                   uint8_t *out, size_t slot, size_t stride);
void ck_resize_vertical_portable(const uint8_t *rows, size_t slots, size_t stride, size_t bytes,
                                 ck_resize_filter filter, size_t output, uint8_t *out);
#if defined(__x86_64__)
void ck_resize_horizontal_avx2(ck_resize_rows rows, size_t channels, ck_resize_filter filter,
                               uint8_t *out, size_t slot, size_t stride);
void ck_resize_vertical_avx2(const uint8_t *rows, size_t slots, size_t stride, size_t bytes,
                             ck_resize_filter filter, size_t output, uint8_t *out);
#endif

#endif
