/*
 * What a bundle says of itself, piece by piece: for people who want to know what they carry and
 * when it ends. Nothing is judged but whether it can be read; signatures are verify's.
 */
#ifndef KC_COLLATERAL_FACTS_H
#define KC_COLLATERAL_FACTS_H

#include "collateral/bundle.h"

#define KC_FACTS_NAME_SIZE 65

struct kc_fact {
    bool is_there;
    const char *fault; /* NULL, or why it cannot be read: a literal */
    uint64_t at;
    const char *what; /* "TCB info of SGX": a literal */
    bool has_dates;
    int64_t issued; /* the latest beginning and the earliest end of all in it */
    int64_t expires;
    bool has_evaluation;
    uint32_t evaluation;
    bool has_fmspc;
    uint8_t fmspc[6];
    bool has_revoked;
    size_t revoked;                /* serial numbers in a list */
    char name[KC_FACTS_NAME_SIZE]; /* of the first certificate or the list's issuer; printable */
};

/* KC_ERR_MEMORY. */
KC_MUST_USE enum kc_err kc_facts_read(const struct kc_bundle *bundle,
                                      struct kc_fact out[KC_BUNDLE_PIECES]);

/* Whether it has pieces for SEV-SNP. */
bool kc_facts_is_amd(const struct kc_bundle *bundle);

/* Whether a judgement of the kind of evidence that the bundle is for needs the piece. A bundle
 * without any piece is for SGX. */
bool kc_facts_is_needed(const struct kc_bundle *bundle, enum kc_bundle_piece piece);

#endif
