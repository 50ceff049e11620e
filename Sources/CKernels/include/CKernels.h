#ifndef CKERNELS_H
#define CKERNELS_H
#include "build_info.h"
#endif
typedef int cal_kernels_placeholder;
