#include "cli/fetching.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/collateral.h"

/* A variable that is set and not empty. */
static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value == NULL || value[0] == '\0' ? NULL : value;
}

static bool load_cache(struct kc_fetching *f, const char *state)
{
    const char *named = f->cache_path != NULL ? f->cache_path : variable("KEYCLAVE_CACHE");
    char *folder = named != NULL ? NULL : kc_cli_state_folder(state);
    int n = named != NULL    ? asprintf(&f->folder, "%s", named)
            : folder != NULL ? asprintf(&f->folder, "%s/collateral", folder)
                             : -1;
    free(folder);
    if (n < 0)
        f->folder = NULL;
    return n >= 0;
}

int kc_fetching_load(struct kc_fetching *f, const char *state, const char *command)
{
    if (f->bad_url != NULL)
        return kc_cli_usage(command, "%s: not a base URL (http:// or https://), or one too many",
                            f->bad_url);
    const char *pcs = f->pcs.count > 0 ? NULL : variable("KEYCLAVE_PCS");
    const char *kds = f->kds.count > 0 ? NULL : variable("KEYCLAVE_KDS");
    if (!kc_bases_add(&f->pcs, pcs))
        return kc_cli_usage(command, "KEYCLAVE_PCS=%s: not a list of http:// or https:// URLs",
                            pcs);
    if (!kc_bases_add(&f->kds, kds))
        return kc_cli_usage(command, "KEYCLAVE_KDS=%s: not a list of http:// or https:// URLs",
                            kds);
    if ((f->pcs.count + f->kds.count == 0 && f->cache_path == NULL) || load_cache(f, state))
        return KC_EXIT_OK;
    return kc_cli_fail(KC_EXIT_UNJUDGED, "there is no place for a cache: name one with --cache");
}

bool kc_fetching_is_on(const struct kc_fetching *f, bool is_amd)
{
    return (is_amd ? f->kds.count : f->pcs.count) > 0 || f->cache_path != NULL;
}

struct kc_fetch_servers kc_fetching_servers(const struct kc_fetching *f)
{
    return (struct kc_fetch_servers){&f->pcs, &f->kds, kc_web_limits_default};
}

struct kc_fetch_trust kc_fetching_trust(const struct kc_judging *j)
{
    return (struct kc_fetch_trust){
        .root_key = j->has_root_key ? j->root_key : NULL,
        .amd_roots = j->amd_root,
        .amd_root_count = j->amd_root_count,
        .now = j->now,
    };
}

void kc_fetching_say(const struct kc_cache_report *report)
{
    if (report->trouble[0] != '\0')
        kc_cli_say("%s", report->trouble);
    if (report->source == KC_CACHE_STALE)
        kc_cli_say("what the cache has is still valid, and is used; it should be refreshed:");
    for (int i = 0; report->has_fetched && i < KC_FETCH_PARTS; i++) {
        if (report->fetch.part[i].state == KC_FETCH_FAILED)
            kc_cli_say("%s was not fetched: %s", kc_fetch_part_name((enum kc_fetch_part)i),
                       report->fetch.part[i].reason);
    }
}

struct kc_cli_collateral *kc_fetching_run(const struct kc_judging *j,
                                          const struct kc_evidence *evidence)
{
    const struct kc_fetch_servers servers = kc_fetching_servers(&j->fetching);
    const struct kc_fetch_trust trust = kc_fetching_trust(j);
    struct kc_cache_report *report = malloc(sizeof *report);
    struct kc_bundle bundle = {0};
    struct kc_needs needs;
    struct kc_error error = KC_ERROR_NONE;
    struct kc_cli_collateral *out = NULL;
    if (report == NULL) {
        kc_cli_say("out of memory");
    } else if (kc_needs_of_evidence(evidence, &needs, &error) != KC_OK) {
        kc_cli_say("no collateral can be fetched: %s", error.what);
    } else {
        enum kc_err err =
            kc_cache_get(j->fetching.folder, &needs, &servers, &trust, &bundle, report);
        if (err == KC_ERR_MEMORY)
            kc_cli_say("out of memory");
        else if (err != KC_ERR_REFUSED) /* another root's evidence: the verdict says so */
            kc_fetching_say(report);
        kc_needs_clear(&needs);
        if (err != KC_ERR_REFUSED)
            out = kc_cli_collateral_of(&bundle);
    }
    free(report);
    return out;
}

void kc_fetching_clear(struct kc_fetching *f)
{
    kc_bases_clear(&f->pcs);
    kc_bases_clear(&f->kds);
    free(f->folder);
    *f = (struct kc_fetching){0};
}
