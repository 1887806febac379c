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
    [KC_SNP_CHECK_LIST] = {KC_STAGE_COLLATERAL, "a revocation list that the chain's ARK signed"},
    [KC_SNP_CHECK_REVOKED] = {KC_STAGE_COLLATERAL, "a chain that AMD has not revoked"},
    [KC_SNP_CHECK_LIST_DATES] = {KC_STAGE_COLLATERAL, "a revocation list of this time"},
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

/* Of what is wrong with bytes the place, of what the report says the value. */
static const char *found_words(struct kc_verdict *v, const struct kc_snp_verdict *snp,
                               enum kc_snp_check check)
{
    const char *what = snp->what[check];
    uint64_t at = check == snp->first ? snp->at : 0;
    uint8_t value[8];
    if (check < KC_SNP_CHECK_PRODUCT || at == 0)
        return actual_words(v, what, at);
    const char *text = actual_words(v, what, 0);
    struct kc_writer w = kc_writer_of((struct kc_room){value, sizeof value});
    for (int shift = 56; shift >= 0; shift -= 8)
        kc_writer_u8(&w, (uint8_t)(at >> shift));
    kc_verdict_put(v, ": 0x");
    kc_verdict_put_hex(v, kc_writer_written(&w));
    return text;
}

static enum kc_verdict_weight weight_of(enum kc_snp_check check, const struct kc_snp_verdict *snp)
{
    if (check == KC_SNP_CHECK_RESERVED)
        return KC_WEIGHT_POLICY;
    if (check == KC_SNP_CHECK_LIST_DATES)
        return KC_WEIGHT_UNJUDGED;
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
                            found_words(v, snp, check), kc_snp_check_hint(check)});
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
    const struct kc_bytes parts[] = {pieces->vek, pieces->chain, pieces->table, pieces->list,
                                     table};
    enum { PARTS = sizeof parts / sizeof parts[0] };
    uint8_t head[PARTS * 8 + 1] = {0};
    struct kc_writer w = kc_writer_of((struct kc_room){head, sizeof head});
    SHA256_CTX context;
    for (size_t i = 0; i < PARTS; i++)
        kc_writer_u64(&w, parts[i].ptr != NULL ? parts[i].len + 1 : 0);
    kc_writer_u8(&w, key);
    bool ok = SHA256_Init(&context) == 1 && SHA256_Update(&context, head, sizeof head) == 1;
    for (size_t i = 0; i < PARTS; i++)
        ok = ok && SHA256_Update(&context, parts[i].ptr, parts[i].len) == 1;
    return ok && SHA256_Final(out, &context) == 1;
}

/* Certificates that a report may be judged by, and what came of it. */
struct candidate {
    struct kc_amd_pieces pieces;
    struct kc_bytes table;
    struct kc_snp_verdict snp;
    const char *fault; /* NULL, or a piece that could not be read */
    uint64_t at;
};

/* A piece that cannot be read is no missing one. */
static void note_unreadable(struct kc_judge *j, const struct candidate *c)
{
    kc_judge_fail(j, KC_STAGE_CHAIN, kc_snp_check_name(KC_SNP_CHECK_CHAIN_SHAPE),
                  checks[KC_SNP_CHECK_CHAIN_SHAPE].expected,
                  actual_words(j->verdict, c->fault, c->at),
                  kc_snp_check_hint(KC_SNP_CHECK_CHAIN_SHAPE));
}

/* False without memory. */
static bool judge_new(struct kc_snp_input *input, uint8_t key, struct candidate *c)
{
    struct kc_amd_material *material = malloc(sizeof *material);
    if (material == NULL)
        return false;
    kc_amd_pieces_sort(&c->pieces, c->table, key, material);
    input->certificates = material->certificates;
    kc_snp_judge(input, &c->snp);
    c->fault = c->snp.first == KC_SNP_CHECK_CERTIFICATES ? material->fault : NULL;
    c->at = material->at;
    free(material);
    return true;
}

