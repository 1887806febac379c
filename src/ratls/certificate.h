/*
 * The certificates of kms-ratls/1: the leaf that carries evidence, and the service identity's own.
 *
 * The leaf is self-signed (its signer is its own key), or issued by the service identity, a P-256
 * key that is a CA for this one thing. A TLS client that has the identity's certificate verifies
 * the leaf as any other; one that knows kms-ratls/1 believes the evidence alone. Both profiles are
 * in docs/protocol.md, to the byte.
 *
 * Pure: serial number, times and names are given, and the caller's function signs. A certificate
 * is not written for claims that do not fit it: another key's, another service's, or fresh ones,
 * which belong to one connection.
 */
#ifndef KC_RATLS_CERTIFICATE_H
#define KC_RATLS_CERTIFICATE_H

#include "ratls/claims.h"
#include "ratls/subject_name.h"

#define KC_RATLS_SERIAL_SIZE       16
#define KC_RATLS_LEAF_VALIDITY_MAX INT64_C(86400) /* seconds: 24 hours */
/* Gramine's reader takes extensions of 128 to 8192 bytes, their length written as 82 hh ll. */
#define KC_RATLS_EVIDENCE_MIN    256
#define KC_RATLS_EVIDENCE_MAX    8192
#define KC_RATLS_CERTIFICATE_MAX (16 * 1024) /* room that every certificate fits in */

/* ECDSA with SHA-256 over `message`: r || s, 32 bytes each, big endian. Its failures are handed
 * on. */
typedef enum kc_err kc_ratls_sign(void *context, struct kc_bytes message, uint8_t signature[64]);

struct kc_ratls_signer {
    const uint8_t *public_key; /* 64: x || y */
    kc_ratls_sign *sign;
    void *context;
};

struct kc_ratls_leaf {
    const uint8_t *public_key;            /* 64: x || y */
    uint8_t serial[KC_RATLS_SERIAL_SIZE]; /* random; its two highest bits are not used */
    int64_t not_before;                   /* first and last second, 24 hours apart at most */
    int64_t not_after;
    const struct kc_ratls_subject_name *names;
    size_t name_count; /* 1 to KC_RATLS_NAMES_MAX */
    struct kc_bytes quote;
    struct kc_bytes claims; /* a certificate's, of KC_RATLS_SERVER or KC_RATLS_CLIENT */
};

/*
 * Writes the leaf, DER. With a signer of another key than the leaf's it is issued by that key's
 * service identity, and "kms-id" must be that key's hash.
 *
 * KC_ERR_ARGUMENT: a time, name, size or claim does not fit, `error` says which; those of
 * kc_ratls_claims_decode() for claims that are none. KC_ERR_ROOM. KC_ERR_CRYPTO. Bytes of `out` are
 * undefined on failure, `out_len` untouched.
 */
KC_MUST_USE enum kc_err kc_ratls_leaf_write(const struct kc_ratls_leaf *leaf,
                                            const struct kc_ratls_signer *signer,
                                            struct kc_room out, size_t *out_len,
                                            struct kc_error *error);

/*
 * Writes the service identity's certificate, signed by itself: a CA with path length 0, valid from
 * `not_before` and without end (RFC 5280, 4.1.2.5: 9999-12-31), for a client that pins it must not
 * be cut off by a date. Its serial number is made of its kms-id. Errors as above.
 */
KC_MUST_USE enum kc_err kc_ratls_service_write(const struct kc_ratls_signer *signer,
                                               int64_t not_before, struct kc_room out,
                                               size_t *out_len, struct kc_error *error);

/*
 * Whether `der` is a certificate of the service identity with this kms-id: a P-256 key whose SPKI
 * has that hash, a CA of path length 0 for signing certificates, not critical in anything unknown.
 * KC_ERR_MALFORMED: no certificate that we read. KC_ERR_REFUSED: `error` says what is not so. Its
 * signature is not looked at: the key is known by its hash, which no signature of its own betters.
 */
KC_MUST_USE enum kc_err kc_ratls_service_check(struct kc_bytes der,
                                               const uint8_t kms_id[KC_RATLS_HASH_SIZE],
                                               struct kc_error *error);

#endif
