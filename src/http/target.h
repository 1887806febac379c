/*
 * What a request target says: a path and parameters, decoded once and in one way.
 *
 * `path` and `query` are those of a kc_http_message: their characters and percent signs are
 * already known to be sound. Decoded text is never longer than what it was decoded from.
 */
#ifndef KC_HTTP_TARGET_H
#define KC_HTTP_TARGET_H

#include "base/bytes.h"
#include "base/error.h"

/*
 * Percent-decodes a path and makes one slash of several (clients build `/verify/KEY//sha2-256`).
 * A slash at the end stays. KC_ERR_MALFORMED, to be answered with 400: it decodes to a slash, a
 * control character or a byte outside ASCII, or a segment is `.` or `..`. KC_ERR_ROOM.
 */
KC_MUST_USE enum kc_err kc_http_target_path(struct kc_bytes path, struct kc_room out,
                                            size_t *out_len);

/*
 * The value of the parameter `name` in `a=1&b=2`, percent-decoded, '+' as a space. One without
 * '=' has the empty value. KC_ERR_ABSENT: it is not there. KC_ERR_MALFORMED: it is there more
 * than once, or its value decodes to a control character or a byte outside ASCII. KC_ERR_ROOM.
 */
KC_MUST_USE enum kc_err kc_http_target_parameter(struct kc_bytes query, const char *name,
                                                 struct kc_room out, size_t *out_len);

#endif
