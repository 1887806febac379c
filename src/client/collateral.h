/*
 * Collateral of a client: a file that its caller has, or what is fetched, through a cache, once
 * evidence is there. Whoever brings it need not be trusted: the verifier judges it.
 */
#ifndef KC_CLIENT_COLLATERAL_H
#define KC_CLIENT_COLLATERAL_H

#include "collateral/cache.h"

/* Zeros: there is none. */
struct kc_client_collateral {
    bool is_given;                      /* the bundle is the caller's; else what was fetched last */
    struct kc_bundle bundle;            /* owned, as all below */
    struct kc_collateral_pieces pieces; /* views of it */
    struct kc_bases pcs;
    char *cache;      /* a folder; NULL: none */
    char reason[256]; /* "", or what could not be fetched last */
};

/* Takes a file. KC_ERR_UNSUPPORTED, KC_ERR_MALFORMED, KC_ERR_MEMORY: as it was. */
KC_MUST_USE enum kc_err kc_client_collateral_take(struct kc_client_collateral *c,
                                                  struct kc_bytes file, struct kc_error *error);

/* Names servers; `cache` may be NULL. KC_ERR_ARGUMENT, KC_ERR_MEMORY: as it was. */
KC_MUST_USE enum kc_err kc_client_collateral_name(struct kc_client_collateral *c, const char *urls,
                                                  const char *cache, struct kc_error *error);

/* What there is for this evidence, fetched where servers are named; NULL: nothing. Good until the
 * next call. `root_key` is the trusted one, 64 bytes. */
const struct kc_collateral_pieces *kc_client_collateral_get(struct kc_client_collateral *c,
                                                            const struct kc_evidence *evidence,
                                                            const uint8_t *root_key, int64_t now);

void kc_client_collateral_clear(struct kc_client_collateral *c);

#endif
