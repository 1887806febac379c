/*
 * What this enclave binds into report_data, and the evidence that comes of it. The one place that
 * composes report_data: no message carries bytes that end there.
 *
 *   GET_REPORT                                    SHA-256(public key, 512 bytes) || 32 zeros
 *   evidence LEGACY_REPORT_REMOTE, RAW_SGX_...    the same: these formats carry no claims
 *   evidence SGX_ECDSA                            SHA-256(custom claims) || 32 zeros
 *
 * The claims (specification of Open Enclave's custom claims, version 1): "Event" = "Attestation
 * KMS example" with its NUL, "Public key hash" = SHA-256(public key, 512 bytes).
 */
#ifndef KC_CORE_ATTESTATION_H
#define KC_CORE_ATTESTATION_H

#include "core/crypto.h"
#include "formats/oe_report.h"
#include "formats/sgx_quote.h"

/* What is asked for: GET_REPORT, or evidence of a format. */
struct kc_attestation {
    bool is_evidence;
    enum kc_oe_format format;
};

/* How much evidence is longer than its quote, at most. */
#define KC_ATTESTATION_OVERHEAD 256

/* Judges format and settings of GET_EVIDENCE_WITH_PUB_KEY. KC_FAILURE_NONE, or a failure with its
 * detail. */
KC_MUST_USE enum kc_failure kc_attestation_choose(const uint8_t uuid[KC_OE_UUID_SIZE],
                                                  struct kc_bytes settings,
                                                  struct kc_attestation *out, uint32_t *detail);

/* True when the reserved bytes of a TARGETINFO (SDM 38.16) are zero: EREPORT may fault on others,
 * and a fault ends the enclave. */
KC_MUST_USE bool kc_attestation_target_is_clean(const uint8_t target[KC_SGX_TARGETINFO_SIZE]);

/* Composes report_data. `key_hash` is that of struct kc_rsa_key. */
KC_MUST_USE enum kc_err kc_attestation_report_data(const struct kc_attestation *what,
                                                   const uint8_t key_hash[KC_SHA256_SIZE],
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
