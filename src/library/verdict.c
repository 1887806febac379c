#include <stdlib.h>
#include <string.h>

#include "library/parts.h"
#include "library/verdict_json.h"

struct keyclave_verdict *keyclave_verdict_new(void)
{
    struct keyclave_verdict *verdict = calloc(1, sizeof *verdict);
    if (verdict != NULL)
        verdict->verdict.kind = KC_VERDICT_UNJUDGED;
    return verdict;
}

static void empty(struct keyclave_verdict *verdict)
{
    kc_verdict_release(&verdict->verdict);
    if (verdict->is_open)
        kc_evidence_clear(&verdict->evidence);
    verdict->is_open = false;
}

void keyclave_verdict_free(struct keyclave_verdict *verdict)
{
    if (verdict == NULL)
        return;
    empty(verdict);
    free(verdict->bytes);
    free(verdict);
}

/* A copy in the verdict's own room; `ptr` is NULL without memory. */
static struct kc_bytes copy(struct keyclave_verdict *verdict, const void *bytes, size_t len)
{
    if (len + 1 > verdict->room) {
        free(verdict->bytes);
        verdict->bytes = malloc(len + 1);
        verdict->room = verdict->bytes != NULL ? len + 1 : 0;
    }
    if (verdict->bytes != NULL && len > 0)
        memcpy(verdict->bytes, bytes, len);
    return kc_bytes_of(verdict->bytes, len);
}

static void judge(struct keyclave_store *store, const struct keyclave_policy *policy,
                  const struct keyclave_evidence *evidence, struct keyclave_verdict *verdict)
{
    struct kc_error error = KC_ERROR_NONE;
    struct kc_bytes bytes = {NULL, 0};
    if ((evidence->bytes == NULL && evidence->len > 0) ||
        (evidence->held_data == NULL && evidence->held_data_len > 0))
        (void)kc_error_set(&error, KC_ERR_MALFORMED, "a length, and no bytes", 0);
    else if (evidence->len > KC_EVIDENCE_MAX_SIZE)
        (void)kc_error_set(&error, KC_ERR_MALFORMED, "evidence: larger than 1048576 bytes",
                           evidence->len);
    else
        bytes = copy(verdict, evidence->bytes, evidence->len);
    if (error.code == KC_OK && bytes.ptr == NULL)
        (void)kc_error_set(&error, KC_ERR_MEMORY, "no memory for the evidence", 0);
    if (error.code != KC_OK || kc_evidence_view(bytes, &verdict->evidence, &error) != KC_OK) {
        kc_verify_unreadable(&error, &verdict->verdict);
        return;
    }
    verdict->is_open = true;
    const struct kc_verify_input input = {
        .evidence = &verdict->evidence,
        .has_held_data = evidence->held_data != NULL,
        .held_data = kc_bytes_of(evidence->held_data, evidence->held_data_len),
        .now = evidence->now,
        .policy = policy != NULL ? &policy->policy : &kc_policy_default,
        .store = store->trust,
    };
    kc_verify(&input, &verdict->verdict);
}

enum keyclave_kind keyclave_verify(struct keyclave_store *store,
                                   const struct keyclave_policy *policy,
                                   const struct keyclave_evidence *evidence,
                                   struct keyclave_verdict *verdict)
{
    empty(verdict);
    judge(store, policy, evidence, verdict);
    return keyclave_verdict_kind(verdict);
}

enum keyclave_kind keyclave_verdict_kind(const struct keyclave_verdict *verdict)
{
    switch (verdict->verdict.kind) {
    case KC_VERDICT_ACCEPTED:
        return KEYCLAVE_ACCEPTED;
    case KC_VERDICT_REFUSED:
        return KEYCLAVE_REFUSED;
    case KC_VERDICT_UNJUDGED:
        return KEYCLAVE_UNJUDGED;
    case KC_VERDICT_INVALID:
        break;
    }
    return KEYCLAVE_INVALID;
}

const char *keyclave_kind_name(enum keyclave_kind kind)
{
    switch (kind) {
    case KEYCLAVE_ACCEPTED:
        return "accepted";
    case KEYCLAVE_REFUSED:
        return "refused";
    case KEYCLAVE_UNJUDGED:
        return "unjudged";
    case KEYCLAVE_INVALID:
        break;
    }
    return "invalid";
}

size_t keyclave_verdict_failure_count(const struct keyclave_verdict *verdict)
{
    return verdict->verdict.failure_count;
}

struct keyclave_failure keyclave_verdict_failure(const struct keyclave_verdict *verdict,
                                                 size_t index)
{
    if (index >= verdict->verdict.failure_count)
        return (struct keyclave_failure){"", "", "", ""};
    const struct kc_verdict_failure *f = &verdict->verdict.failure[index];
    return (struct keyclave_failure){f->check, f->expected, f->actual, f->hint};
}

const char *keyclave_verdict_tee(const struct keyclave_verdict *verdict)
{
    return verdict->verdict.has_format ? verdict->verdict.tee : NULL;
}

const char *keyclave_verdict_format(const struct keyclave_verdict *verdict)
{
    return verdict->verdict.has_format ? verdict->verdict.format : NULL;
}

char *keyclave_verdict_json(const struct keyclave_verdict *verdict)
{
    return kc_verdict_json(&verdict->verdict, verdict->is_open ? &verdict->evidence : NULL);
}
