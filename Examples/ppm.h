/* Reads a binary PPM (P6, 8 bits a channel), the simplest picture file there is; convert others
 * with `convert face.jpg face.ppm`. For C and C++. */
#ifndef PPM_H
#define PPM_H

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The next number of the header, behind white space and # comments; 0 if there is none. */
static inline uint32_t ppm_number(FILE *file) {
    int c = getc(file);
    while (isspace(c) || c == '#') {
        if (c == '#') {
            while (c != '\n' && c != EOF) {
                c = getc(file);
            }
        } else {
            c = getc(file);
        }
    }
    uint32_t number = 0;
    for (; isdigit(c) && number < 100000; c = getc(file)) {
        number = number * 10 + (uint32_t)(c - '0');
    }
    return isspace(c) ? number : 0; /* one white space ends it */
}

/* The pixels, R G B and rows from the top, to be freed; NULL if path is no such file. */
static inline uint8_t *ppm_read(const char *path, uint32_t *width, uint32_t *height) {
    uint8_t *pixels = NULL;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    if (getc(file) == 'P' && getc(file) == '6') {
        *width = ppm_number(file);
        *height = ppm_number(file);
        if (ppm_number(file) == 255 && *width > 0 && *height > 0) {
            const size_t size = (size_t)*width * *height * 3;
            pixels = (uint8_t *)malloc(size);
            if (pixels != NULL && fread(pixels, 1, size, file) != size) {
                free(pixels);
                pixels = NULL;
            }
        }
    }
    fclose(file);
    return pixels;
}

#endif
