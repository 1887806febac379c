#include "verify/policy_clauses.h"

#define AT(field) offsetof(struct kc_policy, field)

#define FACT_BYTES(name, array)                                                                    \
    static struct kc_bytes name(const struct kc_verdict_facts *facts)                              \
    {                                                                                              \
        return kc_bytes_of((array), sizeof(array));                                                \
    }
#define FACT_NUMBER(name, expression)                                                              \
    static uint64_t name(const struct kc_verdict_facts *facts)                                     \
    {                                                                                              \
        return (expression);                                                                       \
    }
#define FACT_FLAG(name, expression)                                                                \
    static bool name(const struct kc_verdict_facts *facts)                                         \
    {                                                                                              \
        return (expression);                                                                       \
    }

FACT_BYTES(mrenclave, facts->report.mrenclave)
FACT_BYTES(mrsigner, facts->report.mrsigner)
FACT_NUMBER(isv_prod_id, facts->report.isv_prod_id)
FACT_NUMBER(isv_svn, facts->report.isv_svn)
FACT_BYTES(mrtd, facts->td.mrtd)
FACT_BYTES(rtmr0, facts->td.rtmr[0])
FACT_BYTES(rtmr1, facts->td.rtmr[1])
FACT_BYTES(rtmr2, facts->td.rtmr[2])
FACT_BYTES(rtmr3, facts->td.rtmr[3])
FACT_BYTES(mrconfigid, facts->td.mrconfigid)
FACT_BYTES(mrowner, facts->td.mrowner)
FACT_BYTES(mrownerconfig, facts->td.mrownerconfig)
FACT_BYTES(mrseam, facts->td.mrseam)
FACT_BYTES(mrservicetd, facts->td.mrservicetd)
FACT_FLAG(sept_ve_disable, (facts->td.td_attributes & KC_TD_ATTRIBUTES_SEPT_VE_DISABLE) != 0)
FACT_BYTES(measurement, facts->snp.report.measurement)
FACT_BYTES(host_data, facts->snp.report.host_data)
FACT_BYTES(id_key_digest, facts->snp.report.id_key_digest)
FACT_BYTES(author_key_digest, facts->snp.report.author_key_digest)
FACT_NUMBER(guest_svn, facts->snp.report.guest_svn)
FACT_NUMBER(vmpl, facts->snp.report.vmpl)
FACT_FLAG(migration_agent, (facts->snp.report.policy & KC_SNP_POLICY_MIGRATE_MA) != 0)
FACT_FLAG(masked_chip_id, facts->snp.endorsement.signing_key == KC_SNP_KEY_VCEK &&
                              kc_bytes_are_zero(kc_bytes_of(facts->snp.report.chip_id, 64)))
FACT_FLAG(single_socket, (facts->snp.report.policy & KC_SNP_POLICY_SINGLE_SOCKET) != 0)
FACT_FLAG(no_smt, (facts->snp.report.policy & KC_SNP_POLICY_SMT) == 0)
FACT_NUMBER(evaluation_number,
            facts->tcb.tcb_info_evaluation_number < facts->tcb.qe_identity_evaluation_number
                ? facts->tcb.tcb_info_evaluation_number
                : facts->tcb.qe_identity_evaluation_number)

static bool is_debug(const struct kc_verdict_facts *facts)
{
    switch (facts->tee) {
    case KC_TEE_SGX:
        return (facts->report.attributes.flags & KC_SGX_FLAG_DEBUG) != 0;
    case KC_TEE_TDX:
        return (facts->td.td_attributes & KC_TD_ATTRIBUTES_TUD) != 0;
    default:
        return (facts->snp.report.policy & KC_SNP_POLICY_DEBUG) != 0;
    }
}

static struct kc_bytes report_data(const struct kc_verdict_facts *facts)
{
    switch (facts->tee) {
    case KC_TEE_SGX:
        return kc_bytes_of(facts->report.report_data, 64);
    case KC_TEE_TDX:
        return kc_bytes_of(facts->td.report_data, 64);
    default:
        return kc_bytes_of(facts->snp.report.report_data, 64);
    }
}

