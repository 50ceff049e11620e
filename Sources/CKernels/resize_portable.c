/* The resize for any CPU: SSE2 is part of every x86-64, and clang makes NEON of the rest. */

#include "resize_sets.h"

#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define VECTOR 16
#define NAME(function) function##_portable
#include "resize_passes.h"
