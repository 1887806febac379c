/*
 * How a function says that it failed, and why.
 *
 * The code is what a caller decides on; the detail is a literal and a number that the caller
 * owns. Nothing is formatted here, so that the enclave can use it: turning an error into
 * sentences is the command line's work.
 */
#ifndef KC_BASE_ERROR_H
#define KC_BASE_ERROR_H

#include <stdint.h>

#define KC_MUST_USE __attribute__((warn_unused_result))

enum kc_err {
    KC_OK = 0,
    KC_ERR_MALFORMED,   /* input breaks its format's rules */
    KC_ERR_UNSUPPORTED, /* well formed, of a version or kind that we do not handle */
    KC_ERR_ARGUMENT,    /* the caller's value is out of range */
    KC_ERR_ROOM,        /* the caller's room is too small */
    KC_ERR_MEMORY,      /* no memory left */
    KC_ERR_STATE,       /* not allowed now */
    KC_ERR_REFUSED,     /* a check did not hold */
    KC_ERR_CRYPTO,      /* the crypto library failed for a reason of its own */
    KC_ERR_IO,          /* the operating system or a peer failed */
    KC_ERR_TIMEOUT,     /* a peer did not answer in time */
    KC_ERR_ABSENT,      /* a file, service or device is not there */
};

/*
 * `what` is a literal (never freed), `at` a byte offset or a number that belongs to it.
 * Start with KC_ERROR_NONE; the first failure stays.
 */
struct kc_error {
    enum kc_err code;
    const char *what;
    uint64_t at;
};

#define KC_ERROR_NONE ((struct kc_error){KC_OK, "", 0})

/* Notes a failure and returns its code, for `return kc_error_set(...)`. `error` may be NULL. */
enum kc_err kc_error_set(struct kc_error *error, enum kc_err code, const char *what, uint64_t at);

/* A short lower-case name such as "malformed", for messages. Never NULL. */
const char *kc_error_name(enum kc_err code);

#endif
