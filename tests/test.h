/* What every test program includes: cmocka with what it needs before it, and the shared data. */
#ifndef KC_TESTS_TEST_H
#define KC_TESTS_TEST_H

/* clang-format off: cmocka.h wants these first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
/* clang-format on */

#include "base/bytes.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Data in tests/vectors. */
#define TEST_VECTOR(name) SOURCE_ROOT "/tests/vectors/" name
/* Data beside the project; tests that need it skip where it is absent and CI refuses that. */
#define SHARED_VECTOR(name) SOURCE_ROOT "/../shared/vectors/" name

/* Reads a whole file; NULL when it cannot. The caller frees. One NUL stands behind the bytes. */
static inline uint8_t *test_read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    uint8_t *bytes = malloc((size_t)size + 1);
    *len = fread(bytes, 1, (size_t)size, file);
    bytes[*len] = 0;
    fclose(file);
    return bytes;
}

#endif
