/* usage: make_image FILE. Writes the small enclave image of test_elf.h, not yet signed. */
#include <stdint.h>
#include <stdio.h>

#include "test_elf.h"

int main(int argc, char **argv)
{
    struct test_elf elf;
    FILE *file = argc == 2 ? fopen(argv[1], "wb") : NULL;
    if (file == NULL) {
        fputs("usage: make_image FILE\n", stderr);
        return 64;
    }
    test_elf_make(&elf);
    size_t written = fwrite(elf.bytes, 1, sizeof elf.bytes, file);
    return fclose(file) != 0 || written != sizeof elf.bytes;
}
