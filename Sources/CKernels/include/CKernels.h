#ifndef CKERNELS_H
#define CKERNELS_H

#include "build_info.h"
#include "resize.h"
#include "sha256.h"

#endif
