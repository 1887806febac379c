#ifndef KC_TESTS_PROBE_HTTP_H
#define KC_TESTS_PROBE_HTTP_H

#include "base/bytes.h"

/* Reads one request by src/http: the status that refuses it, or 0, in 2 bytes, then its path. */
size_t probe_http(struct kc_bytes request, uint8_t *out);

#endif
