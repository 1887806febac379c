/* Operations of the probe on the heap. Each returns the bytes that it wrote to `out`. */
#ifndef KC_TESTS_PROBE_HEAP_H
#define KC_TESTS_PROBE_HEAP_H

#include "base/bytes.h"
#include "probe.h"

size_t probe_heap(enum probe_op op, struct kc_bytes in, uint8_t *out);

#endif
