/*
 * AES-128-CMAC (RFC 4493) and HMAC-SHA256 (RFC 2104) for the simulated processor.
 *
 * Both run inside the emulator's signal handler, where the thread may have been stopped anywhere:
 * they allocate nothing, take no lock and ask no OpenSSL provider. The AES is OpenSSL's low-level
 * one, which is table-driven: a simulation has no secrets from its own machine.
 */
#ifndef KC_SIM_CMAC_H
#define KC_SIM_CMAC_H

#include "base/bytes.h"

#define KC_CMAC_SIZE        16
#define KC_HMAC_SHA256_SIZE 32

void kc_cmac_aes128(const uint8_t key[16], struct kc_bytes message, uint8_t out[KC_CMAC_SIZE]);

/* `key` of at most 64 bytes. */
void kc_hmac_sha256(struct kc_bytes key, struct kc_bytes message, uint8_t out[KC_HMAC_SHA256_SIZE]);

#endif
