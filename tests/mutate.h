/* Tables of bad input as changes of one good input: what is replaced, and by what. */
#ifndef KC_TESTS_MUTATE_H
#define KC_TESTS_MUTATE_H

#include "test.h"

/* `text` with the first occurrence of `from` made `to`; the caller frees. Fails the test where
 * there is none, so that a row cannot lose its meaning. */
static inline char *test_replace(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    if (at == NULL)
        fail_msg("the good input has no '%s'", from);
    size_t head = (size_t)(at - text);
    size_t size = strlen(text) - strlen(from) + strlen(to) + 1;
    char *out = malloc(size);
    snprintf(out, size, "%.*s%s%s", (int)head, text, to, at + strlen(from));
    return out;
}

#endif
