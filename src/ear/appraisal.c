#include "ear/appraisal.h"

#include <string.h>

#include "verify/policy_clauses.h"

/* AR4SI's values, those that are of every claim first. */
enum {
    MALFUNCTION = -1, /* of the verifier */
    UNEXPECTED = 1,   /* evidence of a kind that is not judged */
    APPROVED = 2,     /* recognised; genuine; encrypted: the best of each claim */
    APPROVED_BY_SIGNER = 3,
    UNSAFE = 32,       /* known weaknesses, which the policy accepts */
    UNRECOGNIZED = 33, /* executables that no policy names */
    UNAVAILABLE = 36,  /* configuration that the verifier cannot see */
    CONTRAINDICATED = 96,
    NOT_RECOGNIZED = 97, /* an instance or hardware */
    CRYPTO_FAILED = 99,
};

static const char *const claim_names[KC_EAR_CLAIM_COUNT] = {
    "instance-identity", "configuration",  "executables",    "file-system",
    "hardware",          "runtime-opaque", "storage-opaque", "sourced-data",
};

const char *kc_ear_tier_name(enum kc_ear_tier tier)
{
    switch (tier) {
    case KC_EAR_AFFIRMING:
        return "affirming";
    case KC_EAR_WARNING:
        return "warning";
    case KC_EAR_CONTRAINDICATED:
        return "contraindicated";
    case KC_EAR_NONE:
        break;
    }
    return "none";
}

const char *kc_ear_claim_name(enum kc_ear_claim claim)
{
    return claim_names[claim];
}

/* What a clause that does not hold says; those that stand nowhere here are about configuration. */
static const struct {
    const char *check;
    enum kc_ear_claim claim;
    int8_t value;
} refusals[] = {
    {"policy.mrenclave", KC_EAR_EXECUTABLES, CONTRAINDICATED},
    {"policy.mrsigner", KC_EAR_EXECUTABLES, CONTRAINDICATED},
    {"policy.isv_prod_id", KC_EAR_EXECUTABLES, CONTRAINDICATED},
    {"policy.min_isv_svn", KC_EAR_EXECUTABLES, CONTRAINDICATED},
    {"policy.mrtd", KC_EAR_EXECUTABLES, CONTRAINDICATED},
    {"policy.rtmr0", KC_EAR_EXECUTABLES, CONTRAINDICATED},
    {"policy.rtmr1", KC_EAR_EXECUTABLES, CONTRAINDICATED},
    {"policy.rtmr2", KC_EAR_EXECUTABLES, CONTRAINDICATED},
    {"policy.rtmr3", KC_EAR_EXECUTABLES, CONTRAINDICATED},
    {"policy.mrservicetd", KC_EAR_EXECUTABLES, CONTRAINDICATED},
    {"policy.measurement", KC_EAR_EXECUTABLES, CONTRAINDICATED},
    {"policy.id_key_digest", KC_EAR_EXECUTABLES, CONTRAINDICATED},
    {"policy.author_key_digest", KC_EAR_EXECUTABLES, CONTRAINDICATED},
    {"policy.min_guest_svn", KC_EAR_EXECUTABLES, CONTRAINDICATED},
    {"policy.platforms", KC_EAR_INSTANCE_IDENTITY, NOT_RECOGNIZED},
    {"policy.masked_chip_id", KC_EAR_INSTANCE_IDENTITY, NOT_RECOGNIZED},
    {"policy.report_data", KC_EAR_INSTANCE_IDENTITY, NOT_RECOGNIZED},
    {"policy.custom_claims", KC_EAR_INSTANCE_IDENTITY, NOT_RECOGNIZED},
    {"policy.tee", KC_EAR_HARDWARE, NOT_RECOGNIZED},
    {"policy.mrseam", KC_EAR_HARDWARE, NOT_RECOGNIZED},
    {"policy.tcb", KC_EAR_HARDWARE, CONTRAINDICATED},
    {"policy.advisories", KC_EAR_HARDWARE, CONTRAINDICATED},
    {"policy.min_tcb_date", KC_EAR_HARDWARE, CONTRAINDICATED},
    {"policy.min_evaluation_number", KC_EAR_HARDWARE, CONTRAINDICATED},
    {"policy.max_collateral_age_days", KC_EAR_HARDWARE, CONTRAINDICATED},
    {"policy.min_snp_tcb", KC_EAR_HARDWARE, CONTRAINDICATED},
    {"policy.debug", KC_EAR_RUNTIME_OPAQUE, CONTRAINDICATED},
    {"policy.debug", KC_EAR_CONFIGURATION, CONTRAINDICATED},
};

