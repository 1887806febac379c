/* Operations of the probe on the libc shim. Each returns the bytes that it wrote to `out`. */
#ifndef KC_TESTS_PROBE_LIBC_H
#define KC_TESTS_PROBE_LIBC_H

#include "base/bytes.h"
#include "probe.h"

size_t probe_libc(enum probe_op op, struct kc_bytes in, uint8_t *out);

#endif
