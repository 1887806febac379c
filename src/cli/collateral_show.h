/* `keyclave collateral show` and `check`. */
#ifndef KC_CLI_COLLATERAL_SHOW_H
#define KC_CLI_COLLATERAL_SHOW_H

#include "cli/cli.h"

/* Prints what is in a bundle or folder. */
KC_MUST_USE int kc_collateral_show(const char *path, bool json);

/* Prints what ends when, judged at `now`: KC_EXIT_OK, KC_EXIT_REFUSED (something ends within
 * `seconds`), KC_EXIT_UNJUDGED (something that is needed is missing, or of another time),
 * KC_EXIT_INVALID (something cannot be read). The gravest one counts: damage, lack, end. */
struct kc_judging;

/* `trust`, unless NULL, has the roots that all of it must be signed below: else KC_EXIT_INVALID. */
KC_MUST_USE int kc_collateral_check(const char *path, const struct kc_judging *trust, int64_t now,
                                    int64_t seconds, bool json);

#endif
