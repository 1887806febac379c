/*
 * A simulated PCS over HTTP: sim/pcs_answer.h behind a listening socket, one request a connection.
 * For tests and for machines without SGX: no TLS, for all that it serves is signed.
 */
#ifndef KC_SIM_PCS_SERVER_H
#define KC_SIM_PCS_SERVER_H

#include <stdio.h>

#include "sim/pcs_answer.h"

struct kc_sim_pcs;

struct kc_sim_pcs_options {
    struct kc_sim_pcs_platform platform;
    size_t fault_count;
    struct kc_sim_pcs_fault fault[KC_SIM_PCS_FAULTS_MAX];
    FILE *log; /* a line "GET TARGET STATUS" for each request, flushed; NULL: none */
};

/*
 * Serves `listen_fd`, which does not block and which it owns from then on, also on failure, in
 * threads of its own, a bounded number of connections at a time. `state` must outlive it.
 */
KC_MUST_USE enum kc_err kc_sim_pcs_start(const struct kc_sim_state *state, int listen_fd,
                                         const struct kc_sim_pcs_options *options,
                                         struct kc_sim_pcs **out, struct kc_error *error);

/* Ends its threads, whatever they wait for. NULL is fine. */
void kc_sim_pcs_stop(struct kc_sim_pcs *server);

#endif