/* The part that has waited longest for its updates. Dates before 1970 are no dates of a TCB. */
static uint64_t tcb_date(const struct kc_verdict_facts *facts)
{
    const struct kc_verdict_tcb *tcb = &facts->tcb;
    int64_t date = tcb->platform.date < tcb->qe.date ? tcb->platform.date : tcb->qe.date;
    if (tcb->has_module && tcb->module.date < date)
        date = tcb->module.date;
    return date < 0 ? 0 : (uint64_t)date;
}

bool kc_clause_has_collateral(const struct kc_verdict_facts *facts)
{
    const struct kc_amd_endorsement *e = &facts->snp.endorsement;
    if (facts->tee == KC_TEE_SNP)
        return e->has_list && facts->judged_at >= e->list_issued &&
               facts->judged_at <= e->list_expires;
    return facts->has_tcb && facts->tcb.is_whole;
}

bool kc_clause_can_be_judged(const struct kc_clause *clause, const struct kc_verdict_facts *facts)
{
    if (!clause->needs_tcb)
        return true;
    return kc_clause_has_collateral(facts) &&
           !(clause->kind == KC_CLAUSE_ADVISORIES && facts->tcb.has_no_advisories);
}

/* Of AMD's collateral the revocation list alone has an age. */
static uint64_t collateral_age_days(const struct kc_verdict_facts *facts)
{
    int64_t oldest =
        facts->tee == KC_TEE_SNP ? facts->snp.endorsement.list_issued : facts->tcb.oldest_issue;
    int64_t age = facts->judged_at - oldest;
    return age <= 0 ? 0 : ((uint64_t)age + 86399) / 86400;
}

#define LIST(key, size, tees, hint)                                                                \
    {                                                                                              \
#key, "policy." #key, KC_CLAUSE_LIST, tees, AT(key), size, false, false, hint, key, NULL,  \
            NULL, NULL, NULL                                                                       \
    }
#define RTMR(n)                                                                                    \
    {                                                                                              \
        "rtmr" #n, "policy.rtmr" #n, KC_CLAUSE_LIST, KC_CLAUSE_OF_TDX, AT(rtmr[n]), 48, false,     \
            false, RTMR_HINT, rtmr##n, NULL, NULL, NULL, NULL                                      \
    }
#define NUMBER(key, kind, tees, max, fact, hint)                                                   \
    {                                                                                              \
#key, "policy." #key, kind, tees, AT(key), max, false, false, hint, NULL, fact, NULL,      \
            NULL, NULL                                                                             \
    }
#define OF_TCB(key, kind, tees, max, is_time, fact, hint)                                          \
    {                                                                                              \
#key, "policy." #key, kind, tees, AT(key), max, is_time, true, hint, NULL, fact, NULL,     \
            NULL, NULL                                                                             \
    }
#define FLAG(key, check, kind, tees, fact, clear, set, hint)                                       \
    {                                                                                              \
#key, check, kind, tees, AT(key), 0, false, false, hint, NULL, NULL, fact, clear, set      \
    }
#define OWN(key, kind, tees, needs_tcb, hint)                                                      \
    {                                                                                              \
#key, "policy." #key, kind, tees, 0, 0, false, needs_tcb, hint, NULL, NULL, NULL, NULL,    \
            NULL                                                                                   \
    }

#define RTMR_HINT                                                                                  \
    "the domain measured something else while it started: another firmware, kernel or "            \
    "configuration than the policy names"

