/*
 * A folder of bundles: one file for each platform and trusted root. Shared by any number of
 * processes and threads.
 *
 * Nothing in the folder is believed: what is read is judged as if a server had sent it, and what is
 * damaged, foreign or old is fetched anew. While something valid lies there it is served, also when
 * a refresh fails. One process at a time fetches one thing (flock on NAME.lock); others serve what
 * is valid, or wait for it.
 */
#ifndef KC_COLLATERAL_CACHE_H
#define KC_COLLATERAL_CACHE_H

#include "collateral/fetch.h"

/* Collateral is refreshed after half of its validity, at most after the first; AMD's, of one chip
 * and TCB for ever, at most after the second where it has a list of what is revoked. */
#define KC_CACHE_REFRESH_SECONDS     (24 * 60 * 60)
#define KC_CACHE_REFRESH_AMD_SECONDS (7 * KC_CACHE_REFRESH_SECONDS)
/* After a refresh that failed none is tried for this long, while something valid is served. */
#define KC_CACHE_PAUSE_SECONDS 60

enum kc_cache_source {
    KC_CACHE_FETCHED, /* now */
    KC_CACHE_KEPT,    /* from the folder, fresh */
    KC_CACHE_STALE,   /* from the folder and valid, though it should have been refreshed */
};

struct kc_cache_report {
    enum kc_cache_source source;
    bool has_fetched; /* a fetch was tried: `fetch` says how it went */
    struct kc_fetch_report fetch;
    char trouble[KC_WEB_REASON_MAX]; /* "", or what is wrong with the folder: a fetch still works */
};

/*
 * Gives what `needs` need. `folder` is made where it is not there; NULL: no cache. Returns as
 * kc_fetch() does; KC_OK also for what is stale and valid.
 */
KC_MUST_USE enum kc_err kc_cache_get(const char *folder, const struct kc_needs *needs,
                                     const struct kc_fetch_servers *servers,
                                     const struct kc_fetch_trust *trust, struct kc_bundle *out,
                                     struct kc_cache_report *report);

#endif
