/*
 * Where a service is: "https://HOST[:PORT]" with at most one slash behind it. HOST is a name
 * (RFC 1123), an IPv4 address or an IPv6 one in brackets. Nothing else of RFC 3986: no user, path,
 * query or fragment, so that there is nothing that a reader could take for the host.
 */
#ifndef KC_CLIENT_URL_H
#define KC_CLIENT_URL_H

#include "base/bytes.h"
#include "base/error.h"

#define KC_CLIENT_HOST_MAX 253

struct kc_client_url {
    char host[KC_CLIENT_HOST_MAX + 1];      /* without brackets */
    char port[6];                           /* "443" where none is given */
    char authority[KC_CLIENT_HOST_MAX + 9]; /* "host:port", "[host]:port": never without the port */
    bool is_address;
};

/* KC_ERR_MALFORMED with `error->what`. `out` is written on success only. */
KC_MUST_USE enum kc_err kc_client_url_parse(const char *text, struct kc_client_url *out,
                                            struct kc_error *error);

#endif
