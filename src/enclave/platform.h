/*
 * The processor's services for what runs inside, over ENCLU.
 */
#ifndef KC_ENCLAVE_PLATFORM_H
#define KC_ENCLAVE_PLATFORM_H

#include "core/platform.h"

extern const struct kc_platform kc_enclave_platform;

/* EGETKEY for a request in the layout of SDM 38.17. KC_ERR_REFUSED: the processor gives no such
 * key. `key` is written on success only. */
KC_MUST_USE enum kc_err kc_enclave_key(const uint8_t request[KC_SGX_KEYREQUEST_SIZE],
                                       uint8_t key[KC_SGX_KEY_SIZE]);

#endif
