#ifndef KC_TESTS_PROBE_ROOT_H
#define KC_TESTS_PROBE_ROOT_H

#include "base/bytes.h"
#include "probe.h"

/* Makes and opens roots of a service by the image's own platform; bytes written. */
size_t probe_root(enum probe_op op, struct kc_bytes in, uint8_t *out);

#endif
