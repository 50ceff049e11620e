#ifndef CAL_BUILD_INFO_H
#define CAL_BUILD_INFO_H

// What only the C compiler's command line and predefined macros know of this build.

// The source's id: CAL_SOURCE_ID, which the Makefile sets to the git commit (a string); else
// "unknown".
const char *cal_build_source(void);

// The compiler that came with the Swift toolchain, with its revision.
const char *cal_build_compiler(void);

#endif
