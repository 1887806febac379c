#include "verify/tcb.h"

#include <string.h>

#include "verify/tcb_parts.h"

void kc_tcb_note(struct kc_tcb *t, const char *check, const char *what)
{
    if (t->fault_count < KC_TCB_FAULTS_MAX)
        t->fault[t->fault_count++] = (struct kc_tcb_fault){check, what};
}

static bool reaches(const uint8_t *have, const uint8_t *want, size_t from)
{
    for (size_t i = from; i < KC_TCB_COMPONENTS; i++) {
        if (have[i] < want[i])
            return false;
    }
    return true;
}

static bool reaches_sgx(const struct kc_pck_extension *pck, const struct kc_tcb_level *level)
{
    return reaches(pck->component_svn, level->sgx, 0) && pck->pce_svn >= level->pce_svn;
}

/* From module version 1 on, components 0 and 1 (the module's SVN and version) are rated by the
 * module's own identity (Intel's QVL and go-tdx-guest alike). */
static bool reaches_tdx(const struct kc_td_report *td, const struct kc_tcb_level *level)
{
    return reaches(td->tee_tcb_svn, level->tdx, td->tee_tcb_svn[1] > 0 ? 2 : 0);
}

static void match_level(const struct kc_tcb_input *input, struct kc_tcb *t)
{
    const struct kc_tcb_info *info = input->tcb_info;
    bool sgx_matched = false;
    for (size_t i = 0; i < info->level_count; i++) {
        const struct kc_tcb_level *level = &info->level[info->order[i]];
        if (!reaches_sgx(input->pck, level))
            continue;
        if (!sgx_matched)
            t->sgx_platform = level->rating.status;
        sgx_matched = true;
        if (input->td != NULL && !reaches_tdx(input->td, level))
            continue;
        t->level = i;
        t->platform = &level->rating;
        return;
    }
    kc_tcb_note(t, "tcb.level", "the platform is below every level that TCB info has");
}

/* TCB info is of one processor family, one PCE, one kind of TEE. */
static void check_belongs(const struct kc_tcb_input *input, struct kc_tcb *t)
{
    bool is_tdx = input->td != NULL;
    const struct kc_tcb_info *info = input->tcb_info;
    if ((info->tee == KC_TCB_INFO_TDX) != is_tdx)
        kc_tcb_note(t, "tcb.tee",
                    is_tdx ? "TCB info is SGX's, the quote a trust domain's"
                           : "TCB info is TDX's, the quote an SGX enclave's");
    if (memcmp(info->fmspc, input->pck->fmspc, sizeof info->fmspc) != 0)
        kc_tcb_note(t, "tcb.fmspc", "TCB info is another processor family's than the PCK's");
    if (memcmp(info->pce_id, input->pck->pce_id, sizeof info->pce_id) != 0)
        kc_tcb_note(t, "tcb.pce_id", "TCB info is for another PCE than the PCK's");
}

/* What an out-of-date part makes of a status (Intel's QVL, convergence). */
static enum kc_tcb_status converge(enum kc_tcb_status status, enum kc_tcb_status part)
{
    if (part == KC_TCB_REVOKED || status == KC_TCB_REVOKED)
        return KC_TCB_REVOKED;
    if (part != KC_TCB_OUT_OF_DATE)
        return status;
    switch (status) {
    case KC_TCB_UP_TO_DATE:
    case KC_TCB_SW_HARDENING_NEEDED:
        return KC_TCB_OUT_OF_DATE;
    case KC_TCB_CONFIGURATION_NEEDED:
    case KC_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED:
        return KC_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;
    default:
        return status;
    }
}

static void decide(const struct kc_tcb_input *input, struct kc_tcb *t)
{
    enum kc_tcb_status status = t->platform->status;
    if (t->module != NULL)
        status = converge(status, t->module->status);
    if (input->td != NULL && input->td_is_15)
        status = kc_tcb_relaunch(input, t, status);
    if (t->fault_count == 0)
        t->status = converge(status, t->qe->status);
}

void kc_tcb_judge(const struct kc_tcb_input *input, struct kc_tcb *out)
{
    *out = (struct kc_tcb){
        .status = KC_TCB_REVOKED,
        .sgx_platform = KC_TCB_REVOKED,
        .tcb_info_evaluation_number = input->tcb_info->evaluation_number,
        .qe_identity_evaluation_number = input->qe_identity->evaluation_number,
    };
    check_belongs(input, out);
    kc_tcb_judge_qe(input, out);
    /* Levels of another TEE have no components to compare. */
    if ((input->tcb_info->tee == KC_TCB_INFO_TDX) != (input->td != NULL))
        return;
    match_level(input, out);
    if (input->td != NULL)
        kc_tcb_judge_module(input, out);
    if (out->fault_count == 0)
        decide(input, out);
}
