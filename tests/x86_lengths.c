/*
 * Holds our length decoder against a disassembler: reads `objdump -d --insn-width=15` on standard
 * input and decodes each instruction's bytes. Lines that objdump calls (bad) are left out.
 */
#include <stdio.h>
#include <string.h>

#include "image/x86.h"

/* The hexadecimal pairs of a line, up to the tab before the mnemonic. */
static size_t read_bytes(const char *text, uint8_t out[16])
{
    size_t n = 0;
    unsigned value = 0;
    while (n < 16 && text[0] != ' ' && text[0] != '\t' && sscanf(text, "%2x", &value) == 1) {
        out[n++] = (uint8_t)value;
        text += 3;
    }
    return n;
}

int main(void)
{
    char line[1024];
    size_t checked = 0;
    size_t wrong = 0;
    while (fgets(line, sizeof line, stdin) != NULL) {
        uint8_t bytes[16];
        struct kc_x86 found = {0};
        const char *start = strstr(line, ":\t");
        const char *mnemonic = start == NULL ? NULL : strchr(start + 2, '\t');
        if (mnemonic == NULL || strstr(mnemonic, "(bad)") != NULL)
            continue;
        size_t n = read_bytes(start + 2, bytes);
        checked++;
        if (kc_x86_decode(kc_bytes_of(bytes, n), &found) && found.length == n)
            continue;
        if (wrong++ < 20)
            printf("we say %zu: %s", found.length, line);
    }
    printf("%zu instructions, %zu not as objdump has them\n", checked, wrong);
    return checked < 1000 || wrong > 0;
}
