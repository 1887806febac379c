#include "verify/snp.h"

#include <string.h>

#include "verify/ecdsa_p384.h"

#define VMPL_MAX 3

/* Those of policies up to ABI 1.58; 0 to 15 are a version. */
#define POLICY_KNOWN                                                                               \
    (UINT64_C(0xffff) | KC_SNP_POLICY_SMT | KC_SNP_POLICY_RESERVED_ONE |                           \
     KC_SNP_POLICY_MIGRATE_MA | KC_SNP_POLICY_DEBUG | KC_SNP_POLICY_SINGLE_SOCKET |                \
     KC_SNP_POLICY_CXL_ALLOW | KC_SNP_POLICY_MEM_AES_256_XTS | KC_SNP_POLICY_RAPL_DIS |            \
     KC_SNP_POLICY_CIPHERTEXT_HIDING | KC_SNP_POLICY_PAGE_SWAP_DISABLE)

#define ALL_CHECKS     ((UINT32_C(1) << KC_SNP_CHECK_COUNT) - 1)
#define GENUINE_CHECKS ((UINT32_C(1) << KC_SNP_CHECK_LIST_DATES) - 1)

/* Notes that a check was made, and its failure unless `what` is NULL. */
static void note(struct kc_snp_verdict *v, enum kc_snp_check check, const char *what, uint64_t at)
{
    v->made |= UINT32_C(1) << check;
    if (what == NULL)
        return;
    v->what[check] = what;
    if (check < v->first) {
        v->first = check;
        v->at = at;
    }
}

static void require(struct kc_snp_verdict *v, enum kc_snp_check check, bool holds, const char *what,
                    uint64_t at)
{
    note(v, check, holds ? NULL : what, at);
}

static void judge_shape(const struct kc_snp_input *input, struct kc_snp_verdict *v)
{
    struct kc_error error = KC_ERROR_NONE;
    v->has_report = kc_snp_report_decode(input->report, &v->report, &error) == KC_OK;
    require(v, KC_SNP_CHECK_REPORT, v->has_report, error.what, error.at);
    v->kind = error.code == KC_ERR_UNSUPPORTED ? KC_VERDICT_UNJUDGED : KC_VERDICT_INVALID;
}

/* The chain's faults come in the order of its checks: those before the one found do hold. */
static void judge_chain(const struct kc_snp_input *input, struct kc_snp_verdict *v)
{
    const struct kc_amd_certificates *c = &input->certificates;
    bool whole = c->vek.len > 0 && c->ask.len > 0 && c->ark.len > 0;
    require(v, KC_SNP_CHECK_CERTIFICATES, whole, "a certificate of the chain is missing",
            c->vek.len == 0   ? 0
            : c->ask.len == 0 ? 1
                              : 2);
    if (!whole)
        return;
    struct kc_amd_chain_verdict chain =
        kc_amd_chain_verify(c, input->roots, input->root_count, &v->endorsement);
    v->has_endorsement = chain.fault == KC_AMD_GOOD;
    for (int fault = KC_AMD_SHAPE; fault <= KC_AMD_REVOKED; fault++) {
        enum kc_snp_check check = KC_SNP_CHECK_CHAIN_SHAPE + (unsigned)(fault - KC_AMD_SHAPE);
        bool is_it = (int)chain.fault == fault;
        note(v, check, is_it ? chain.what : NULL, chain.index);
        if (is_it)
            return;
    }
}

static void judge_dates(const struct kc_snp_input *input, struct kc_snp_verdict *v)
{
    const char *what = NULL;
    if (input->now < v->endorsement.not_before)
        what = "a certificate is not valid yet at this time";
    else if (input->now > v->endorsement.not_after)
        what = "a certificate has expired by this time";
    note(v, KC_SNP_CHECK_CHAIN_DATES, what, 0);
}

