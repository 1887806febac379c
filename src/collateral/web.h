/*
 * One GET at a time over libcurl, bounded in time, size and tries. Nobody at the other end is
 * trusted: what comes is signed, and judged by others. For the same reason http:// is allowed
 * beside https://, whose certificates are held to the system's authorities. Redirects are not
 * followed. Proxies are taken from the environment as libcurl does, but not for loopback.
 */
#ifndef KC_COLLATERAL_WEB_H
#define KC_COLLATERAL_WEB_H

#include "base/bytes.h"
#include "base/error.h"

#define KC_WEB_URL_MAX    1024
#define KC_WEB_REASON_MAX 320
#define KC_WEB_CHAIN_MAX  (24 * 1024)

struct kc_web_limits {
    unsigned connect_ms;  /* until connected */
    unsigned answer_ms;   /* of one try, in all */
    unsigned total_ms;    /* of a kc_web, from its making on: then no further try is begun */
    unsigned tries;       /* for one URL, the first included */
    unsigned backoff_ms;  /* before the second try, then twice as long each time */
    unsigned wait_max_ms; /* a longer Retry-After ends the tries */
    size_t body_max;
};

extern const struct kc_web_limits kc_web_limits_default;

struct kc_web;

/* NULL without memory. For one thread at a time. */
struct kc_web *kc_web_new(const struct kc_web_limits *limits);
void kc_web_free(struct kc_web *web);

struct kc_web_answer {
    struct kc_room body;          /* owned */
    char chain[KC_WEB_CHAIN_MAX]; /* the first header that ends in "Issuer-Chain", or "" */
};

/*
 * True for a base URL that may be used: http:// or https://, a host, perhaps a port and a path
 * without "." and ".." segments; no user, query, fragment, white space or control characters. One
 * slash at the end is allowed.
 */
bool kc_web_is_base(const char *url);

/* How much is done for one answer: as the limits say; or, where another server may be asked, half
 * of the time for a try, and perhaps one try alone. */
enum kc_web_patience {
    KC_WEB_ALL,
    KC_WEB_HALF,
    KC_WEB_ONCE,
};

/*
 * Fetches `url`. KC_OK with an answer to be freed by kc_web_answer_free(): status 200, a body.
 * Else `reason` says why in words: KC_ERR_ABSENT (404, 410), KC_ERR_TIMEOUT, KC_ERR_REFUSED (any
 * other status; too large; a redirect), KC_ERR_IO, KC_ERR_MEMORY. Tries again what may pass: no
 * connection, cut off, late, 429, 500, 502, 503, 504.
 */
KC_MUST_USE enum kc_err kc_web_get(struct kc_web *web, const char *url,
                                   enum kc_web_patience patience, struct kc_web_answer **out,
                                   char reason[KC_WEB_REASON_MAX]);

/* Whether what failed last may go well at another time. */
bool kc_web_may_pass(const struct kc_web *web);

void kc_web_answer_free(struct kc_web_answer *answer);

#endif
