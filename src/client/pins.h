/*
 * The services that a user has met and pinned: a text file, one line a service,
 *
 *   HOST:PORT KMS-ID MRENCLAVE ROOT TCB DEBUG
 *
 *   HOST:PORT  as in the URL, the port never left out; [HOST]:PORT for IPv6
 *   KMS-ID     64 lower-case hexadecimal digits, not zeros: which service
 *   MRENCLAVE  64: the code that was met there, the only one that is accepted without a policy
 *   ROOT       "intel", or 128: the key of the root that its evidence ended in
 *   TCB        "ignore", or accepted statuses joined by commas, in the order of tcb_status.h
 *   DEBUG      "no-debug", or "debug": a debug enclave was accepted
 *
 * One space between fields, LF behind each line, no service twice: one text for one content. A file
 * that is anything else is refused as a whole, for half of it might be somebody's deletion.
 */
#ifndef KC_CLIENT_PINS_H
#define KC_CLIENT_PINS_H

#include "base/writer.h"
#include "client/url.h"
#include "verify/policy.h"

#define KC_CLIENT_PINS_MAX_SIZE ((size_t)1024 * 1024)

struct kc_client_pin {
    char authority[KC_CLIENT_HOST_MAX + 9]; /* struct kc_client_url's */
    uint8_t kms_id[32];
    uint8_t mrenclave[32];
    uint8_t root_key[64]; /* x || y */
    bool tcb_ignored;
    uint32_t tcb_accepted; /* as in struct kc_policy */
    bool allow_debug;
};

/*
 * Reads the whole file, and the pin of `authority` if there is one (`*found`). KC_ERR_MALFORMED
 * with the line, from 1 on, in `error->at`. `out` is written when found only.
 */
KC_MUST_USE enum kc_err kc_client_pins_find(struct kc_bytes file, const char *authority,
                                            struct kc_client_pin *out, bool *found,
                                            struct kc_error *error);

/* Writes `file` again with `pin` in place of its service's line, or behind all. The errors of
 * kc_client_pins_find(); KC_ERR_ROOM; KC_ERR_ARGUMENT for a pin that has no line. */
KC_MUST_USE enum kc_err kc_client_pins_put(struct kc_bytes file, const struct kc_client_pin *pin,
                                           struct kc_writer *w, struct kc_error *error);

/* What is accepted of a pinned service without a policy of the user's. */
struct kc_policy kc_client_pin_policy(const struct kc_client_pin *pin);

#endif
