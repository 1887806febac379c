/*
 * The HTTP API as a table: what can be asked for, by whom, and the functions that answer.
 */
#ifndef KC_CORE_ROUTE_H
#define KC_CORE_ROUTE_H

#include "core/exchange.h"

struct kc_route {
    const char *path; /* one segment may be ":name": letters, digits, '-', '_', '.' */
    uint32_t methods; /* bits 1 << enum kc_http_method */
    bool open;        /* needs no token */
    bool any_time;    /* also before the service is initialised */
    bool slow;        /* compute takes milliseconds */
    /* Reads the request: refuses it, or names what it needs, or answers at once. Never waits. */
    void (*plan)(struct kc_exchange *x);
    /* Everything named is there. Answers or refuses; where there are changes the answer holds only
     * once they are stored. May be called again for a conflict: the answer and the changes of the
     * last call were then thrown away, and reads are fresh. NULL: plan answers always. */
    void (*compute)(struct kc_exchange *x);
    /* Frees x->work. NULL: there is none. */
    void (*forget)(struct kc_exchange *x);
};

/* The route, with x->parameter set. NULL with `status` 404, or 405 for a path that takes other
 * methods. HEAD is not GET here. */
const struct kc_route *kc_route_find(struct kc_exchange *x, unsigned *status);

#endif
