/* What is in a kc_sim_state, for the Quoting Enclave and the collateral beside it. */
#ifndef KC_SIM_STATE_PARTS_H
#define KC_SIM_STATE_PARTS_H

#include "sim/pki.h"
#include "sim/state.h"

struct kc_sim_state {
    struct kc_sim_processor processor;
    struct kc_sim_pki pki;
    EVP_PKEY *attestation_key;
    uint8_t root_key[64];
};

#endif
