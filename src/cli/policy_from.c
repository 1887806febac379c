#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/time.h"
#include "cli/policy_parts.h"
#include "formats/dice.h"
#include "formats/oe_claims.h"

/* jansson takes NULL values as failures and frees what it is given: one check at the end. */
static void set(json_t *object, const char *key, json_t *value, bool *ok)
{
    if (json_object_set_new(object, key, value) != 0)
        *ok = false;
}

static json_t *hex(struct kc_bytes bytes)
{
    char *text = malloc(2 * bytes.len + 1);
    if (text == NULL)
        return NULL;
    kc_hex_encode_lower(bytes, text);
    json_t *value = json_stringn(text, 2 * bytes.len);
    free(text);
    return value;
}

static json_t *number(const struct kc_clause *clause, uint64_t value)
{
    char text[KC_TIME_TEXT_SIZE];
    if (!clause->is_time)
        return json_integer((json_int_t)value);
    kc_time_format((int64_t)value, text);
    return json_string(text);
}

static json_t *snp_tcb(const struct kc_verdict_snp *snp, bool *ok)
{
    json_t *object = json_object();
    set(object, "boot_loader", json_integer(snp->reported.boot_loader), ok);
    set(object, "tee", json_integer(snp->reported.tee), ok);
    set(object, "snp", json_integer(snp->reported.snp), ok);
    set(object, "microcode", json_integer(snp->reported.microcode), ok);
    if (snp->endorsement.product == KC_SNP_TURIN)
        set(object, "fmc", json_integer(snp->reported.fmc), ok);
    return object;
}

static json_t *advisories(const struct kc_verdict_tcb *tcb, bool *ok)
{
    const struct kc_tcb_rating *parts[] = {&tcb->platform, &tcb->module, &tcb->qe};
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct kc_bytes rest = parts[i]->advisories;
        struct kc_bytes id = {NULL, 0};
        while (kc_tcb_rating_next_advisory(&rest, &id)) {
            if (json_array_append_new(list, json_stringn((const char *)id.ptr, id.len)) != 0)
                *ok = false;
        }
    }
    return list;
}

/* False for a name that no JSON key can be. */
static bool set_claim(json_t *object, struct kc_bytes name, struct kc_bytes value)
{
    char *key = malloc(name.len + 1);
    bool ok = key != NULL && name.len > 0 && memchr(name.ptr, 0, name.len) == NULL;
    if (ok) {
        memcpy(key, name.ptr, name.len);
        key[name.len] = '\0';
        ok = json_object_set_new(object, key, hex(value)) == 0;
    }
    free(key);
    return ok;
}

