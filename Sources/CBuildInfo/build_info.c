#include "build_info.h"

const char *cal_build_source(void) { return CAL_SOURCE_ID; }

const char *cal_build_compiler(void) { return __VERSION__; }
