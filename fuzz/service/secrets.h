/*
 * Bytes that must never leave the core as they are: whatever holds 15 of them in a row is found in
 * what the core says to its host.
 */
#ifndef KC_FUZZ_SERVICE_SECRETS_H
#define KC_FUZZ_SERVICE_SECRETS_H

#include "base/bytes.h"

void secrets_forget(void);
void secrets_add(const void *bytes, size_t n);
void secrets_add_hex(const char *text);

/* No part of `said` is a part of a secret. */
void secrets_check(struct kc_bytes said);

#endif
