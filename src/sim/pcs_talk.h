/* One connection of the simulated PCS, for pcs_server.c alone. */
#ifndef KC_SIM_PCS_TALK_H
#define KC_SIM_PCS_TALK_H

#include <pthread.h>

#include "sim/pcs_server.h"

/* What all connections share; owned by the server. */
struct kc_sim_pcs_shared {
    const struct kc_sim_state *state;
    struct kc_sim_pcs_options options;
    pthread_mutex_t lock; /* over options.fault and options.log */
    int stop_fd;          /* an eventfd, readable once we stop */
};

struct kc_sim_pcs_talk {
    struct kc_sim_pcs_shared *shared;
    int fd;
    int64_t deadline_ms;
    struct kc_http_message message;
    uint8_t room[16 * 1024];
};

/* Reads one request at `t->fd` and answers it, or not, as the faults have it. */
void kc_sim_pcs_talk_serve(struct kc_sim_pcs_talk *t);

#endif
