/* Collateral and what it says of the platform, in the verdict's words. */
#include <string.h>

#include "base/time.h"
#include "verify/judge.h"
#include "verify/tcb.h"

#define NEWER                                                                                      \
    "fetch the collateral anew and see that this clock is right; --at judges at another time, "    \
    "for "                                                                                         \
    "evidence that was kept with its collateral"

static void put_time(struct kc_verdict *v, int64_t seconds)
{
    char text[KC_TIME_TEXT_SIZE];
    kc_time_format(seconds, text);
    kc_verdict_put(v, text);
}

/* Old collateral says nothing about the evidence: the right one is missing. */
static void fail_dates(struct kc_verdict *v, const struct kc_collateral_fault *fault)
{
    const char *expected = kc_verdict_text(v);
    kc_verdict_put(v, "collateral of the time it is judged at; this piece is good from ");
    put_time(v, fault->from);
    kc_verdict_put(v, " to ");
    put_time(v, fault->to);
    kc_verdict_fail(v, KC_STAGE_COLLATERAL,
                    &(struct kc_verdict_failure){fault->check, KC_WEIGHT_UNJUDGED, expected,
                                                 fault->what, NEWER});
}

static void fail_piece(struct kc_judge *j, const struct kc_collateral_fault *fault)
{
    struct kc_verdict *v = j->verdict;
    const char *actual = kc_verdict_text(v);
    kc_verdict_put(v, fault->what);
    if (fault->at != 0) {
        kc_verdict_put(v, " (at ");
        kc_verdict_put_number(v, fault->at);
        kc_verdict_put(v, ")");
    }
    kc_judge_fail(j, KC_STAGE_COLLATERAL, fault->check,
                  "collateral that is signed below the trusted root, fits this PCK and revokes "
                  "nothing of it",
                  actual,
                  "fetch the collateral anew from Intel; if this stays, the platform is revoked or "
                  "the collateral was made up: do not believe the evidence");
}

static void note_faults(struct kc_judge *j, const struct kc_collateral *collateral)
{
    for (size_t i = 0; i < collateral->fault_count; i++) {
        const struct kc_collateral_fault *fault = &collateral->fault[i];
        if (fault->has_dates)
            fail_dates(j->verdict, fault);
        else if (!fault->is_absence)
            fail_piece(j, fault);
        else
            kc_verdict_fail(j->verdict, KC_STAGE_COLLATERAL,
                            &(struct kc_verdict_failure){
                                fault->check, KC_WEIGHT_UNJUDGED, "all pieces of the collateral",
                                fault->what,
                                "fetch the whole collateral for this platform from Intel"});
    }
}

/* Of what Intel issues every day; the root's list is of a year. */
static int64_t oldest_issue(const struct kc_collateral *collateral)
{
    int64_t oldest = collateral->tcb_info->issue_date;
    if (collateral->qe_identity->issue_date < oldest)
        oldest = collateral->qe_identity->issue_date;
    if (collateral->pck_crl != NULL && collateral->pck_crl->this_update < oldest)
        oldest = collateral->pck_crl->this_update;
    return oldest;
}

static void judge_tcb(struct kc_judge *j, const struct kc_collateral *collateral)
{
    struct kc_tcb tcb;
    struct kc_verdict_facts *facts = &j->verdict->facts;
    struct kc_tcb_input input = {
        .pck = &j->extension,
        .qe_report = &j->quote.qe_report,
        .td = j->tee == KC_TEE_TDX ? &j->quote.td : NULL,
        .td_is_15 = j->quote.body_type == KC_TDX_QUOTE_TD15,
        .tcb_info = collateral->tcb_info,
        .qe_identity = collateral->qe_identity,
    };
    kc_tcb_judge(&input, &tcb);
    bool is_good = collateral->state == KC_COLLATERAL_GOOD;
    for (size_t i = 0; i < tcb.fault_count; i++)
        kc_verdict_fail(
            j->verdict, KC_STAGE_COLLATERAL,
            &(struct kc_verdict_failure){
                tcb.fault[i].check, is_good ? KC_WEIGHT_GENUINE : KC_WEIGHT_UNJUDGED,
                "collateral for this platform that rates it and its Quoting Enclave",
                tcb.fault[i].what,
                "fetch the collateral that belongs to this platform (its FMSPC and PCE id); if it "
                "does, this platform is not one that Intel vouches for"});
    if (tcb.fault_count > 0)
        return;
    facts->has_tcb = true;
    facts->tcb = (struct kc_verdict_tcb){
        .is_whole = is_good,
        .status = tcb.status,
        .level = tcb.level,
        .platform = *tcb.platform,
        .sgx_platform = tcb.sgx_platform,
        .module_version = tcb.module_version,
        .has_module = tcb.module != NULL,
        .qe = *tcb.qe,
        .tcb_info_evaluation_number = tcb.tcb_info_evaluation_number,
        .qe_identity_evaluation_number = tcb.qe_identity_evaluation_number,
        .has_no_advisories = collateral->tcb_info->version == 2,
        .issued = collateral->issued,
        .oldest_issue = oldest_issue(collateral),
        .expires = collateral->expires,
        .expires_first = collateral->expires_first,
    };
    memcpy(facts->tcb.collateral, collateral->date, sizeof facts->tcb.collateral);
    if (tcb.module != NULL)
        facts->tcb.module = *tcb.module;
}

