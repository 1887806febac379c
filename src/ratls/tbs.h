/*
 * The part of a certificate that is signed, in the two profiles of certificate.h: for the files of
 * this room alone.
 *
 * TBSCertificate ::= SEQUENCE { [0] version 3, serialNumber, signature, issuer, validity, subject,
 *     subjectPublicKeyInfo, [3] extensions }
 *
 * Key identifiers are SHA-256 of the SPKI (RFC 7093, 2, method 4): the identity's is the kms-id.
 */
#ifndef KC_RATLS_TBS_H
#define KC_RATLS_TBS_H

#include "ratls/certificate.h"

/* The whole AlgorithmIdentifier of ecdsa-with-SHA256 (RFC 5758, 3.2). */
extern const uint8_t kc_ratls_tbs_algorithm[12];

/* One side of a certificate. */
struct kc_ratls_party {
    char common_name[40];
    uint8_t spki[KC_RATLS_SPKI_SIZE];
    uint8_t key_id[KC_RATLS_HASH_SIZE];
};

struct kc_ratls_tbs {
    const struct kc_ratls_leaf *leaf; /* NULL: the service identity's own certificate */
    enum kc_ratls_context context;    /* of the leaf's claims */
    const uint8_t *serial;            /* KC_RATLS_SERIAL_SIZE */
    int64_t not_before;
    int64_t not_after;
    struct kc_ratls_party subject;
    struct kc_ratls_party issuer;
};

void kc_ratls_tbs_write(struct kc_writer *w, const struct kc_ratls_tbs *in);

#endif
