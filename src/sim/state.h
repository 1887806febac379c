/*
 * The folder that stands in for one SGX machine and for Intel: the processor's fuse secret and
 * CPUSVN, the Quoting Enclave's attestation key, and a PKI of the shape of Intel's ("Simulated
 * SGX Root CA", "Simulated SGX PCK Platform CA", "Simulated SGX PCK Certificate", "Simulated SGX
 * TCB Signing").
 */
#ifndef KC_SIM_STATE_H
#define KC_SIM_STATE_H

#include "base/error.h"
#include "sim/processor.h"

struct kc_sim_state;

/* True when the folder `path` holds a simulated machine already, so that opening it makes none. */
bool kc_sim_state_exists(const char *path);

/*
 * Opens the simulation in the folder `path`, made (0700, all keys in `path`/simulation) where it
 * is not there; two processes may do so at once. KC_ERR_IO (`error->at` is
 * errno), KC_ERR_MALFORMED (a file in it is damaged: `error->what` names it).
 */
KC_MUST_USE enum kc_err kc_sim_state_open(const char *path, struct kc_sim_state **out,
                                          struct kc_error *error);
void kc_sim_state_free(struct kc_sim_state *state);

const struct kc_sim_processor *kc_sim_state_processor(const struct kc_sim_state *state);

/* The simulated root's public key, x || y. */
const uint8_t *kc_sim_state_root_key(const struct kc_sim_state *state);

/* The simulated root's certificate, PEM; the caller frees. NULL without memory. */
char *kc_sim_state_root_pem(const struct kc_sim_state *state);

#endif
