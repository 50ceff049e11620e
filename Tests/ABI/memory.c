/* A training that needs more memory than there is: an error, and the process goes on. To be run
 * with half a GiB of address space, of which the sums of the norms alone would take more. */
#include "check.h"

enum { IMAGES = 4, SIDE = 16 };

int main(void) {
    static const uint8_t pixels[SIDE * SIDE * 3];
    static const int32_t label[IMAGES] = {0, 1, -1, -1};
    cal_image images[IMAGES];
    for (int i = 0; i < IMAGES; ++i)
        images[i] = view(pixels, SIDE, SIDE);
    cal_source source = CAL_SOURCE_INIT;
    source.count = IMAGES;
    source.label = label;
    source.images = images;
    cal_training_options options = CAL_TRAINING_OPTIONS_INIT;
    options.known = 2;
    options.prototypes = 4;
    options.block = CAL_BLOCK_BASIC;
    for (int i = 0; i < 4; ++i)
        options.depth[i] = 1;
    options.width = 16;
    options.input_size = SIDE;
    options.small_stem = 1;
    options.batch_size = 1 << 16;
    cal_trainer *trainer = NULL;
    EXPECT(CAL_ERR_MEMORY, cal_trainer_create(&options, &source, NULL, &trainer));
    CHECK(trainer == NULL);
    options.batch_size = 4;
    EXPECT(CAL_OK, cal_trainer_create(&options, &source, NULL, &trainer));
    cal_trainer_free(trainer);
    return 0;
}