const struct kc_clause kc_clauses[] = {
    OWN(tee, KC_CLAUSE_TEES, KC_CLAUSE_OF_ALL, false,
        "this is evidence of another kind of TEE; if you mean it, add it to \"tee\""),
    LIST(mrenclave, 32, KC_CLAUSE_OF_SGX,
         "other code runs there than the policy names; if it is a build that you have checked, add "
         "its MRENCLAVE (`keyclave measure` prints it)"),
    LIST(mrsigner, 32, KC_CLAUSE_OF_SGX,
         "someone else signed this enclave; if you trust them, add their MRSIGNER"),
    NUMBER(isv_prod_id, KC_CLAUSE_EQUAL, KC_CLAUSE_OF_SGX, UINT16_MAX, isv_prod_id,
           "this is another product of its signer; if you mean it, correct isv_prod_id"),
    NUMBER(min_isv_svn, KC_CLAUSE_MINIMUM, KC_CLAUSE_OF_SGX, UINT16_MAX, isv_svn,
           "an enclave with fixes that the policy asks for is not what runs there: upgrade it"),
    LIST(mrtd, 48, KC_CLAUSE_OF_TDX,
         "another image was launched than the policy names; if you have checked it, add its MRTD"),
    RTMR(0),
    RTMR(1),
    RTMR(2),
    RTMR(3),
    LIST(mrconfigid, 48, KC_CLAUSE_OF_TDX, "the domain was launched with another configuration"),
    LIST(mrowner, 48, KC_CLAUSE_OF_TDX, "another owner launched the domain"),
    LIST(mrownerconfig, 48, KC_CLAUSE_OF_TDX,
         "the domain was launched with another configuration of its owner's"),
    LIST(mrseam, 48, KC_CLAUSE_OF_TDX,
         "another TDX module runs there; if you accept it, add its MRSEAM"),
    LIST(mrservicetd, 48, KC_CLAUSE_OF_TDX,
         "another service domain is bound, such as one that migrates the domain; if you trust it, "
         "add its MRSERVICETD"),
    FLAG(require_sept_ve_disable, "policy.require_sept_ve_disable", KC_CLAUSE_REQUIRE,
         KC_CLAUSE_OF_TDX, sept_ve_disable,
         "SEPT_VE_DISABLE is clear: the host can inject exceptions on memory accesses",
         "SEPT_VE_DISABLE is set", "launch the domain with SEPT_VE_DISABLE"),
    LIST(measurement, 48, KC_CLAUSE_OF_SNP,
         "another image was launched than the policy names; if you have checked it, add its "
         "measurement"),
    LIST(host_data, 32, KC_CLAUSE_OF_SNP, "the host launched the guest with other data"),
    LIST(id_key_digest, 48, KC_CLAUSE_OF_SNP,
         "another key, or none, signed the guest's id block; if you trust it, add its digest"),
    LIST(author_key_digest, 48, KC_CLAUSE_OF_SNP,
         "another key, or none, certified the id key; if you trust it, add its digest"),
    NUMBER(min_guest_svn, KC_CLAUSE_MINIMUM, KC_CLAUSE_OF_SNP, UINT32_MAX, guest_svn,
           "a guest with fixes that the policy asks for is not what runs there: upgrade it"),
    NUMBER(max_vmpl, KC_CLAUSE_MAXIMUM, KC_CLAUSE_OF_SNP, 3, vmpl,
           "software at a less privileged level asked for the report; if the levels above it may "
           "vouch for it, name that level in \"max_vmpl\""),
    FLAG(allow_migration_agent, "policy.migration_agent", KC_CLAUSE_ALLOW, KC_CLAUSE_OF_SNP,
         migration_agent, "no migration agent may be bound to the guest",
         "a migration agent may be bound to the guest",
         "launch the guest without the migration bit (18) in its policy"),
    FLAG(allow_masked_chip_id, "policy.masked_chip_id", KC_CLAUSE_ALLOW, KC_CLAUSE_OF_SNP,
         masked_chip_id, "the report names its chip, or a VLEK signed it",
         "the report does not name its chip",
         "let the host show the chip id; \"allow_masked_chip_id\": true does without it"),
    FLAG(require_single_socket, "policy.require_single_socket", KC_CLAUSE_REQUIRE, KC_CLAUSE_OF_SNP,
         single_socket, "the guest may run on more than one socket",
         "the guest is confined to one socket",
         "launch the guest with the single socket bit (20) in its policy"),
    FLAG(refuse_smt, "policy.refuse_smt", KC_CLAUSE_REQUIRE, KC_CLAUSE_OF_SNP, no_smt,
         "the guest may run with simultaneous multithreading",
         "the guest forbids simultaneous multithreading",
         "launch the guest without the SMT bit (16) in its policy"),
    OWN(min_snp_tcb, KC_CLAUSE_SNP_TCB, KC_CLAUSE_OF_SNP, false,
        "update the platform's firmware and microcode, and commit them"),
    FLAG(allow_debug, "policy.debug", KC_CLAUSE_ALLOW, KC_CLAUSE_OF_ALL, is_debug,
         "no debug: the host cannot read its memory", "debug: the host can read all its memory",
         "run it built, signed or launched without debug; for tests, a policy with "
         "\"allow_debug\": true accepts it knowingly"),
    LIST(report_data, 64, KC_CLAUSE_OF_ALL,
         "the evidence was made for another purpose, or is an old one: ask for it with the data "
         "that you chose"),
    OWN(platforms, KC_CLAUSE_PLATFORMS, KC_CLAUSE_OF_ALL, false,
        "the evidence is from a machine that the policy does not name; if it is one of yours, add "
        "its id"),
    OWN(custom_claims, KC_CLAUSE_CLAIMS, KC_CLAUSE_OF_ALL, false,
        "the evidence does not make these claims: it is another instance, or was made for another "
        "purpose"),
    OWN(tcb, KC_CLAUSE_TCB, KC_CLAUSE_OF_INTEL, true,
        "the platform lacks updates or settings that its advisories name: update its firmware and "
        "software; if you accept that state, add it to \"tcb\""),
    OWN(advisories, KC_CLAUSE_ADVISORIES, KC_CLAUSE_OF_INTEL, true,
        "the platform is open to what these advisories describe: update it, or add those that you "
        "accept to \"advisories\""),
    OF_TCB(min_tcb_date, KC_CLAUSE_MINIMUM, KC_CLAUSE_OF_INTEL, (uint64_t)INT64_MAX, true, tcb_date,
           "the platform, its TDX module or its Quoting Enclave lacks updates since that day: "
           "update it"),
    OF_TCB(min_evaluation_number, KC_CLAUSE_MINIMUM, KC_CLAUSE_OF_INTEL, UINT32_MAX, false,
           evaluation_number,
           "fetch the collateral of a later TCB recovery (`update=early` at Intel's service gives "
           "the newest)"),
    OF_TCB(max_collateral_age_days, KC_CLAUSE_MAXIMUM, KC_CLAUSE_OF_ALL, 36500, false,
           collateral_age_days, "fetch the collateral anew"),
};

