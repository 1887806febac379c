#include "collateral/fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "collateral/issuer_chain.h"
#include "collateral/request.h"
#include "collateral/sound.h"

static const char *const part_names[KC_FETCH_PARTS] = {
    "TCB info", "QE identity", "PCK revocation list",   "root revocation list",
    "VCEK",     "ASK and ARK", "AMD's revocation list",
};

/* Where a request's answer goes. */
static const struct {
    enum kc_bundle_piece body;
    enum kc_bundle_piece chain; /* KC_BUNDLE_PIECES: it has none */
} places[KC_FETCH_PARTS] = {
    [KC_FETCH_TCB] = {KC_BUNDLE_TCB_INFO, KC_BUNDLE_TCB_CHAIN},
    [KC_FETCH_QE] = {KC_BUNDLE_QE_IDENTITY, KC_BUNDLE_QE_CHAIN},
    [KC_FETCH_PCK_CRL] = {KC_BUNDLE_PCK_CRL, KC_BUNDLE_PCK_CRL_CHAIN},
    [KC_FETCH_ROOT_CRL] = {KC_BUNDLE_ROOT_CRL, KC_BUNDLE_PIECES},
    [KC_FETCH_VCEK] = {KC_BUNDLE_VEK, KC_BUNDLE_PIECES},
    [KC_FETCH_AMD_CHAIN] = {KC_BUNDLE_ASK_ARK, KC_BUNDLE_PIECES},
    [KC_FETCH_AMD_CRL] = {KC_BUNDLE_ARK_CRL, KC_BUNDLE_PIECES},
};

struct job {
    struct kc_web *web;
    const struct kc_needs *needs;
    const struct kc_fetch_trust *trust;
    enum kc_snp_product product; /* of SEV-SNP: the one that is asked for */
    struct kc_bundle *bundle;
    bool is_down[KC_BASES_MAX]; /* servers that failed and may be well again: asked last */
};

const char *kc_fetch_part_name(enum kc_fetch_part part)
{
    return part_names[part];
}

bool kc_fetch_is_whole(const struct kc_fetch_report *report)
{
    for (size_t i = 0; i < KC_FETCH_PARTS; i++) {
        if (report->part[i].state == KC_FETCH_FAILED && i != KC_FETCH_AMD_CRL)
            return false;
    }
    return true;
}

static void drop(struct kc_bundle *bundle, enum kc_bundle_piece piece)
{
    free(bundle->piece[piece].ptr);
    bundle->piece[piece] = (struct kc_room){NULL, 0};
}

/* Puts body and decoded chain in their places, as they are. */
static enum kc_err put(struct kc_bundle *bundle, enum kc_fetch_part part,
                       const struct kc_web_answer *answer, char why[KC_WEB_REASON_MAX])
{
    uint8_t *chain = NULL;
    size_t len = 0;
    struct kc_error error = KC_ERROR_NONE;
    enum kc_err err = KC_OK;
    if (places[part].chain < KC_BUNDLE_PIECES && answer->chain[0] != '\0') {
        chain = malloc(KC_WEB_CHAIN_MAX);
        if (chain == NULL)
            err = kc_error_set(&error, KC_ERR_MEMORY, "out of memory", 0);
        else
            err = kc_issuer_chain_decode(kc_bytes_of_text(answer->chain),
                                         (struct kc_room){chain, KC_WEB_CHAIN_MAX}, &len, &error);
        if (err == KC_OK && !kc_bundle_put(bundle, places[part].chain, kc_bytes_of(chain, len)))
            err = kc_error_set(&error, KC_ERR_MEMORY, "out of memory", 0);
    }
    if (err == KC_OK &&
        !kc_bundle_put(bundle, places[part].body, kc_bytes_of(answer->body.ptr, answer->body.len)))
        err = kc_error_set(&error, KC_ERR_MEMORY, "out of memory", 0);
    if (err != KC_OK)
        snprintf(why, KC_WEB_REASON_MAX, "%s", error.what);
    free(chain);
    return err;
}

static enum kc_err fetch_at(const struct job *job, enum kc_fetch_part part, const char *url,
                            enum kc_web_patience patience, char why[KC_WEB_REASON_MAX])
{
    struct kc_web_answer *answer = NULL;
    enum kc_err err = kc_web_get(job->web, url, patience, &answer, why);
    if (err == KC_OK)
        err = put(job->bundle, part, answer, why);
    if (err == KC_OK)
        err = kc_sound_part(part, job->bundle, job->needs, job->trust, NULL, why);
    kc_web_answer_free(answer);
    if (err == KC_OK)
        return KC_OK;
    drop(job->bundle, places[part].body);
    if (places[part].chain < KC_BUNDLE_PIECES)
        drop(job->bundle, places[part].chain);
    return err;
}

