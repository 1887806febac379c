/*
 * What the simulated AESM service answers to one message, apart from the socket so that a fuzzer
 * can call it.
 */
#ifndef KC_SIM_AESM_ANSWER_H
#define KC_SIM_AESM_ANSWER_H

#include <stdatomic.h>

#include "base/bytes.h"
#include "sim/aesm_server.h"

struct kc_sim_aesm_answers {
    const struct kc_sim_state *state;
    struct kc_sim_aesm_options options;
    atomic_bool asked_for_quote; /* for KC_SIM_AESM_NOT_INITIALIZED_ONCE */
};

/* The packed answer, which the caller frees. False where the request is no message of the
 * protocol: the service then closes the connection. */
bool kc_sim_aesm_answer(struct kc_sim_aesm_answers *answers, struct kc_bytes request,
                        struct kc_room *out);

#endif
