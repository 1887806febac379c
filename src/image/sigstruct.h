/*
 * SIGSTRUCT (SDM 38.13): what an enclave's author signs, 1,808 bytes.
 */
#ifndef KC_IMAGE_SIGSTRUCT_H
#define KC_IMAGE_SIGSTRUCT_H

#include "base/bytes.h"
#include "base/error.h"
#include "formats/sgx_report.h"

#define KC_SIGSTRUCT_SIZE 1808

struct kc_sigstruct {
    uint32_t date; /* BCD yyyymmdd */
    uint32_t misc_select;
    uint32_t misc_mask;
    struct kc_sgx_attributes attributes;
    struct kc_sgx_attributes attribute_mask;
    uint8_t mrenclave[KC_SGX_HASH_SIZE];
    uint16_t isv_prod_id;
    uint16_t isv_svn;
    uint8_t modulus[384];               /* little endian */
    uint8_t mrsigner[KC_SGX_HASH_SIZE]; /* SHA-256 of the modulus */
};

/* Reads and checks one: headers, reserved bytes, exponent 3, signature (through q1 and q2 as the
 * processor does). KC_ERR_MALFORMED, KC_ERR_REFUSED (the signature does not hold). */
KC_MUST_USE enum kc_err kc_sigstruct_decode(struct kc_bytes bytes, struct kc_sigstruct *out,
                                            struct kc_error *error);

/* Signs with a PEM RSA-3072 private key of exponent 3; `in->modulus` and `mrsigner` are ignored.
 * KC_ERR_MALFORMED: no such key. */
KC_MUST_USE enum kc_err kc_sigstruct_sign(const struct kc_sigstruct *in, struct kc_bytes key_pem,
                                          uint8_t out[KC_SIGSTRUCT_SIZE], struct kc_error *error);

#endif
