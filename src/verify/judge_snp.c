/* SEV-SNP reports: what verify/snp.h finds, in the verdict's words. */
#include <stdlib.h>
#include <string.h>

#include "verify/judge.h"
#include "verify/snp.h"

/* Where a check belongs, and what it expects. The policy's are verify/policy_clauses.h's, but for
 * the one that no policy can lift. */
static const struct {
    enum kc_stage stage;
    const char *expected;
} checks[KC_SNP_CHECK_RESERVED + 1] = {
    [KC_SNP_CHECK_REPORT] = {KC_STAGE_SHAPE, "an SEV-SNP report of version 2 to 5, 1184 bytes"},
    [KC_SNP_CHECK_CERTIFICATES] = {KC_STAGE_CHAIN,
                                   "the certificates of VCEK or VLEK, ASK or ASVK, and ARK"},
    [KC_SNP_CHECK_CHAIN_SHAPE] = {KC_STAGE_CHAIN, "certificates of AMD's profile"},
    [KC_SNP_CHECK_CHAIN_ROOT] = {KC_STAGE_CHAIN, "a chain that ends in a trusted ARK"},
    [KC_SNP_CHECK_CHAIN_ROLE] = {KC_STAGE_CHAIN, "leaf, ASK or ASVK, and ARK of one product"},
    [KC_SNP_CHECK_CHAIN_LINK] = {KC_STAGE_CHAIN, "each certificate issued by the next one"},
    [KC_SNP_CHECK_CHAIN_SIGNATURE] = {KC_STAGE_CHAIN,
                                      "a signature on each certificate by the next"},
    [KC_SNP_CHECK_CHAIN_ENDORSED] = {KC_STAGE_CHAIN, "a leaf that says what its key is for"},
    [KC_SNP_CHECK_CHAIN_DATES] = {KC_STAGE_CHAIN, "certificates that are valid at this time"},
    [KC_SNP_CHECK_PRODUCT] = {KC_STAGE_QE_REPORT, "a report by a processor of the chain's product"},
    [KC_SNP_CHECK_SIGNING_KEY] = {KC_STAGE_QE_REPORT,
                                  "a report that names the kind of key of the certificate"},
    [KC_SNP_CHECK_SIGNATURE] = {KC_STAGE_QUOTE, "a signature of the report by the leaf's key"},
    [KC_SNP_CHECK_CHIP_ID] = {KC_STAGE_QE_REPORT, "the chip that the certificate names"},
    [KC_SNP_CHECK_TCB_LAYOUT] = {KC_STAGE_QE_REPORT, "TCB versions of the product's layout"},
    [KC_SNP_CHECK_TCB] = {KC_STAGE_QE_REPORT, "the reported TCB that the certificate names"},
    [KC_SNP_CHECK_GUEST] = {KC_STAGE_QUOTE, "a report that a guest asked for"},
    [KC_SNP_CHECK_RESERVED] = {KC_STAGE_POLICY, "a guest policy with bit 17 set and none above 25"},
};

static const char *actual_words(struct kc_verdict *v, const char *what, uint64_t at)
{
    const char *text = kc_verdict_text(v);
    kc_verdict_put(v, what);
    if (at != 0) {
        kc_verdict_put(v, " (at ");
        kc_verdict_put_number(v, at);
        kc_verdict_put(v, ")");
    }
    return text;
}

static enum kc_verdict_weight weight_of(enum kc_snp_check check, const struct kc_snp_verdict *snp)
{
    if (check == KC_SNP_CHECK_RESERVED)
        return KC_WEIGHT_POLICY;
    return snp->kind == KC_VERDICT_UNJUDGED ? KC_WEIGHT_UNJUDGED : KC_WEIGHT_GENUINE;
}

