/* Maps made anew for a convolution that multiplies something else than floats: which positions some
 * output rows read, and how the convolution walks over these. Pointers count groups of four bytes,
 * so that those of floats serve. */
#ifndef CALK_CODES_H
#define CALK_CODES_H

#include "conv_private.h"

typedef struct calk_codes {
    const calk_window *window; /* over the map of floats */
    int32_t out_width;         /* positions in a row of the output */
    int32_t row_begin;         /* the first output position */
    int32_t begin;             /* the same as `conv` counts */
    int32_t first_line, lines; /* of the map, where a window has more than one tap */
    int64_t positions;         /* that codes are made of */
    calk_conv conv;            /* over the codes; without weights, bias and out_channels */
} calk_codes;

/* Of output rows begin to end. A position of the codes has `length` groups, and `stride` from one
 * to the next; one of the output, out_stride floats. */
calk_codes calk_codes_for(const calk_window *window, int32_t out_width, int32_t out_stride,
                          int32_t length, int32_t stride, int32_t row_begin, int32_t row_end);

/* The output and the residual, with rows counted as the codes' convolution does. */
calk_conv_data calk_codes_data(const calk_codes *codes, const calk_conv_data *data);

/* Positions of the codes whose values stand at even distances in the map. */
typedef struct calk_run {
    int64_t first; /* float that the values of the first begin at */
    int64_t step;  /* floats from one to the next */
    int64_t count;
} calk_run;

/* The run that begins with position i of the codes. */
calk_run calk_codes_run(const calk_codes *codes, int64_t i);

/* The most positions that any `rows` output positions read. */
int64_t calk_codes_room(const calk_window *window, int32_t out_width, int32_t rows);

#endif
