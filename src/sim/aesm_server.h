/*
 * A simulated AESM service: Intel's protocol over a Unix socket, with a simulated Quoting Enclave
 * behind it. Serves until stopped; one request a connection, as Intel's.
 */
#ifndef KC_SIM_AESM_SERVER_H
#define KC_SIM_AESM_SERVER_H

#include "base/error.h"

struct kc_sim_state;
struct kc_sim_aesm;

/* Faults on demand, for tests. */
enum kc_sim_aesm_fault {
    KC_SIM_AESM_NO_FAULT,
    KC_SIM_AESM_NOT_INITIALIZED_ONCE, /* the first quote answers 42 */
    KC_SIM_AESM_ERROR,                /* every quote answers `fault_code` */
    KC_SIM_AESM_SILENT,               /* accepts and never answers */
    KC_SIM_AESM_TRUNCATED,            /* half an answer, then closes */
    KC_SIM_AESM_HUGE,                 /* announces an answer of 4 GiB */
    KC_SIM_AESM_WRONG_QUOTE,          /* a quote for another report */
};

struct kc_sim_aesm_options {
    enum kc_sim_aesm_fault fault;
    unsigned fault_code;
};

/* Listens on `socket_path` (removed first if a dead socket lies there) and serves in a thread of
 * its own. `state` must outlive it. */
KC_MUST_USE enum kc_err kc_sim_aesm_start(const struct kc_sim_state *state, const char *socket_path,
                                          const struct kc_sim_aesm_options *options,
                                          struct kc_sim_aesm **out, struct kc_error *error);

/* Stops the thread, removes the socket. NULL is fine. */
void kc_sim_aesm_stop(struct kc_sim_aesm *server);

#endif
