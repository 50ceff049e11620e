/* Every loop of the table for one instruction set; see vector.h for what stands before this. A
 * group of includes uses those above it. */
#include "vector.h"

#include "gemm_template.h"
#include "pack_template.h"
#include "sigmoid_template.h"
#include "weight_gradient_template.h"
#include "winograd_transform_template.h"

#include "conv_template.h"

#include "bf16_template.h"
#include "dct_template.h"
#include "gated_mean_template.h"
#include "mask_template.h"
#include "max_pool_template.h"
#include "norm_template.h"
#include "rows_template.h"
#include "winograd_gradient_template.h"
#include "winograd_pack_template.h"
#include "winograd_template.h"

const calk_kernels ISA(calk_kernels) = {
    .panel = PANEL,
    .pack = ISA(pack),
    .winograd_pack = ISA(winograd_pack),
    .conv = ISA(conv),
    .int8_interleave = INT8_INTERLEAVE,
    .int8_conv = INT8_CONV,
    .int8_name = INT8_NAME,
    .winograd_input = ISA(winograd_input),
    .winograd_output = ISA(winograd_output),
    .max_pool = ISA(max_pool),
    .pool = ISA(pool),
    .dct = ISA(dct),
    .mask = ISA(mask),
    .sigmoid_pool = ISA(sigmoid_pool),
    .weight_gradient_tiles = ISA(weight_gradient_tiles),
    .weight_gradient = ISA(weight_gradient),
    .winograd_gradient = ISA(winograd_gradient),
    .winograd_products = ISA(winograd_products),
    .norm_sums = ISA(norm_sums),
    .norm_apply = ISA(norm_apply),
    .norm_gradient_sums = ISA(norm_gradient_sums),
    .norm_gradient_apply = ISA(norm_gradient_apply),
    .max_pool_gradient = ISA(max_pool_gradient),
    .gated_mean = ISA(gated_mean),
    .gated_mean_gradient = ISA(gated_mean_gradient),
    .sigmoids = ISA(sigmoids),
    .row_products = ISA(row_products),
};
