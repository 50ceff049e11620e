/* Every loop of the table for one instruction set; see vector.h for what stands before this. */
#include "vector.h"

#include "gemm_template.h"

#include "conv_template.h"
#include "frequency_template.h"
#include "pool_template.h"
#include "winograd_template.h"

const calk_kernels ISA(calk_kernels) = {
    .panel = PANEL,
    .conv = ISA(conv),
    .winograd_input = ISA(winograd_input),
    .winograd_output = ISA(winograd_output),
    .max_pool = ISA(max_pool),
    .pool = ISA(pool),
    .dct = ISA(dct),
    .mask = ISA(mask),
    .sigmoid_pool = ISA(sigmoid_pool),
};
