/*
 * The requests that wait for the host: a fixed table, so that a host that asks and never answers
 * takes nothing but its own places. Those of the host and those of the core itself (quotes.h) stand
 * in it side by side and go the same way, target info, report, quote; they differ in what they bind
 * and in who gets the end of it.
 */
#ifndef KC_CORE_REQUESTS_H
#define KC_CORE_REQUESTS_H

#include "core/attestation.h"
#include "core/message.h"
#include "core/quotes.h"

/* The certificate's places are apart, so that it always has one. Two: a quote that is given up may
 * still be in the hands of a thread when the next is asked for. */
#define KC_REQUESTS_CERTIFICATE 2

enum kc_request_state {
    KC_REQUEST_FREE = 0,
    KC_REQUEST_WANTS_TARGET,
    KC_REQUEST_WANTS_QUOTE,
    KC_REQUEST_BUSY, /* a thread works on it: it alone touches the entry, but for `abandoned` */
    KC_REQUEST_MADE, /* the core's own: the quote lies here for who asked */
    KC_REQUEST_FAILED,
};

struct kc_request {
    enum kc_request_state state;
    uint64_t id;
    unsigned tries; /* quotes asked for */
    struct kc_attestation what;
    uint8_t report_body[KC_SGX_REPORT_BODY_SIZE]; /* that of the report sent last */

    /* The core's own. */
    enum kc_quote_for purpose;
    uint64_t conn;
    bool abandoned;       /* the thread that works on it frees it */
    struct kc_room quote; /* MADE; owned */
    enum kc_failure failure;
};

struct kc_requests {
    size_t max;   /* entries in use, 1 to KC_CORE_REQUESTS_MAX; the certificate's come on top */
    uint64_t own; /* how many of the core's own there were */
    struct kc_request entry[KC_CORE_REQUESTS_MAX + KC_REQUESTS_CERTIFICATE];
};

/* The parked request with this id; NULL when there is none. */
struct kc_request *kc_requests_find(struct kc_requests *requests, uint64_t id);

/* A free entry, not yet taken; NULL when no more than `kept` are free. */
struct kc_request *kc_requests_free_entry(struct kc_requests *requests, size_t kept);

/* Likewise one of the certificate's. */
struct kc_request *kc_requests_certificate_entry(struct kc_requests *requests);

/* Frees the place and what it holds. */
void kc_requests_end(struct kc_request *entry);

/* Every place. */
void kc_requests_clear(struct kc_requests *requests);

#endif
