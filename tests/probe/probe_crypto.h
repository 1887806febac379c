/* Operations of the probe on libcrypto and ENCLU. Each returns the bytes that it wrote to `out`. */
#ifndef KC_TESTS_PROBE_CRYPTO_H
#define KC_TESTS_PROBE_CRYPTO_H

#include "base/bytes.h"
#include "base/error.h"
#include "probe.h"

enum kc_err probe_crypto_start(void);
size_t probe_crypto(enum probe_op op, struct kc_bytes in, uint8_t *out);

#endif
