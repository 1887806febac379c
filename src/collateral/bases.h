/* A list of base URLs of servers, as options, variables and callers name it: with commas between.
 */
#ifndef KC_COLLATERAL_BASES_H
#define KC_COLLATERAL_BASES_H

#include "base/bytes.h"
#include "base/error.h"

#define KC_BASES_MAX 8

struct kc_bases {
    size_t count;
    char *url[KC_BASES_MAX]; /* owned */
};

/* Adds each of a list. False: one of them is no base URL (collateral/web.h), or one too many, or
 * there is no memory; those before it may have been added. */
KC_MUST_USE bool kc_bases_add(struct kc_bases *bases, const char *urls);

void kc_bases_clear(struct kc_bases *bases);

#endif