static void judge_list_dates(const struct kc_snp_input *input, struct kc_snp_verdict *v)
{
    const char *what = NULL;
    if (v->endorsement.has_list && input->now < v->endorsement.list_issued)
        what = "the revocation list is not valid yet at this time";
    else if (v->endorsement.has_list && input->now > v->endorsement.list_expires)
        what = "the revocation list has expired by this time";
    note(v, KC_SNP_CHECK_LIST_DATES, what, 0);
}

/* A report of version 2 does not say which processor made it: then the certificate alone does. */
static void judge_key(struct kc_snp_verdict *v)
{
    const struct kc_snp_report *r = &v->report;
    const struct kc_amd_endorsement *e = &v->endorsement;
    require(v, KC_SNP_CHECK_PRODUCT, r->version < 3 || r->product == e->product,
            "the report's family and model are not of the chain's product",
            (uint64_t)r->cpu_family << 8 | r->cpu_model);
    require(v, KC_SNP_CHECK_SIGNING_KEY, r->signing_key == (uint8_t)e->signing_key,
            "the report names another kind of signing key than the certificate's", r->signing_key);
    require(v, KC_SNP_CHECK_SIGNATURE,
            kc_ecdsa_p384_verify(e->public_key, r->signed_part, r->signature),
            "the report's signature is not of the certificate's key", 0);
}

static bool is_chip_shown(const struct kc_snp_verdict *v)
{
    return !kc_bytes_are_zero(kc_bytes_of(v->report.chip_id, sizeof v->report.chip_id));
}

/* A VLEK is a provider's, of no chip. */
static void judge_chip(struct kc_snp_verdict *v)
{
    bool same = memcmp(v->report.chip_id, v->endorsement.chip_id, sizeof v->report.chip_id) == 0;
    bool applies = v->endorsement.signing_key == KC_SNP_KEY_VCEK && is_chip_shown(v);
    require(v, KC_SNP_CHECK_CHIP_ID, !applies || same, "the report's chip is not the certificate's",
            0);
}

static bool is_same_tcb(const struct kc_snp_tcb *a, const struct kc_snp_tcb *b)
{
    return kc_snp_report_tcb_covers(a, b) && kc_snp_report_tcb_covers(b, a);
}

static void judge_tcb(struct kc_snp_verdict *v)
{
    const struct kc_snp_report *r = &v->report;
    enum kc_snp_product product = v->endorsement.product;
    v->has_tcb = kc_snp_report_read_tcb(r->reported_tcb, product, &v->reported) &&
                 kc_snp_report_read_tcb(r->current_tcb, product, &v->current) &&
                 kc_snp_report_read_tcb(r->committed_tcb, product, &v->committed) &&
                 kc_snp_report_read_tcb(r->launch_tcb, product, &v->launch);
    require(v, KC_SNP_CHECK_TCB_LAYOUT, v->has_tcb, "a TCB version is not of the product's layout",
            r->reported_tcb);
    if (v->has_tcb)
        require(v, KC_SNP_CHECK_TCB, is_same_tcb(&v->reported, &v->endorsement.tcb),
                "the reported TCB is not the certificate's", r->reported_tcb);
}

