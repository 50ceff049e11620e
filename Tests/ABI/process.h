/* What Linux says of this process. */
#ifndef PROCESS_H
#define PROCESS_H

#include <dirent.h>

#include "check.h"

static inline int entries(const char *path) {
    DIR *directory = opendir(path);
    int count = 0;
    CHECK(directory != NULL);
    while (readdir(directory) != NULL) {
        ++count;
    }
    closedir(directory);
    return count - 2; /* . and .. */
}

static inline int threads(void) { return entries("/proc/self/task"); }

#endif
