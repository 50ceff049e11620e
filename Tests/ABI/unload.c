/* A plug-in host: the library is opened, used and closed three times. Not linked with libcal;
 * usage: unload colours.cal random.cal, with the library on the loader's path. */
#include <dlfcn.h>

#include "check.h"

/* ISO C has no cast from an object pointer to a function pointer; copying is what POSIX means. */
#define FIND(library, function)                                                                    \
    void *function##_address = dlsym(library, #function);                                          \
    CHECK(function##_address != NULL);                                                             \
    memcpy(&function##_, &function##_address, sizeof function##_)

const char *cal_last_error(void) { return "not linked"; }
const char *cal_status_name(cal_status status) { return status == CAL_OK ? "CAL_OK" : "error"; }

int main(int argc, char **argv) {
    cal_status (*cal_model_load_file_)(const char *, const cal_load_options *, cal_model **);
    void (*cal_model_free_)(cal_model *);
    CHECK(argc == 3);
    for (int round = 0; round < 3; ++round) {
        void *library = dlopen("libcal.so.1", RTLD_NOW | RTLD_LOCAL);
        if (library == NULL) {
            fprintf(stderr, "%s\n", dlerror());
            return 1;
        }
        FIND(library, cal_model_load_file);
        FIND(library, cal_model_free);
        cal_model *model = NULL;
        CHECK(cal_model_load_file_(argv[1], NULL, &model) == CAL_OK);
        cal_model_free_(model);
        CHECK(cal_model_load_file_("missing", NULL, &model) == CAL_ERR_IO);
        CHECK(dlclose(library) == 0);
    }
    return 0;
}