const size_t kc_clause_count = sizeof kc_clauses / sizeof kc_clauses[0];

static const void *field(const struct kc_clause *clause, const struct kc_policy *policy)
{
    return (const uint8_t *)policy + clause->at;
}

const struct kc_policy_list *kc_clause_list(const struct kc_clause *clause,
                                            const struct kc_policy *policy)
{
    return field(clause, policy);
}

const struct kc_policy_number *kc_clause_number(const struct kc_clause *clause,
                                                const struct kc_policy *policy)
{
    return field(clause, policy);
}

bool kc_clause_flag(const struct kc_clause *clause, const struct kc_policy *policy)
{
    return *(const bool *)field(clause, policy);
}

bool kc_clause_is_named(const struct kc_clause *clause, const struct kc_policy *policy)
{
    switch (clause->kind) {
    case KC_CLAUSE_LIST:
        return kc_clause_list(clause, policy)->count > 0;
    case KC_CLAUSE_EQUAL:
    case KC_CLAUSE_MINIMUM:
    case KC_CLAUSE_MAXIMUM:
        return kc_clause_number(clause, policy)->is_set;
    case KC_CLAUSE_ALLOW:
        return false; /* to allow what cannot be is nothing that could fail */
    case KC_CLAUSE_REQUIRE:
        return kc_clause_flag(clause, policy);
    case KC_CLAUSE_TEES:
        return policy->tees != 0;
    case KC_CLAUSE_PLATFORMS:
        return policy->platforms.count + policy->chips.count > 0;
    case KC_CLAUSE_SNP_TCB:
        return policy->has_min_snp_tcb;
    case KC_CLAUSE_CLAIMS:
        return policy->claims.count > 0;
    case KC_CLAUSE_TCB:
        return policy->tcb_named && !policy->tcb_ignored;
    case KC_CLAUSE_ADVISORIES:
        return policy->has_advisories;
    }
    return true;
}