/* The store's for this platform before the one for all. */
static void find_in_store(struct kc_judge *j)
{
    struct kc_collateral_set *set = kc_trust_get_set(j->input->store, j->tee, j->extension.fmspc);
    if (set == NULL)
        return;
    kc_collateral_set_release(j->set);
    j->set = set;
}

/* False without memory. `j->set` stays NULL where there is none. */
static bool find_set(struct kc_judge *j)
{
    const struct kc_collateral_pieces *pieces = j->input->collateral;
    if (j->input->store != NULL) {
        find_in_store(j);
        return true;
    }
    return pieces == NULL ||
           kc_collateral_set_make(pieces, j->root_key, false, j->signatures, &j->set) == KC_OK;
}

/* What was found genuine counts for every platform from now on. */
static void note_lists(const struct kc_judge *j, const struct kc_collateral *collateral)
{
    if (collateral->root_crl != NULL)
        kc_trust_note_list(j->input->store, j->certificate[2].public_key, collateral->root_crl);
    if (collateral->pck_crl != NULL)
        kc_trust_note_list(j->input->store, j->certificate[1].public_key, collateral->pck_crl);
}

static void judge_by(struct kc_judge *j, const struct kc_newest_lists *newest)
{
    struct kc_verdict *v = j->verdict;
    struct kc_collateral collateral;
    kc_collateral_judge_set(j->set, j->certificate, newest, j->input->now, j->signatures,
                            &collateral);
    note_faults(j, &collateral);
    if (collateral.is_signed)
        judge_tcb(j, &collateral);
    if (j->input->store != NULL)
        note_lists(j, &collateral);
    if (v->facts.has_tcb && j->input->store != NULL) {
        kc_collateral_set_use(j->set);
        v->held = j->set;
    }
}

static void judge_set(struct kc_judge *j)
{
    struct kc_trust *store = j->input->store;
    struct kc_stored_list *root = NULL;
    struct kc_stored_list *pck = NULL;
    if (store != NULL) {
        root = kc_trust_get_list(store, j->certificate[2].public_key);
        pck = kc_trust_get_list(store, j->certificate[1].public_key);
    }
    judge_by(j, &(const struct kc_newest_lists){root != NULL ? &root->list : NULL,
                                                pck != NULL ? &pck->list : NULL});
    kc_stored_list_release(root);
    kc_stored_list_release(pck);
}

/* Without collateral nothing says how good the TDX module is; whose it is, is known: Intel's bear
 * zeros for signer and attributes. */
static void judge_module_alone(struct kc_judge *j)
{
    static const char hint[] =
        "a TDX module that is not Intel's can say anything of its domains: do "
        "not believe it";
    const struct kc_td_report *td = &j->quote.td;
    const struct kc_bytes signer = {td->mrsignerseam, sizeof td->mrsignerseam};
    const struct kc_bytes attributes = {td->seam_attributes, sizeof td->seam_attributes};
    if (!kc_bytes_are_zero(signer))
        kc_judge_fail(j, KC_STAGE_COLLATERAL, "tcb.module.mrsigner", "zeros, for Intel's modules",
                      kc_verdict_hex(j->verdict, signer), hint);
    if (!kc_bytes_are_zero(attributes))
        kc_judge_fail(j, KC_STAGE_COLLATERAL, "tcb.module.attributes", "zeros, for Intel's modules",
                      kc_verdict_hex(j->verdict, attributes), hint);
}

void kc_judge_collateral(struct kc_judge *j)
{
    struct kc_verdict *v = j->verdict;
    if (!kc_verdict_holds_before(v, KC_STAGE_COLLATERAL))
        return;
    if (j->tee != KC_TEE_SNP && !find_set(j)) {
        kc_verdict_fail(v, KC_STAGE_COLLATERAL,
                        &(struct kc_verdict_failure){"verifier.memory", KC_WEIGHT_UNJUDGED,
                                                     "memory for the collateral", "none left",
                                                     "try again with more memory"});
        return;
    }
    if (j->tee != KC_TEE_SNP && j->set != NULL)
        judge_set(j);
    else if (j->tee == KC_TEE_TDX)
        judge_module_alone(j);
    kc_verdict_made(v, KC_STAGE_COLLATERAL);
}
