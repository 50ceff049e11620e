#ifndef CKERNELS_H
#define CKERNELS_H

#include "resize.h"

#endif