/* The worse one stays. */
static void note(struct kc_ear_appraisal *a, enum kc_ear_claim claim, int8_t value)
{
    if (value > a->claim[claim])
        a->claim[claim] = value;
}

static void note_refusal(struct kc_ear_appraisal *a, const char *check)
{
    bool known = false;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        if (strcmp(refusals[i].check, check) != 0)
            continue;
        note(a, refusals[i].claim, refusals[i].value);
        known = true;
    }
    if (!known)
        note(a, KC_EAR_CONFIGURATION, CONTRAINDICATED);
}

/* A digest of zeros says that there was no such key. */
static bool is_signer_named(const struct kc_snp_report *report, const struct kc_policy *policy)
{
    const struct kc_bytes id = kc_bytes_of(report->id_key_digest, sizeof report->id_key_digest);
    const struct kc_bytes author =
        kc_bytes_of(report->author_key_digest, sizeof report->author_key_digest);
    return (policy->id_key_digest.count > 0 && !kc_bytes_are_zero(id)) ||
           (policy->author_key_digest.count > 0 && !kc_bytes_are_zero(author));
}

/* How exactly the policy names what may run. */
static int8_t executables_of(const struct kc_verdict_facts *facts, const struct kc_policy *policy)
{
    bool has_rtmr = policy->rtmr[1].count > 0 || policy->rtmr[2].count > 0;
    switch (facts->tee) {
    case KC_TEE_SGX:
        if (policy->mrenclave.count > 0)
            return APPROVED;
        return policy->mrsigner.count > 0 ? APPROVED_BY_SIGNER : UNRECOGNIZED;
    case KC_TEE_TDX:
        /* MRTD is the firmware; what it started is in the registers. */
        if (policy->mrtd.count == 0)
            return UNRECOGNIZED;
        return has_rtmr ? APPROVED : APPROVED_BY_SIGNER;
    case KC_TEE_SNP:
        if (policy->measurement.count > 0)
            return APPROVED;
        return is_signer_named(&facts->snp.report, policy) ? APPROVED_BY_SIGNER : UNRECOGNIZED;
    case KC_TEE_COUNT:
        break;
    }
    return UNRECOGNIZED;
}

static bool is_debug(const struct kc_verdict_facts *facts)
{
    for (size_t i = 0; i < kc_clause_count; i++) {
        if (strcmp(kc_clauses[i].check, "policy.debug") == 0)
            return kc_clauses[i].flag(facts);
    }
    return true;
}

static void note_status(struct kc_ear_appraisal *a, enum kc_tcb_status status)
{
    switch (status) {
    case KC_TCB_UP_TO_DATE:
        note(a, KC_EAR_HARDWARE, APPROVED);
        return;
    case KC_TCB_CONFIGURATION_NEEDED:
        note(a, KC_EAR_HARDWARE, APPROVED);
        note(a, KC_EAR_CONFIGURATION, UNSAFE);
        return;
    case KC_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED:
    case KC_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED:
    case KC_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED:
        note(a, KC_EAR_HARDWARE, UNSAFE);
        note(a, KC_EAR_CONFIGURATION, UNSAFE);
        return;
    case KC_TCB_REVOKED:
        note(a, KC_EAR_HARDWARE, CONTRAINDICATED);
        return;
    default:
        note(a, KC_EAR_HARDWARE, UNSAFE);
    }
}

static bool is_unjudged(const struct kc_verdict *v)
{
    for (size_t i = 0; i < v->failure_count; i++) {
        if (v->failure[i].weight == KC_WEIGHT_UNJUDGED)
            return true;
    }
    return false;
}

/* Zeros ask for nothing. */
static bool asks_for_snp_tcb(const struct kc_policy *policy)
{
    static const struct kc_snp_tcb zeros;
    return policy->has_min_snp_tcb && !kc_snp_report_tcb_covers(&zeros, &policy->min_snp_tcb);
}

static void note_platform(struct kc_ear_appraisal *a, const struct kc_verdict *v,
                          const struct kc_policy *policy)
{
    const struct kc_verdict_facts *facts = &v->facts;
    if (facts->tee == KC_TEE_SNP)
        note(a, KC_EAR_HARDWARE, asks_for_snp_tcb(policy) ? APPROVED : UNSAFE);
    else if (facts->has_tcb && facts->tcb.is_whole)
        note_status(a, facts->tcb.status);
    else if (!is_unjudged(v)) {
        /* The policy ignores what is not known of it. */
        note(a, KC_EAR_HARDWARE, UNSAFE);
        note(a, KC_EAR_CONFIGURATION, UNAVAILABLE);
    }
}

