/*
 * The requests that wait for the host: a fixed table, so that a host that asks and never answers
 * takes nothing but its own places.
 */
#ifndef KC_CORE_REQUESTS_H
#define KC_CORE_REQUESTS_H

#include "core/attestation.h"
#include "core/message.h"

enum kc_request_state {
    KC_REQUEST_FREE = 0,
    KC_REQUEST_WANTS_TARGET,
    KC_REQUEST_WANTS_QUOTE,
    KC_REQUEST_BUSY, /* a thread works on it: it alone touches the entry */
};

struct kc_request {
    enum kc_request_state state;
    uint64_t id;
    unsigned tries; /* quotes asked for */
    struct kc_attestation what;
    uint8_t report_body[KC_SGX_REPORT_BODY_SIZE]; /* that of the report sent last */
};

struct kc_requests {
    size_t max; /* entries in use, 1 to KC_CORE_REQUESTS_MAX */
    struct kc_request entry[KC_CORE_REQUESTS_MAX];
};

/* The parked request with this id; NULL when there is none. */
struct kc_request *kc_requests_find(struct kc_requests *requests, uint64_t id);

/* A free entry, not yet taken; NULL when all are in use. */
struct kc_request *kc_requests_free_entry(struct kc_requests *requests);

#endif
