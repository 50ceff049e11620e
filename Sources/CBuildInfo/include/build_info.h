#ifndef CAL_BUILD_INFO_H
#define CAL_BUILD_INFO_H

// What only the C compiler's command line and predefined macros know of this build.

// The source's id: the git commit if the Makefile built it (Package.swift hands it on), else
// "unknown". In a target of its own, so that a new commit compiles nothing but this.
const char *cal_build_source(void);

// The compiler that came with the Swift toolchain, with its revision.
const char *cal_build_compiler(void);

#endif
