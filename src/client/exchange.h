/*
 * One request and its answer over a TLS connection, within one deadline.
 */
#ifndef KC_CLIENT_EXCHANGE_H
#define KC_CLIENT_EXCHANGE_H

#include "client/buffer.h"
#include "client/tls.h"
#include "http/method.h"

struct kc_client_exchange {
    enum kc_http_method method;
    struct kc_bytes target;
    struct kc_bytes host;
    struct kc_bytes token; /* empty: none */
    struct kc_bytes body;
    size_t answer_max;
};

struct kc_client_reply {
    unsigned status;
    struct kc_client_buffer body;
    bool keep_alive;

    bool left;     /* bytes of the request have left, or may have */
    bool answered; /* bytes of an answer came */
};

/*
 * KC_ERR_ARGUMENT: a target, token or host that cannot stand in a request; nothing has left.
 * KC_ERR_ROOM: the answer is longer than allowed. KC_ERR_MALFORMED: it is none. KC_ERR_IO,
 * KC_ERR_TIMEOUT, KC_ERR_MEMORY. Except for KC_OK the connection is of no more use. `left` and
 * `answered` are written always, the body on KC_OK alone (the caller clears it).
 */
KC_MUST_USE enum kc_err kc_client_exchange_run(struct kc_client_tls *tls,
                                               const struct kc_client_exchange *exchange,
                                               int64_t deadline, struct kc_client_reply *reply,
                                               struct kc_error *error);

#endif
