/*
 * TCP with a time limit for the whole of what is done, not for each byte of it: a peer that sends
 * one byte a second holds nobody for longer than one that is silent.
 *
 * Sockets do not block; functions here do, until `deadline`, a number of milliseconds of the
 * machine's monotonic clock. Errors: KC_ERR_TIMEOUT, KC_ERR_IO with errno in `error->at`.
 */
#ifndef KC_CLIENT_WIRE_H
#define KC_CLIENT_WIRE_H

#include "base/bytes.h"
#include "base/error.h"
#include "client/url.h"

int64_t kc_client_wire_deadline(unsigned milliseconds);

/* Connects to one of the host's addresses, each of which gets its share of the time. KC_ERR_ABSENT:
 * the name has no address. The caller closes `*fd`. */
KC_MUST_USE enum kc_err kc_client_wire_open(const struct kc_client_url *url, int64_t deadline,
                                            int *fd, struct kc_error *error);

KC_MUST_USE enum kc_err kc_client_wire_send(int fd, struct kc_bytes bytes, int64_t deadline,
                                            struct kc_error *error);

/* At least one byte; `*n` is 0 when the peer has ended the connection. */
KC_MUST_USE enum kc_err kc_client_wire_receive(int fd, struct kc_room out, int64_t deadline,
                                               size_t *n, struct kc_error *error);

#endif
