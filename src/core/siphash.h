/*
 * SipHash-2-4 (Aumasson, Bernstein, 2012): a hash for tables whose keys others choose. Who does not
 * know the key cannot make names fall together.
 */
#ifndef KC_CORE_SIPHASH_H
#define KC_CORE_SIPHASH_H

#include "base/bytes.h"

#define KC_SIPHASH_KEY_SIZE 16

uint64_t kc_siphash(const uint8_t key[KC_SIPHASH_KEY_SIZE], struct kc_bytes in);

#endif
