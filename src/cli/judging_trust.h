/* What --trust names. */
#ifndef KC_CLI_JUDGING_TRUST_H
#define KC_CLI_JUDGING_TRUST_H

#include "cli/judging.h"

/* Fills the roots of `j`. KC_EXIT_OK, or the exit status after it has said what is wrong. */
KC_MUST_USE int kc_judging_load_trust(struct kc_judging *j);

#endif
