/* The passes by instruction set; resize.c chooses. */
#ifndef CALK_RESIZE_SETS_H
#define CALK_RESIZE_SETS_H

#include "resize.h"

void calk_resize_horizontal_portable(calk_resize_rows rows, size_t channels,
                                     calk_resize_filter filter, uint8_t *out, size_t slot,
                                     size_t stride);
void calk_resize_vertical_portable(const uint8_t *rows, size_t slots, size_t stride, size_t bytes,
                                   calk_resize_filter filter, size_t output, uint8_t *out);
#if defined(__x86_64__)
void calk_resize_horizontal_avx2(calk_resize_rows rows, size_t channels, calk_resize_filter filter,
                                 uint8_t *out, size_t slot, size_t stride);
void calk_resize_vertical_avx2(const uint8_t *rows, size_t slots, size_t stride, size_t bytes,
                               calk_resize_filter filter, size_t output, uint8_t *out);
#endif

#endif
