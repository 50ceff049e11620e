/* What the convolution templates share across instruction sets. */
#ifndef CALK_CONV_PRIVATE_H
#define CALK_CONV_PRIVATE_H

#include <stddef.h>
#include <stdint.h>

#include "include/conv.h"

/* A 7x7 window and a shortcut are the most that the network needs. */
#define CALK_TAPS_MAX 64

/* A filter's weight, scaled. */
static inline float calk_weight(const calk_filter *f, int32_t o, int32_t c, int32_t tap) {
    float weight;
    const int64_t at = o * f->out_step + c * f->in_step + f->tap[tap];
    __builtin_memcpy(&weight, (const char *)f->weights + 4 * at, 4);
    return f->scale ? weight * f->scale[o] : weight;
}

/* Fills the length of every tap and returns their sum. */
int64_t calk_tap_lengths(const calk_conv *conv, int32_t *lengths);

/* Fills taps x (end - begin) pointers: where each tap of each output row starts. */
void calk_tap_pointers(const calk_conv *conv, const calk_conv_data *data, int32_t begin,
                       int32_t end, const float **table);

/* One block of output rows (positions) in one panel, whatever numbers are multiplied. */
typedef struct calk_block {
    const float *const *rows; /* taps x rows of the block: pointers to what is read */
    int32_t taps;
    const float *residual; /* NULL: none */
    float *out;
    int64_t stride; /* floats from row to row of out and residual */
} calk_block;

/* Output rows, cut into blocks of nearly equal height: a small last block would waste the
 * registers. */
typedef struct calk_walk {
    int32_t rows, blocks;
    int32_t taps;
    const float **table;   /* rows x taps pointers, block after block, each as calk_block has it */
    const float *residual; /* of the first row; NULL: none */
    float *out;            /* likewise */
    int64_t stride;        /* floats from row to row of out and residual */
} calk_walk;

/* Blocks of at most `most` rows that it takes for `rows`. */
static inline int32_t calk_block_count(int32_t rows, int32_t most) {
    return (rows + most - 1) / most;
}

/* A walk over output rows begin to end; fills `table`. */
calk_walk calk_walk_over(const calk_conv *conv, const calk_conv_data *data, int32_t begin,
                         int32_t end, int32_t most, const float **table);

/* Leads to block i in the panel that begins with `column`; returns the rows of the block. */
static inline int32_t calk_walk_to(const calk_walk *walk, int32_t i, int32_t column,
                                   calk_block *block) {
    const int32_t first = calk_share(walk->rows, i, walk->blocks);
    const int64_t at = first * walk->stride + column;
    block->rows = walk->table + (int64_t)first * walk->taps;
    block->taps = walk->taps;
    block->residual = walk->residual ? walk->residual + at : NULL;
    block->out = walk->out + at;
    block->stride = walk->stride;
    return calk_share(walk->rows, i + 1, walk->blocks) - first;
}

#endif
