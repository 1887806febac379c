#include "client/collateral.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(struct kc_client_collateral *c, struct kc_bundle *bundle)
{
    kc_bundle_clear(&c->bundle);
    c->bundle = *bundle;
    *bundle = (struct kc_bundle){0};
    c->pieces = kc_bundle_intel(&c->bundle);
}

enum kc_err kc_client_collateral_take(struct kc_client_collateral *c, struct kc_bytes file,
                                      struct kc_error *error)
{
    struct kc_bundle bundle;
    enum kc_err err = kc_bundle_open(file, &bundle, error);
    if (err != KC_OK)
        return err;
    kc_client_collateral_clear(c);
    put(c, &bundle);
    c->is_given = true;
    return KC_OK;
}

enum kc_err kc_client_collateral_name(struct kc_client_collateral *c, const char *urls,
                                      const char *cache, struct kc_error *error)
{
    struct kc_bases bases = {0};
    char *folder = cache == NULL ? NULL : strdup(cache);
    enum kc_err err = KC_OK;
    if (cache != NULL && folder == NULL)
        err = kc_error_set(error, KC_ERR_MEMORY, "out of memory", 0);
    else if (urls == NULL || !kc_bases_add(&bases, urls))
        err = kc_error_set(error, KC_ERR_ARGUMENT,
                           "not a list of 1 to 8 base URLs, http:// or https://", 0);
    if (err != KC_OK) {
        kc_bases_clear(&bases);
        free(folder);
        return err;
    }
    kc_client_collateral_clear(c);
    c->pcs = bases;
    c->cache = folder;
    return KC_OK;
}

/* Why parts are missing, in as much as there is room for. */
static void note(struct kc_client_collateral *c, const struct kc_cache_report *report)
{
    for (int i = 0; report->has_fetched && i < KC_FETCH_PARTS; i++) {
        size_t n = strlen(c->reason);
        if (report->fetch.part[i].state == KC_FETCH_FAILED)
            snprintf(c->reason + n, sizeof c->reason - n, "%s%s: %s", n == 0 ? "" : "; ",
                     kc_fetch_part_name((enum kc_fetch_part)i), report->fetch.part[i].reason);
    }
}

static void fetch(struct kc_client_collateral *c, const struct kc_needs *needs,
                  const struct kc_fetch_trust *trust)
{
    const struct kc_bases none = {0};
    const struct kc_fetch_servers servers = {&c->pcs, &none, kc_web_limits_default};
    struct kc_bundle bundle = {0};
    struct kc_cache_report *report = malloc(sizeof *report);
    enum kc_err err = report == NULL
                          ? KC_ERR_MEMORY
                          : kc_cache_get(c->cache, needs, &servers, trust, &bundle, report);
    if (err == KC_ERR_MEMORY)
        snprintf(c->reason, sizeof c->reason, "out of memory");
    else if (err != KC_ERR_REFUSED) /* another root's evidence: the verdict says so */
        note(c, report);
    put(c, &bundle);
    free(report);
}

const struct kc_collateral_pieces *kc_client_collateral_get(struct kc_client_collateral *c,
                                                            const struct kc_evidence *evidence,
                                                            const uint8_t *root_key, int64_t now)
{
    const struct kc_fetch_trust trust = {.root_key = root_key, .now = now};
    struct kc_needs needs;
    struct kc_error error = KC_ERROR_NONE;
    c->reason[0] = '\0';
    if (c->is_given)
        return &c->pieces;
    if (c->pcs.count == 0)
        return NULL;
    kc_bundle_clear(&c->bundle);
    c->pieces = kc_bundle_intel(&c->bundle);
    if (kc_needs_of_evidence(evidence, &needs, &error) == KC_OK) {
        fetch(c, &needs, &trust);
        kc_needs_clear(&needs);
    } else {
        snprintf(c->reason, sizeof c->reason, "%s", error.what);
    }
    return &c->pieces;
}

void kc_client_collateral_clear(struct kc_client_collateral *c)
{
    kc_bundle_clear(&c->bundle);
    kc_bases_clear(&c->pcs);
    free(c->cache);
    *c = (struct kc_client_collateral){0};
}