static bool judge_once(const struct kc_judge *j, uint8_t key, struct candidate *c)
{
    struct kc_trust *store = j->input->store;
    struct kc_amd_endorsement endorsement;
    uint8_t id[32];
    struct kc_snp_input input = {
        .report = j->input->evidence->snp_report,
        .roots = j->amd_roots,
        .root_count = j->amd_root_count,
        .now = j->input->now,
        .policy = &open_policy,
    };
    bool has_id = store != NULL && identify(&c->pieces, c->table, key, id);
    c->fault = NULL;
    if (has_id && kc_trust_get_endorsement(store, id, &endorsement)) {
        kc_snp_judge_endorsed(&input, &endorsement, &c->snp);
        return true;
    }
    if (!judge_new(&input, key, c))
        return false;
    if (has_id && c->snp.genuine)
        kc_trust_remember_endorsement(store, id, &c->snp.endorsement);
    return true;
}

/* By the newest list that the store has seen of this ARK, where that is a later one. One that is
 * not of this time yet revokes all the same. */
static bool judge_candidate(const struct kc_judge *j, uint8_t key, struct candidate *c)
{
    struct kc_trust *store = j->input->store;
    const struct kc_amd_endorsement *e = &c->snp.endorsement;
    if (!judge_once(j, key, c))
        return false;
    struct kc_stored_list *newest =
        store != NULL && c->snp.has_endorsement ? kc_trust_get_amd_list(store, e) : NULL;
    bool ok = true;
    if (newest != NULL && (!e->has_list || e->list_issued < newest->list.crl.this_update)) {
        struct candidate again = *c;
        again.pieces.list = newest->list.crl.der;
        ok = judge_once(j, key, &again);
        if (ok && (again.snp.first == KC_SNP_CHECK_REVOKED ||
                   newest->list.crl.this_update <= j->input->now))
            c->snp = again.snp;
    }
    kc_stored_list_release(newest);
    return ok;
}

static bool is_settled(const struct candidate *c)
{
    return c->snp.genuine || c->snp.first == KC_SNP_CHECK_REVOKED;
}

/*
 * By what was given for this report, each in turn; then, if the report brings certificates, by
 * these alone: others that do not fit it say nothing against it. The first that settles it is
 * taken, else the first of all. False without memory.
 */
static bool judge_all(struct kc_judge *j, const struct kc_snp_report *report,
                      struct candidate *best)
{
    struct kc_trust *store = j->input->store;
    struct kc_amd_set *set = NULL;
    struct candidate c = {.pieces = j->input->amd, .table = j->input->evidence->snp_table};
    uint8_t key = report->signing_key;
    bool ok = true;
    for (size_t i = 0; ok && (i == 0 || !is_settled(best)); i++) {
        struct kc_amd_set *next = store != NULL ? kc_trust_get_amd(store, report, i) : NULL;
        if (next == NULL && i > 0)
            break;
        kc_amd_set_release(set);
        set = next;
        if (store != NULL)
            c.pieces = set != NULL ? set->pieces : (struct kc_amd_pieces){0};
        ok = judge_candidate(j, key, &c);
        if (ok && (i == 0 || is_settled(&c)))
            *best = c;
    }
    if (ok && !is_settled(best) && c.table.len > 0) {
        c.pieces = (struct kc_amd_pieces){.list = c.pieces.list};
        ok = judge_candidate(j, key, &c);
        if (ok && is_settled(&c))
            *best = c;
    }
    kc_amd_set_release(set);
    return ok;
}

bool kc_judge_snp(struct kc_judge *j)
{
    struct kc_snp_report report;
    struct candidate best = {.fault = NULL};
    j->tee = KC_TEE_SNP;
    if (kc_snp_report_decode(j->input->evidence->snp_report, &report, NULL) != KC_OK)
        report = (struct kc_snp_report){.signing_key = KC_SNP_KEY_NONE};
    if (!judge_all(j, &report, &best)) {
        kc_verdict_fail(j->verdict, KC_STAGE_CHAIN,
                        &(struct kc_verdict_failure){"verifier.memory", KC_WEIGHT_UNJUDGED,
                                                     "memory for certificates", "none left",
                                                     "try again with more memory"});
        return false;
    }
    note_checks(j, &best.snp);
    if (best.fault != NULL)
        note_unreadable(j, &best);
    if (best.snp.has_report)
        note_facts(j, &best.snp);
    return best.snp.has_report;
}