/* NULL when there are none, or none that a policy could name. */
static json_t *claims(const struct kc_verdict_facts *facts)
{
    struct kc_oe_claims oe = {0};
    struct kc_dice_claims dice = {0};
    json_t *object = json_object();
    bool ok = true;
    if (facts->has_oe_claims)
        ok = kc_oe_claims_decode(facts->oe_claims, &oe, NULL) == KC_OK;
    if (ok && facts->has_dice_claims)
        ok = kc_dice_claims_decode(facts->dice_claims, &dice, NULL) == KC_OK;
    for (size_t i = 0; ok && i < oe.count; i++)
        ok = set_claim(object, oe.claim[i].name, oe.claim[i].value);
    for (size_t i = 0; ok && i < dice.count; i++)
        ok = set_claim(object, dice.claim[i].name, dice.claim[i].value);
    if (ok && json_object_size(object) > 0 && json_object_size(object) <= KC_POLICY_CLAIMS_MAX)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *platform(const struct kc_verdict_facts *facts)
{
    struct kc_bytes chip = {facts->snp.report.chip_id, 64};
    if (facts->tee != KC_TEE_SNP)
        return hex(kc_bytes_of(facts->ppid, sizeof facts->ppid));
    return kc_bytes_are_zero(chip) ? NULL : hex(chip);
}

/* Why a clause stays out; NULL: it needs no words. */
static const char *left_out(const struct kc_clause *clause, const struct kc_verdict_facts *facts)
{
    if (clause->needs_tcb && facts->tee == KC_TEE_SNP)
        return "not judged: it wants AMD's revocation list (ark_crl.der, --kds URL)";
    if (clause->needs_tcb && kc_clause_has_collateral(facts))
        return "not judged: TCB info of version 2 names no advisories";
    if (clause->needs_tcb)
        return "not judged: it wants whole collateral of Intel's (--collateral DIR)";
    if (clause->kind == KC_CLAUSE_ALLOW && clause->flag(facts))
        return "set, for else this evidence is refused: see that you mean it";
    if (clause->kind == KC_CLAUSE_CLAIMS && (facts->has_oe_claims || facts->has_dice_claims))
        return "the claims are no list of named ones that a policy could name";
    if (clause->kind == KC_CLAUSE_PLATFORMS)
        return "the report does not name its chip";
    return NULL;
}

/* The value that this evidence reaches; NULL where the clause has to stay out. Flags that are as
 * strict as they are by themselves stay out without a word. */
static json_t *value_of(const struct kc_clause *clause, const struct kc_verdict_facts *facts,
                        bool *ok)
{
    switch (clause->kind) {
    case KC_CLAUSE_LIST:
        return hex(clause->bytes(facts));
    case KC_CLAUSE_EQUAL:
    case KC_CLAUSE_MINIMUM:
    case KC_CLAUSE_MAXIMUM:
        return number(clause, clause->number(facts));
    case KC_CLAUSE_ALLOW:
    case KC_CLAUSE_REQUIRE:
        return clause->flag(facts) ? json_true() : NULL;
    case KC_CLAUSE_TEES:
        return json_string(kc_tee_name(facts->tee));
    case KC_CLAUSE_PLATFORMS:
        return platform(facts);
    case KC_CLAUSE_SNP_TCB:
        return snp_tcb(&facts->snp, ok);
    case KC_CLAUSE_CLAIMS:
        return claims(facts);
    case KC_CLAUSE_TCB:
        return json_pack("[s]", kc_tcb_status_name(facts->tcb.status));
    case KC_CLAUSE_ADVISORIES:
        return advisories(&facts->tcb, ok);
    }
    return NULL;
}

static json_t *without_tcb(const struct kc_clause *clause)
{
    return clause->kind == KC_CLAUSE_TCB ? json_string("ignore") : NULL;
}

static void add_clause(json_t *policy, json_t *notes, const struct kc_clause *clause,
                       const struct kc_verdict_facts *facts, bool *ok)
{
    bool is_known = kc_clause_can_be_judged(clause, facts);
    const char *why = left_out(clause, facts);
    json_t *value = is_known ? value_of(clause, facts, ok) : without_tcb(clause);
    if (value != NULL)
        set(policy, clause->key, value, ok);
    if (why != NULL && (value == NULL || clause->kind == KC_CLAUSE_ALLOW ||
                        (clause->kind == KC_CLAUSE_TCB && !is_known)))
        set(notes, clause->key, json_string(why), ok);
}

bool kc_policy_from(const struct kc_judging *j, bool json)
{
    const struct kc_verdict_facts *facts = &j->verdict->facts;
    bool ok = true;
    json_t *policy = json_object();
    json_t *notes = json_object();
    for (size_t i = 0; i < kc_clause_count; i++) {
        if ((kc_clauses[i].tees & 1u << facts->tee) != 0)
            add_clause(policy, notes, &kc_clauses[i], facts, &ok);
    }
    if (json) {
        json_t *object = json_object();
        set(object, "policy", policy, &ok);
        set(object, "left_out", notes, &ok);
        return kc_policy_print_json(object, ok);
    }
    for (void *at = json_object_iter(notes); at != NULL; at = json_object_iter_next(notes, at))
        fprintf(stderr, "keyclave: %s: %s\n", json_object_iter_key(at),
                json_string_value(json_object_iter_value(at)));
    json_decref(notes);
    return kc_policy_print_json(policy, ok);
}
