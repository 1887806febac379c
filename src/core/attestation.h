/*
 * What this enclave binds into report_data, and the evidence that comes of it. The one place that
 * composes report_data: no message carries bytes that end there.
 *
 *   GET_REPORT                                    SHA-256(public key, 512 bytes) || 32 zeros
 *   evidence LEGACY_REPORT_REMOTE, RAW_SGX_...    the same: these formats carry no claims
 *   evidence SGX_ECDSA                            SHA-256(custom claims) || 32 zeros
 *   kms-ratls/1                                   SHA-256(claims) || 32 zeros
 *
 * None is read as another: a public key begins with '-', custom claims with 01, the claims of
 * kms-ratls/1 (ratls/claims.h) with a3, a5 or a6.
 *
 * The claims (specification of Open Enclave's custom claims, version 1): "Event" = "Attestation
 * KMS example" with its NUL, "Public key hash" = SHA-256(public key, 512 bytes).
 */
#ifndef KC_CORE_ATTESTATION_H
#define KC_CORE_ATTESTATION_H

#include "core/crypto.h"
#include "formats/oe_report.h"
#include "formats/sgx_quote.h"

enum kc_attestation_kind {
    KC_ATTESTATION_REPORT,   /* GET_REPORT */
    KC_ATTESTATION_EVIDENCE, /* GET_EVIDENCE_WITH_PUB_KEY */
    KC_ATTESTATION_CLAIMS,   /* the core's own: quotes.h */
};

/* What is asked for. */
struct kc_attestation {
    enum kc_attestation_kind kind;
    enum kc_oe_format format;                     /* EVIDENCE */
    uint8_t claims_data[KC_SGX_REPORT_DATA_SIZE]; /* CLAIMS: report_data for them */
};

/* How much evidence is longer than its quote, at most. */
#define KC_ATTESTATION_OVERHEAD 256

/* Judges format and settings of GET_EVIDENCE_WITH_PUB_KEY. KC_FAILURE_NONE, or a failure with its
 * detail. */
KC_MUST_USE enum kc_failure kc_attestation_choose(const uint8_t uuid[KC_OE_UUID_SIZE],
                                                  struct kc_bytes settings,
                                                  struct kc_attestation *out, uint32_t *detail);

/* For claims of kms-ratls/1 as they stand, and for no other bytes: the errors of
 * kc_ratls_claims_decode(). KC_ERR_CRYPTO. */
KC_MUST_USE enum kc_err kc_attestation_of_claims(struct kc_bytes claims,
                                                 struct kc_attestation *out);

/* Whether it binds the enclave's RSA key, which takes long to make. */
KC_MUST_USE bool kc_attestation_binds_key(const struct kc_attestation *what);

/* True when the reserved bytes of a TARGETINFO (SDM 38.16) are zero: EREPORT may fault on others,
 * and a fault ends the enclave. */
KC_MUST_USE bool kc_attestation_target_is_clean(const uint8_t target[KC_SGX_TARGETINFO_SIZE]);

/* Composes report_data. `key_hash` is that of struct kc_rsa_key; NULL where it is not bound. */
KC_MUST_USE enum kc_err kc_attestation_report_data(const struct kc_attestation *what,
                                                   const uint8_t *key_hash,
                                                   uint8_t out[KC_SGX_REPORT_DATA_SIZE]);

/*
 * Compares a quote with the body of the report that it must be of: all 384 bytes, which hold
 * MRENCLAVE, attributes and report_data. Signatures are the relying party's to judge.
 * KC_FAILURE_NONE, or a failure with its detail.
 */
KC_MUST_USE enum kc_failure
kc_attestation_check_quote(const uint8_t report_body[KC_SGX_REPORT_BODY_SIZE],
                           struct kc_bytes quote, uint32_t *detail);

/* Evidence with its attestation header; the caller frees out->ptr. KC_ERR_MEMORY. */
KC_MUST_USE enum kc_err kc_attestation_evidence(enum kc_oe_format format,
                                                const uint8_t key_hash[KC_SHA256_SIZE],
                                                struct kc_bytes quote, struct kc_room *out);

#endif
