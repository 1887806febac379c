/*
 * Intel's certificate chains up to a root that the relying party named: of a PCK, of who signs TCB
 * info and identities, of a CA that lists revoked PCKs.
 *
 * The root is trusted by its whole public key, never by name or place: the chain's own root must
 * bear that key and sign itself. (What known verifiers leave out, and this one does not: CA flag,
 * key usage, notBefore.)
 */
#ifndef KC_VERIFY_CHAIN_H
#define KC_VERIFY_CHAIN_H

#include "formats/pck_certificate.h"
#include "verify/signatures.h"

/* Intel's production root, "Intel SGX Root CA": x || y. */
extern const uint8_t kc_chain_intel_root_key[64];

/* Why a chain is not good; the first of these in this order. */
enum kc_chain_fault {
    KC_CHAIN_GOOD = 0,
    KC_CHAIN_SHAPE, /* not the certificates of its kind, or a name, key or extension off profile */
    KC_CHAIN_ROOT,  /* ends in another root than the trusted one */
    KC_CHAIN_LINK,  /* issuer and subject, or key identifiers, do not join */
    KC_CHAIN_AUTHORITY, /* CA flag, path length or key usage do not allow it */
    KC_CHAIN_SIGNATURE, /* a signature does not hold */
    KC_CHAIN_NOT_YET,   /* not valid yet at the given time */
    KC_CHAIN_EXPIRED,
};

struct kc_chain_verdict {
    enum kc_chain_fault fault;
    size_t index;     /* which certificate, 0 being the leaf */
    const char *what; /* a literal that says it in words */
};

enum kc_chain_kind {
    KC_CHAIN_PCK,         /* PCK, Platform or Processor CA, root: in this order */
    KC_CHAIN_TCB_SIGNING, /* TCB signing, root */
    KC_CHAIN_PCK_CA,      /* PCK Platform or Processor CA, root */
};

/* Judges `chain` as the functions below do; signatures that are `known` (or NULL) are not verified
 * again. */
struct kc_chain_verdict kc_chain_verify(enum kc_chain_kind kind, const struct kc_pck_chain *chain,
                                        const uint8_t root_key[64], int64_t now,
                                        struct kc_signatures *known);

/* The dates alone, of a chain for which all else was found to hold. */
struct kc_chain_verdict kc_chain_judge_dates(const struct kc_certificate *certificates,
                                             size_t count, int64_t now);

/*
 * Judges `chain` (leaf, intermediate, root in this order) at `now` (seconds since 1970) under the
 * root key. KC_CHAIN_NOT_YET and KC_CHAIN_EXPIRED mean that all else holds.
 */
struct kc_chain_verdict kc_chain_verify_pck(const struct kc_pck_chain *chain,
                                            const uint8_t root_key[64], int64_t now);

/* Likewise TCB signing certificate and root, in this order. */
struct kc_chain_verdict kc_chain_verify_tcb_signing(const struct kc_pck_chain *chain,
                                                    const uint8_t root_key[64], int64_t now);

/* Likewise PCK Platform or Processor CA and root, in this order. */
struct kc_chain_verdict kc_chain_verify_pck_ca(const struct kc_pck_chain *chain,
                                               const uint8_t root_key[64], int64_t now);

#endif
