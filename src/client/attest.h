/*
 * The checks of kms-ratls/1 on an open TLS connection: a fresh nonce goes out, evidence comes back,
 * and it is held to this session's own leaf and exporter, to a root, a policy and a kms-id.
 *
 * Nothing of the caller's leaves here: the only bytes that are sent are the nonce's request.
 */
#ifndef KC_CLIENT_ATTEST_H
#define KC_CLIENT_ATTEST_H

#include "client/report.h"
#include "client/tls.h"

/* Collateral for this evidence, of which nothing is known to be genuine yet; NULL: there is none.
 */
typedef const struct kc_collateral_pieces *
kc_client_collateral_source(void *context, const struct kc_evidence *evidence);

/* What the relying party asks for; all of it his own. */
struct kc_client_terms {
    const struct kc_policy *policy;
    const uint8_t *root_key;                       /* 64: x || y */
    const struct kc_collateral_pieces *collateral; /* NULL: none */
    kc_client_collateral_source *source;           /* NULL, or asked where there is none */
    void *source_context;
    enum kc_ratls_kms_id_rule rule;
    const uint8_t *kms_id; /* 32, for the pinned rule */
    int64_t now;           /* seconds since 1970 */
    struct kc_bytes host;  /* for the request's Host */
};

/*
 * Makes every check that can be made and notes it in a started report, which the caller closes:
 * its outcome alone says whether the peer may be believed. KC_OK: an answer came. Otherwise why
 * there is none, as client/exchange.h has it; the report says so too.
 */
KC_MUST_USE enum kc_err kc_client_attest(struct kc_client_tls *tls,
                                         const struct kc_client_terms *terms, int64_t deadline,
                                         struct kc_client_report *report, struct kc_error *error);

#endif
