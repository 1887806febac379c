/* Bits of a mask by name. */
#ifndef KC_CLI_INSPECT_BITS_H
#define KC_CLI_INSPECT_BITS_H

#include "cli/tree.h"

struct kc_inspect_bit {
    uint64_t mask;
    const char *name;
    const char *means;
};

/* Set bits by name; those that have none as one mask. DEBUG is shown when it is clear, too. */
void kc_inspect_bits(struct kc_tree *tree, json_t *section, const struct kc_inspect_bit *bits,
                     size_t count, uint64_t value);

#endif
