/* Loading libcal starts no thread but those that OpenBLAS starts when it is loaded, before any
 * line of ours can run; with OPENBLAS_NUM_THREADS=1 there is none at all. What follows, up to a
 * session with threads of its own, is quiet.c's. Not linked with libcal. */
#include <dlfcn.h>

#include "process.h"

const char *cal_last_error(void) { return "not linked"; }

static void open_library(const char *name) {
    if (dlopen(name, RTLD_NOW | RTLD_LOCAL) == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
}

int main(void) {
    const char *blas_threads = getenv("OPENBLAS_NUM_THREADS");
    CHECK(threads() == 1);
    open_library("libopenblas.so.0");
    const int with_blas = threads();
    CHECK(with_blas == 1 || blas_threads == NULL);
    open_library("libcal.so.1");
    CHECK(threads() == with_blas);
    return 0;
}
