/* SEV-SNP reports: what verify/snp.h finds, in the verdict's words. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "base/writer.h"
#include "formats/snp_certificates.h"
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

/* What stands behind a report is a table of certificates, which speak for themselves, or nobody's.
 */
static size_t trailing_len(struct kc_bytes behind)
{
    struct kc_snp_certificates table;
    return kc_snp_certificates_decode(behind, &table, NULL) == KC_OK ? 0 : behind.len;
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
    v->facts.trailing_len = trailing_len(j->input->evidence->snp_table);
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

/* What a relying party may forbid is for its own policy to say. */
static const struct kc_snp_policy open_policy = {
    .allow_debug = true,
    .allow_migration_agent = true,
    .allow_masked_chip_id = true,
    .max_vmpl = 3,
};

/* All that the endorsement is found from, but for the roots, which are the store's. */
static bool identify(const struct kc_amd_pieces *pieces, struct kc_bytes table, uint8_t key,
                     uint8_t out[32])
{
    const struct kc_bytes parts[] = {pieces->vek, pieces->chain, pieces->table, table};
    uint8_t head[4 * 8 + 1] = {0};
    struct kc_writer w = kc_writer_of((struct kc_room){head, sizeof head});
    SHA256_CTX context;
    for (size_t i = 0; i < 4; i++)
        kc_writer_u64(&w, parts[i].ptr != NULL ? parts[i].len + 1 : 0);
    kc_writer_u8(&w, key);
    bool ok = SHA256_Init(&context) == 1 && SHA256_Update(&context, head, sizeof head) == 1;
    for (size_t i = 0; i < 4; i++)
        ok = ok && SHA256_Update(&context, parts[i].ptr, parts[i].len) == 1;
    return ok && SHA256_Final(out, &context) == 1;
}

/* False without memory. */
static bool judge_new(struct kc_judge *j, const struct kc_amd_pieces *pieces, uint8_t key,
                      struct kc_snp_input *input, struct kc_snp_verdict *snp)
{
    struct kc_amd_material *material = malloc(sizeof *material);
    if (material == NULL) {
        kc_verdict_fail(j->verdict, KC_STAGE_CHAIN,
                        &(struct kc_verdict_failure){"verifier.memory", KC_WEIGHT_UNJUDGED,
                                                     "memory for certificates", "none left",
                                                     "try again with more memory"});
        return false;
    }
    kc_amd_pieces_sort(pieces, j->input->evidence->snp_table, key, material);
    input->certificates = material->certificates;
    kc_snp_judge(input, snp);
    note_checks(j, snp);
    if (snp->first == KC_SNP_CHECK_CERTIFICATES && material->fault != NULL)
        note_unreadable(j, material);
    free(material);
    return true;
}

static bool judge_with(struct kc_judge *j, const struct kc_amd_pieces *pieces, uint8_t key)
{
    struct kc_trust *store = j->input->store;
    struct kc_snp_verdict snp;
    struct kc_amd_endorsement endorsement;
    uint8_t id[32];
    struct kc_snp_input input = {
        .report = j->input->evidence->snp_report,
        .roots = j->amd_roots,
        .root_count = j->amd_root_count,
        .now = j->input->now,
        .policy = &open_policy,
    };
    bool has_id = store != NULL && identify(pieces, j->input->evidence->snp_table, key, id);
    if (has_id && kc_trust_get_endorsement(store, id, &endorsement)) {
        kc_snp_judge_endorsed(&input, &endorsement, &snp);
        note_checks(j, &snp);
    } else {
        if (!judge_new(j, pieces, key, &input, &snp))
            return false;
        if (has_id && snp.has_endorsement)
            kc_trust_remember_endorsement(store, id, &snp.endorsement);
    }
    if (snp.has_report)
        note_facts(j, &snp);
    return snp.has_report;
}

bool kc_judge_snp(struct kc_judge *j)
{
    struct kc_snp_report report = {0};
    struct kc_amd_set *set = NULL;
    struct kc_amd_pieces pieces = {0};
    j->tee = KC_TEE_SNP;
    bool has_report = kc_snp_report_decode(j->input->evidence->snp_report, &report, NULL) == KC_OK;
    if (j->input->store == NULL)
        pieces = j->input->amd;
    else
        set = kc_trust_get_amd(j->input->store, &report);
    if (set != NULL)
        pieces = set->pieces;
    bool ok = judge_with(j, &pieces, has_report ? report.signing_key : KC_SNP_KEY_NONE);
    kc_amd_set_release(set);
    return ok;
}
