#include "base/error.h"

#include <stddef.h>

enum kc_err kc_error_set(struct kc_error *error, enum kc_err code, const char *what, uint64_t at)
{
    if (error != NULL && error->code == KC_OK)
        *error = (struct kc_error){code, what, at};
    return code;
}

const char *kc_error_name(enum kc_err code)
{
    switch (code) {
    case KC_OK:
        return "ok";
    case KC_ERR_MALFORMED:
        return "malformed";
    case KC_ERR_UNSUPPORTED:
        return "unsupported";
    case KC_ERR_ARGUMENT:
        return "bad argument";
    case KC_ERR_ROOM:
        return "no room";
    case KC_ERR_MEMORY:
        return "out of memory";
    case KC_ERR_STATE:
        return "not allowed now";
    case KC_ERR_REFUSED:
        return "refused";
    case KC_ERR_CRYPTO:
        return "crypto library failed";
    case KC_ERR_IO:
        return "input or output failed";
    case KC_ERR_TIMEOUT:
        return "timed out";
    case KC_ERR_ABSENT:
        return "absent";
    }
    return "unknown";
}