static void note_facts(struct kc_ear_appraisal *a, const struct kc_verdict *v,
                       const struct kc_policy *policy)
{
    int8_t visible = is_debug(&v->facts) ? UNSAFE : APPROVED;
    note(a, KC_EAR_CONFIGURATION, visible);
    note(a, KC_EAR_RUNTIME_OPAQUE, visible);
    note(a, KC_EAR_EXECUTABLES, executables_of(&v->facts, policy));
    if (policy->platforms.count + policy->chips.count > 0)
        note(a, KC_EAR_INSTANCE_IDENTITY, APPROVED);
    note_platform(a, v, policy);
}

static bool is_revocation(const char *check)
{
    static const char end[] = ".revoked";
    size_t n = strlen(check);
    return n >= sizeof end - 1 && strcmp(check + n - (sizeof end - 1), end) == 0;
}

/* Its signatures hold, and what they vouch for is not what its maker rates or signed. */
static bool is_unknown_hardware(const char *check)
{
    return strncmp(check, "tcb.", 4) == 0 || strcmp(check, "qe.mrsigner") == 0 ||
           strcmp(check, "qe.isv_prod_id") == 0;
}

/* Else one may be false that nobody looked at. */
static bool are_signatures_judged(const struct kc_verdict *v)
{
    for (int i = KC_STAGE_SHAPE; i <= KC_STAGE_QUOTE; i++) {
        if (v->stage[i] == KC_STAGE_NOT_MADE)
            return false;
    }
    return true;
}

/* 99 is for cryptography that failed, and for whatever else does not hold. A revocation comes last
 * of a chain's checks: what is under it need not be looked at. */
static int8_t hardware_of(const struct kc_verdict *v, const char *check)
{
    if (is_revocation(check))
        return CONTRAINDICATED;
    return is_unknown_hardware(check) && are_signatures_judged(v) ? NOT_RECOGNIZED : CRYPTO_FAILED;
}

static void appraise_invalid(struct kc_ear_appraisal *a, const struct kc_verdict *v)
{
    bool has_reason = false;
    for (size_t i = 0; i < v->failure_count; i++) {
        if (v->failure[i].weight != KC_WEIGHT_GENUINE)
            continue;
        note(a, KC_EAR_HARDWARE, hardware_of(v, v->failure[i].check));
        has_reason = true;
    }
    if (!has_reason || v->overflowed)
        note(a, KC_EAR_HARDWARE, CRYPTO_FAILED);
    if (a->claim[KC_EAR_HARDWARE] == CRYPTO_FAILED)
        note(a, KC_EAR_EXECUTABLES, CRYPTO_FAILED);
}

/* Nothing is claimed, for or against: readers compute the status anew from the vector. */
static void appraise_unjudged(struct kc_ear_appraisal *a, const struct kc_verdict *v)
{
    for (size_t i = 0; i < v->failure_count; i++) {
        if (strcmp(v->failure[i].check, "evidence.supported") == 0)
            a->claim[KC_EAR_HARDWARE] = UNEXPECTED;
        if (strcmp(v->failure[i].check, "verifier.memory") == 0)
            a->claim[KC_EAR_HARDWARE] = MALFUNCTION;
    }
}

static enum kc_ear_tier worst(const struct kc_ear_appraisal *a)
{
    int8_t value = 0;
    for (size_t i = 0; i < KC_EAR_CLAIM_COUNT; i++)
        value = a->claim[i] > value ? a->claim[i] : value;
    if (value >= KC_EAR_CONTRAINDICATED)
        return KC_EAR_CONTRAINDICATED;
    if (value >= KC_EAR_WARNING)
        return KC_EAR_WARNING;
    return value >= KC_EAR_AFFIRMING ? KC_EAR_AFFIRMING : KC_EAR_NONE;
}

void kc_ear_appraise(const struct kc_verdict *v, const struct kc_policy *policy,
                     struct kc_ear_appraisal *out)
{
    *out = (struct kc_ear_appraisal){.status = KC_EAR_CONTRAINDICATED};
    switch (v->kind) {
    case KC_VERDICT_ACCEPTED:
        note_facts(out, v, policy);
        out->status = worst(out);
        return;
    case KC_VERDICT_REFUSED:
        note_facts(out, v, policy);
        for (size_t i = 0; i < v->failure_count; i++) {
            if (v->failure[i].weight == KC_WEIGHT_POLICY)
                note_refusal(out, v->failure[i].check);
        }
        return;
    case KC_VERDICT_UNJUDGED:
        appraise_unjudged(out, v);
        out->status = KC_EAR_NONE;
        return;
    case KC_VERDICT_INVALID:
        break;
    }
    appraise_invalid(out, v);
}
