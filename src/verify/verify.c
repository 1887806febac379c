#include "verify/verify.h"

#include <stdlib.h>

#include "verify/judge.h"

void kc_judge_fail(struct kc_judge *j, enum kc_stage stage, const char *check, const char *expected,
                   const char *actual, const char *hint)
{
    kc_verdict_fail(j->verdict, stage,
                    &(struct kc_verdict_failure){check, KC_WEIGHT_GENUINE, expected, actual, hint});
}

static void fail_unjudged(struct kc_verdict *v, const char *check, const char *expected,
                          const char *actual, const char *hint)
{
    kc_verdict_fail(
        v, KC_STAGE_SHAPE,
        &(struct kc_verdict_failure){check, KC_WEIGHT_UNJUDGED, expected, actual, hint});
}

/* kc_verdict_close() takes them back from evidence that is not genuine. */
static void note_facts(struct kc_judge *j)
{
    struct kc_verdict_facts *facts = &j->verdict->facts;
    facts->tee = j->tee;
    facts->report = j->quote.sgx;
    facts->td = j->quote.td;
    facts->td_is_15 = j->quote.body_type == KC_TDX_QUOTE_TD15;
    facts->qe_svn = j->quote.qe_svn;
    facts->pce_svn = j->quote.pce_svn;
    facts->qe_isv_svn = j->quote.qe_report.isv_svn;
}

static bool judge_quote(struct kc_judge *j)
{
    if (!kc_judge_shape(j))
        return false;
    kc_judge_chain(j);
    kc_judge_quoting_enclave(j);
    kc_judge_quote_signature(j);
    kc_judge_remember_chain(j);
    note_facts(j);
    return true;
}

static void judge_all(struct kc_judge *j)
{
    if (!(j->input->evidence->is_snp ? kc_judge_snp(j) : judge_quote(j)))
        return;
    j->verdict->facts.judged_at = j->input->now;
    kc_judge_binding(j);
    kc_judge_collateral(j);
    if (kc_verdict_is_genuine(j->verdict))
        kc_judge_policy(j);
}

static void take_store(struct kc_judge *j, struct kc_trust *store)
{
    j->root_key = kc_trust_root_key(store);
    j->amd_roots = kc_trust_amd_roots(store, &j->amd_root_count);
    j->signatures = kc_trust_signatures(store);
    j->set = kc_trust_get_set_for_all(store);
    if (j->set == NULL)
        return;
    j->given_pck_chain = j->set->pck_chain;
    j->given_issuers = j->set->pck_crl_chain;
}

static void take_input(struct kc_judge *j, struct kc_signatures *signatures)
{
    j->root_key = j->input->root_key;
    j->amd_roots = j->input->amd_roots;
    j->amd_root_count = j->input->amd_root_count;
    j->signatures = signatures;
    if (j->input->collateral == NULL)
        return;
    j->given_pck_chain = j->input->collateral->pck_chain;
    j->given_issuers = j->input->collateral->pck_crl_chain;
}

void kc_verify(const struct kc_verify_input *input, struct kc_verdict *out)
{
    struct kc_judge j = {.input = input, .verdict = out};
    struct kc_signature seen[4 * KC_SIGNATURES_WAYS]; /* chains share certificates */
    struct kc_known_key keys[4];
    struct kc_signatures signatures;
    kc_verdict_start(out);
    if (input->store != NULL) {
        take_store(&j, input->store);
        judge_all(&j);
    } else {
        kc_signatures_init(&signatures, seen, sizeof seen / sizeof seen[0], keys, 4);
        take_input(&j, &signatures);
        judge_all(&j);
        kc_signatures_clear(&signatures);
    }
    free(j.chain);
    kc_known_chain_release(j.known);
    kc_collateral_set_release(j.set);
    kc_verdict_close(out);
}

/* `error` in words of the verdict. */
static const char *words(struct kc_verdict *v, const struct kc_error *error)
{
    const char *text = kc_verdict_text(v);
    kc_verdict_put(v, error->what);
    if (error->at != 0) {
        kc_verdict_put(v, " (at ");
        kc_verdict_put_number(v, error->at);
        kc_verdict_put(v, ")");
    }
    return text;
}

void kc_verify_unreadable(const struct kc_error *error, struct kc_verdict *out)
{
    kc_verdict_start(out);
    if (error->code == KC_ERR_MEMORY)
        fail_unjudged(out, "verifier.memory", "memory for the evidence", "none left",
                      "try again with more memory");
    else if (error->code == KC_ERR_UNSUPPORTED)
        fail_unjudged(
            out, "evidence.supported", "evidence with an SGX or TDX quote, or an SEV-SNP report",
            words(out, error),
            "judged are those alone: of other files, give the one that carries the evidence");
    else
        kc_verdict_fail(
            out, KC_STAGE_SHAPE,
            &(struct kc_verdict_failure){
                "evidence.shape", KC_WEIGHT_GENUINE,
                "a quote, an SEV-SNP report, an HCL report, an Open Enclave report or evidence, "
                "quote JSON, or a certificate with evidence",
                words(out, error),
                "a copy that was cut or re-wrapped on its way must be fetched again; of "
                "certificates, give the one that carries the evidence"});
    kc_verdict_close(out);
}