/* Appends "BASE: why" to the reason so far. */
static void note(char reason[KC_FETCH_REASON_MAX], const char *base, const char *why)
{
    size_t n = strlen(reason);
    snprintf(reason + n, KC_FETCH_REASON_MAX - n, "%s%s: %s", n > 0 ? "; " : "", base, why);
}

/* Asks one server; `*again`: it failed, and may be well later. */
static bool ask(struct job *job, enum kc_fetch_part part, const char *base,
                enum kc_web_patience patience, char reason[KC_FETCH_REASON_MAX], bool *again)
{
    char url[KC_WEB_URL_MAX];
    char why[KC_WEB_REASON_MAX] = "";
    *again = false;
    if (!kc_request_url(part, job->needs, job->product, base, url))
        snprintf(why, sizeof why, "the URL is too long");
    else if (fetch_at(job, part, url, patience, why) == KC_OK)
        return true;
    else
        *again = kc_web_may_pass(job->web);
    note(reason, base, why);
    return false;
}

/*
 * A server alone is tried again and again. Of several each is tried once, those that failed before
 * not at all; then, if nobody had it, those that may be well by now. So one that is down costs its
 * time once, and not all the time that there is.
 */
static bool fetch_part(struct job *job, enum kc_fetch_part part, const struct kc_bases *bases,
                       char reason[KC_FETCH_REASON_MAX])
{
    /* AMD's list is not worth waiting for: many servers have none. */
    bool is_wanted = part != KC_FETCH_AMD_CRL;
    bool is_alone = bases->count == 1;
    bool again[KC_BASES_MAX] = {false};
    if (bases->count == 0 && reason[0] == '\0')
        snprintf(reason, KC_FETCH_REASON_MAX, "no server is named for it");
    for (size_t i = 0; i < bases->count; i++) {
        if (job->is_down[i])
            again[i] = true;
        else if (ask(job, part, bases->url[i], is_alone && is_wanted ? KC_WEB_ALL : KC_WEB_ONCE,
                     reason, &again[i]))
            return true;
        job->is_down[i] = again[i] && !is_alone;
    }
    for (size_t i = 0; i < bases->count && !is_alone && is_wanted; i++) {
        if (again[i] && ask(job, part, bases->url[i], KC_WEB_HALF, reason, &again[i])) {
            job->is_down[i] = false;
            return true;
        }
    }
    return false;
}

static void fetch_all(struct job *job, const struct kc_fetch_servers *servers,
                      struct kc_fetch_report *report)
{
    /* AMD's chain first: the VCEK and the list are judged with it. */
    static const enum kc_fetch_part order[] = {
        KC_FETCH_TCB,       KC_FETCH_QE,   KC_FETCH_PCK_CRL, KC_FETCH_ROOT_CRL,
        KC_FETCH_AMD_CHAIN, KC_FETCH_VCEK, KC_FETCH_AMD_CRL,
    };
    bool is_amd = job->needs->kind == KC_NEEDS_SNP;
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        enum kc_fetch_part part = order[i];
        if (!kc_sound_is_needed(part, job->needs))
            continue;
        bool ok =
            fetch_part(job, part, is_amd ? servers->kds : servers->pcs, report->part[part].reason);
        report->part[part].state = ok ? KC_FETCH_GOOD : KC_FETCH_FAILED;
    }
}

static enum kc_err refuse_all(const struct kc_needs *needs, struct kc_fetch_report *report)
{
    for (size_t i = 0; i < KC_FETCH_PARTS; i++) {
        if (!kc_sound_is_needed((enum kc_fetch_part)i, needs))
            continue;
        report->part[i].state = KC_FETCH_FAILED;
        snprintf(report->part[i].reason, KC_FETCH_REASON_MAX,
                 "the evidence's PCK chain is not of the trusted root: nothing is fetched");
    }
    return KC_ERR_REFUSED;
}

enum kc_err kc_fetch(const struct kc_needs *needs, const struct kc_fetch_servers *servers,
                     const struct kc_fetch_trust *trust, struct kc_bundle *out,
                     struct kc_fetch_report *report)
{
    struct job job = {.needs = needs, .trust = trust, .bundle = out};
    enum kc_snp_product product[2];
    size_t count = kc_request_products(needs, product);
    *out = (struct kc_bundle){0};
    memset(report, 0, sizeof *report);
    if (!kc_sound_is_trusted(needs, trust))
        return refuse_all(needs, report);
    job.web = kc_web_new(&servers->limits);
    if (job.web == NULL)
        return KC_ERR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        job.product = product[i];
        kc_bundle_clear(out);
        fetch_all(&job, servers, report);
        if (kc_fetch_is_whole(report))
            break;
    }
    kc_web_free(job.web);
    return kc_fetch_is_whole(report) ? KC_OK : KC_ERR_ABSENT;
}
