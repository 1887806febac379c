/*
 * What a judgement asks a store of trust for. What is got is held until it is given back; the store
 * may forget it meanwhile. For the files of this room alone.
 */
#ifndef KC_VERIFY_TRUST_USE_H
#define KC_VERIFY_TRUST_USE_H

#include "formats/tee.h"
#include "verify/collateral_set.h"
#include "verify/trust.h"

/* A PCK chain under the store's root that holds but for its dates. */
struct kc_known_chain {
    _Atomic(unsigned) users;
    size_t size;
    uint64_t mark; /* of the text: what differs in it is another text */
    uint64_t used;
    struct kc_bytes text; /* as the quote has it */
    struct kc_certificate certificate[3];
    struct kc_pck_extension extension;
    uint8_t bytes[]; /* text and DER */
};

/* A revocation list that is genuine. */
struct kc_stored_list {
    _Atomic(unsigned) users;
    size_t size;
    struct kc_issued_crl list; /* `key` is the issuer's */
    uint8_t bytes[];
};

/* AMD's certificates as they were added. */
struct kc_amd_set {
    _Atomic(unsigned) users;
    size_t size;
    struct kc_amd_pieces pieces;
    bool has_leaf; /* it has a whole chain that holds but for its dates, of this: */
    struct kc_amd_endorsement endorsement;
    uint8_t bytes[];
};

const uint8_t *kc_trust_root_key(const struct kc_trust *store); /* 64, or NULL */
const struct kc_amd_root *kc_trust_amd_roots(const struct kc_trust *store, size_t *count);
struct kc_signatures *kc_trust_signatures(struct kc_trust *store);

/* NULL: not known. */
struct kc_known_chain *kc_trust_get_chain(struct kc_trust *store, struct kc_bytes text);
void kc_known_chain_release(struct kc_known_chain *chain);
/* `chain` was judged to hold under the store's root. Without memory it is not remembered. */
void kc_trust_remember_chain(struct kc_trust *store, struct kc_bytes text,
                             const struct kc_pck_chain *chain,
                             const struct kc_pck_extension *extension);

/* The set for this platform, or NULL; and the one `for_all`. */
struct kc_collateral_set *kc_trust_get_set(struct kc_trust *store, enum kc_tee tee,
                                           const uint8_t fmspc[6]);
struct kc_collateral_set *kc_trust_get_set_for_all(struct kc_trust *store);

/*
 * The newest list of a CA, or NULL. `issuer` is its public key, x || y; what stands for an ARK
 * is made by kc_trust_get_amd_list(). A list that is noted was found genuine under a trusted root;
 * one that is older than the store's is not kept.
 */
struct kc_stored_list *kc_trust_get_list(struct kc_trust *store, const uint8_t issuer[64]);
void kc_trust_note_list(struct kc_trust *store, const uint8_t issuer[64], const struct kc_crl *crl);
void kc_stored_list_release(struct kc_stored_list *list);

/* Likewise of the ARK that this goes back to, for its kind of leaf. */
struct kc_stored_list *kc_trust_get_amd_list(struct kc_trust *store,
                                             const struct kc_amd_endorsement *endorsement);

/* The sets that may be this report's, from index 0 on, and behind them the one for all; NULL: there
 * are no more. */
struct kc_amd_set *kc_trust_get_amd(struct kc_trust *store, const struct kc_snp_report *report,
                                    size_t index);
void kc_amd_set_release(struct kc_amd_set *set);

/* What a chain of certificates said; `id` is a hash of all that it was found from. */
KC_MUST_USE bool kc_trust_get_endorsement(struct kc_trust *store, const uint8_t id[32],
                                          struct kc_amd_endorsement *out);
void kc_trust_remember_endorsement(struct kc_trust *store, const uint8_t id[32],
                                   const struct kc_amd_endorsement *endorsement);

#endif