static void judge_policy(const struct kc_snp_policy *policy, struct kc_snp_verdict *v)
{
    const struct kc_snp_report *r = &v->report;
    uint64_t bits = r->policy;
    bool is_known = (bits & ~POLICY_KNOWN) == 0 && (bits & KC_SNP_POLICY_RESERVED_ONE) != 0;
    require(v, KC_SNP_CHECK_RESERVED, is_known,
            "the guest policy has a reserved bit that is not as it must be", bits);
    require(v, KC_SNP_CHECK_DEBUG, policy->allow_debug || (bits & KC_SNP_POLICY_DEBUG) == 0,
            "the host may debug the guest", bits);
    require(v, KC_SNP_CHECK_MIGRATION,
            policy->allow_migration_agent || (bits & KC_SNP_POLICY_MIGRATE_MA) == 0,
            "a migration agent may be bound to the guest", bits);
    require(v, KC_SNP_CHECK_SMT, !policy->refuse_smt || (bits & KC_SNP_POLICY_SMT) == 0,
            "the guest may run with simultaneous multithreading", bits);
    require(v, KC_SNP_CHECK_SOCKET,
            !policy->require_single_socket || (bits & KC_SNP_POLICY_SINGLE_SOCKET) != 0,
            "the guest may run on more than one socket", bits);
    require(v, KC_SNP_CHECK_VMPL, r->vmpl <= policy->max_vmpl,
            "the report was asked for at a less privileged VMPL than allowed", r->vmpl);
    bool may_mask = v->endorsement.signing_key == KC_SNP_KEY_VLEK || policy->allow_masked_chip_id;
    require(v, KC_SNP_CHECK_MASKED_CHIP, may_mask || is_chip_shown(v),
            "the report does not name its chip", 0);
    require(v, KC_SNP_CHECK_TCB_MINIMUM,
            !policy->has_minimum_tcb ||
                kc_snp_report_tcb_covers(&v->reported, &policy->minimum_tcb),
            "the reported TCB is below the minimum", r->reported_tcb);
    require(v, KC_SNP_CHECK_REPORT_DATA,
            policy->report_data == NULL ||
                memcmp(r->report_data, policy->report_data, sizeof r->report_data) == 0,
            "the report data are others", 0);
}

static bool is_refused(const struct kc_snp_verdict *v)
{
    for (int i = KC_SNP_CHECK_RESERVED; i < KC_SNP_CHECK_COUNT; i++) {
        if (v->what[i] != NULL)
            return true;
    }
    return v->made != ALL_CHECKS;
}

/* The gravest finding decides. Accepted needs every check to have been made. A report that does not
 * decode has its verdict already: one of a later version may be a good one. */
static void close_verdict(struct kc_snp_verdict *v)
{
    if (!v->has_report)
        return;
    if (v->first == KC_SNP_CHECK_CERTIFICATES)
        v->kind = KC_VERDICT_UNJUDGED;
    else if (!v->genuine)
        v->kind = KC_VERDICT_INVALID;
    else if (is_refused(v))
        v->kind = KC_VERDICT_REFUSED;
    else
        v->kind = v->first == KC_SNP_CHECK_COUNT ? KC_VERDICT_ACCEPTED : KC_VERDICT_UNJUDGED;
}

/* What is left once report and chain are there. */
static void judge_rest(const struct kc_snp_input *input, struct kc_snp_verdict *v)
{
    judge_dates(input, v);
    judge_key(v);
    judge_chip(v);
    judge_tcb(v);
    require(v, KC_SNP_CHECK_GUEST, v->report.vmpl <= VMPL_MAX,
            v->report.vmpl == KC_SNP_VMPL_HOST ? "the host asked for the report"
                                               : "there is no such VMPL",
            v->report.vmpl);
    v->genuine = v->first == KC_SNP_CHECK_COUNT && (v->made & GENUINE_CHECKS) == GENUINE_CHECKS;
    judge_list_dates(input, v);
    if (v->genuine)
        judge_policy(input->policy, v);
}

static void start(const struct kc_snp_input *input, struct kc_snp_verdict *v)
{
    *v = (struct kc_snp_verdict){.kind = KC_VERDICT_INVALID, .first = KC_SNP_CHECK_COUNT};
    judge_shape(input, v);
}

void kc_snp_judge(const struct kc_snp_input *input, struct kc_snp_verdict *out)
{
    start(input, out);
    judge_chain(input, out);
    if (out->has_report && out->has_endorsement)
        judge_rest(input, out);
    close_verdict(out);
}

void kc_snp_judge_endorsed(const struct kc_snp_input *input,
                           const struct kc_amd_endorsement *endorsement, struct kc_snp_verdict *out)
{
    start(input, out);
    out->endorsement = *endorsement;
    out->has_endorsement = true;
    for (int check = KC_SNP_CHECK_CERTIFICATES; check < KC_SNP_CHECK_CHAIN_DATES; check++)
        note(out, (enum kc_snp_check)check, NULL, 0);
    if (out->has_report)
        judge_rest(input, out);
    close_verdict(out);
}
