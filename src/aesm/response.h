/*
 * What the client reads out of an answer, apart from the socket so that a fuzzer can call it.
 */
#ifndef KC_AESM_RESPONSE_H
#define KC_AESM_RESPONSE_H

#include "aesm/aesm.h"

/* MRSIGNER of Intel's Quoting Enclave, product id 1. */
extern const uint8_t kc_aesm_qe_mrsigner[KC_SGX_HASH_SIZE];

/* The attestation key that is asked for, `sgx_ql_att_key_id_t`: ECDSA by that Quoting Enclave. */
#define KC_AESM_ATT_KEY_ID_SIZE 256
void kc_aesm_att_key_id(uint8_t out[KC_AESM_ATT_KEY_ID_SIZE]);

/* Both judge one message, the frame's length taken off. Contracts as in aesm.h; outputs are
 * written on success only. */
KC_MUST_USE enum kc_err kc_aesm_response_init_quote(struct kc_bytes message,
                                                    uint8_t target_info[KC_SGX_TARGETINFO_SIZE],
                                                    struct kc_aesm_error *error);
KC_MUST_USE enum kc_err kc_aesm_response_quote(struct kc_bytes message, struct kc_room quote,
                                               size_t *quote_len, struct kc_aesm_error *error);

#endif
