/* What is behind the names of include/keyclave/verify.h. */
#ifndef KC_LIBRARY_PARTS_H
#define KC_LIBRARY_PARTS_H

#include <keyclave/verify.h>

#include "verify/verify.h"

struct keyclave_store {
    struct kc_trust *trust;
};

struct keyclave_policy {
    struct kc_policy policy;
};

struct keyclave_verdict {
    struct kc_verdict verdict;
    bool is_open; /* `evidence` is there; its views point into `bytes` */
    struct kc_evidence evidence;
    uint8_t *bytes; /* owned: the evidence, and behind it the held data */
    size_t room;
};

/* Writes words into `error`, which may be NULL, and returns `status`. */
__attribute__((format(printf, 3, 4))) enum keyclave_status
kc_library_fail(struct keyclave_error *error, enum keyclave_status status, const char *format, ...);

#endif
