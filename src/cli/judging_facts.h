/* What genuine evidence proves, in words. */
#ifndef KC_CLI_JUDGING_FACTS_H
#define KC_CLI_JUDGING_FACTS_H

#include "cli/judging.h"

/* Notes on what the policy leaves open, a line each. */
void kc_judging_print_notes(const struct kc_judging *j, FILE *out);

/* Its lines, each beginning with a name in the verdict's column; those notes behind them. */
void kc_judging_print_facts(const struct kc_judging *j, FILE *out);

#endif
