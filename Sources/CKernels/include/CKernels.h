#ifndef CKERNELS_H
#define CKERNELS_H

#include "build_info.h"
#include "resize.h"

#endif
