#ifndef KC_TESTS_PROBE_TLS_H
#define KC_TESTS_PROBE_TLS_H

#include "base/bytes.h"
#include "probe.h"

/* Serves one of the operations on TLS; how many bytes it wrote, 0 where it failed. */
size_t probe_tls(enum probe_op op, struct kc_bytes in, struct kc_room out);

#endif
