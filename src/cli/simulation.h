/* What the commands of `keyclave sim` share. */
#ifndef KC_CLI_SIMULATION_H
#define KC_CLI_SIMULATION_H

#include "cli/cli.h"
#include "sim/state.h"

/* KC_EXIT_OK and the open state of the folder `state` (NULL: the usual one), or after it has said
 * what is wrong another status. */
KC_MUST_USE int kc_simulation_open(const char *state, struct kc_sim_state **out);

/* A decimal number up to `max`; false for anything else. */
KC_MUST_USE bool kc_simulation_number(const char *text, unsigned long max, unsigned *out);

/* `keyclave sim pcs`; argv[0] is "pcs". */
KC_MUST_USE int kc_simulation_pcs(int argc, char **argv);

#endif