static void note_checks(struct kc_judge *j, const struct kc_snp_verdict *snp)
{
    struct kc_verdict *v = j->verdict;
    bool is_made[KC_STAGE_COUNT] = {false};
    for (int i = KC_STAGE_SHAPE; i <= KC_STAGE_QUOTE; i++)
        is_made[i] = true;
    for (unsigned i = 0; i <= KC_SNP_CHECK_RESERVED; i++) {
        enum kc_snp_check check = (enum kc_snp_check)i;
        if ((snp->made & UINT32_C(1) << i) == 0)
            is_made[checks[i].stage] = false;
        if (snp->what[i] == NULL)
            continue;
        kc_verdict_fail(v, checks[i].stage,
                        &(struct kc_verdict_failure){
                            kc_snp_check_name(check), weight_of(check, snp), checks[i].expected,
                            actual_words(v, snp->what[i], check == snp->first ? snp->at : 0),
                            kc_snp_check_hint(check)});
    }
    for (unsigned i = KC_STAGE_SHAPE; i <= KC_STAGE_QUOTE; i++) {
        if (is_made[i])
            kc_verdict_made(v, (enum kc_stage)i);
    }
}

/* kc_verdict_close() takes them back from evidence that is not genuine. */
static void note_facts(struct kc_judge *j, const struct kc_snp_verdict *snp)
{
    static const char *const formats[] = {"snp-report-v2", "snp-report-v3", "snp-report-v4",
                                          "snp-report-v5"};
    struct kc_verdict *v = j->verdict;
    v->has_format = true;
    v->format = formats[snp->report.version - 2];
    v->tee = kc_tee_name(KC_TEE_SNP);
    v->facts.tee = KC_TEE_SNP;
    v->facts.snp = (struct kc_verdict_snp){
        .report = snp->report,
        .endorsement = snp->endorsement,
        .reported = snp->reported,
        .current = snp->current,
        .committed = snp->committed,
        .launch = snp->launch,
        .hcl_json = j->input->evidence->hcl.json,
    };
    j->report_data = v->facts.snp.report.report_data;
    if (!snp->has_endorsement)
        return;
    v->root_name = kc_verdict_text(v);
    kc_verdict_put(v, "ARK-");
    kc_verdict_put(v, kc_snp_report_product_name(snp->endorsement.product));
}

/* A piece that cannot be read is no missing one. */
static void note_unreadable(struct kc_judge *j, const struct kc_amd_material *material)
{
    kc_judge_fail(j, KC_STAGE_CHAIN, kc_snp_check_name(KC_SNP_CHECK_CHAIN_SHAPE),
                  checks[KC_SNP_CHECK_CHAIN_SHAPE].expected,
                  actual_words(j->verdict, material->fault, material->at),
                  kc_snp_check_hint(KC_SNP_CHECK_CHAIN_SHAPE));
}

bool kc_judge_snp(struct kc_judge *j)
{
    /* What a relying party may forbid is for its own policy to say. */
    static const struct kc_snp_policy open = {
        .allow_debug = true,
        .allow_migration_agent = true,
        .allow_masked_chip_id = true,
        .max_vmpl = 3,
    };
    struct kc_snp_verdict snp;
    struct kc_snp_report report = {0};
    const struct kc_evidence *evidence = j->input->evidence;
    struct kc_amd_material *material = malloc(sizeof *material);
    j->tee = KC_TEE_SNP;
    if (material == NULL) {
        kc_verdict_fail(j->verdict, KC_STAGE_CHAIN,
                        &(struct kc_verdict_failure){"verifier.memory", KC_WEIGHT_UNJUDGED,
                                                     "memory for certificates", "none left",
                                                     "try again with more memory"});
        return false;
    }
    uint8_t key = kc_snp_report_decode(evidence->snp_report, &report, NULL) == KC_OK
                      ? report.signing_key
                      : KC_SNP_KEY_NONE;
    kc_amd_pieces_sort(&j->input->amd, evidence->snp_table, key, material);
    struct kc_snp_input input = {
        .report = evidence->snp_report,
        .certificates = material->certificates,
        .roots = j->input->amd_roots,
        .root_count = j->input->amd_root_count,
        .now = j->input->now,
        .policy = &open,
    };
    kc_snp_judge(&input, &snp);
    note_checks(j, &snp);
    if (snp.first == KC_SNP_CHECK_CERTIFICATES && material->fault != NULL)
        note_unreadable(j, material);
    if (snp.has_report)
        note_facts(j, &snp);
    free(material);
    return snp.has_report;
}
