/*
 * Where collateral is fetched from, as commands take it:
 *
 *                  option      environment       else
 *   Intel's        --pcs       KEYCLAVE_PCS      none; `collateral fetch`: Intel's own
 *   AMD's          --kds       KEYCLAVE_KDS      none; `collateral fetch`: AMD's own
 *   cache          --cache     KEYCLAVE_CACHE    `collateral` in the state folder
 *
 * An URL may be a list with commas; options may stand several times.
 */
#ifndef KC_CLI_FETCHING_H
#define KC_CLI_FETCHING_H

#include "cli/judging.h"
#include "collateral/cache.h"

/* Completes options from the environment; `state` is --state or NULL. KC_EXIT_OK, or the exit
 * status after it has said what is wrong there. */
KC_MUST_USE int kc_fetching_load(struct kc_fetching *f, const char *state, const char *command);

/* Whether evidence of this kind can be fetched for. */
bool kc_fetching_is_on(const struct kc_fetching *f, bool is_amd);

/* For kc_fetch() and kc_cache_get(): a view. */
struct kc_fetch_servers kc_fetching_servers(const struct kc_fetching *f);
struct kc_fetch_trust kc_fetching_trust(const struct kc_judging *j);

/* Says on stderr what could not be fetched, a line for each part. */
void kc_fetching_say(const struct kc_cache_report *report);

/*
 * Fetches for opened evidence through the cache. NULL where nothing is to be had or to be asked for
 * (said on stderr); collateral with parts missing otherwise: the judgement will say of which.
 */
struct kc_cli_collateral *kc_fetching_run(const struct kc_judging *j,
                                          const struct kc_evidence *evidence);

void kc_fetching_clear(struct kc_fetching *f);

#endif
