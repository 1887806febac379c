/* What genuine evidence proves, in words. */
#ifndef KC_CLI_JUDGING_FACTS_H
#define KC_CLI_JUDGING_FACTS_H

#include "cli/judging.h"

/* Its lines, each beginning with a name in the verdict's column; notes on what the policy leaves
 * open behind them. */
void kc_judging_print_facts(const struct kc_judging *j, FILE *out);

#endif
