/* The TDX module: TEE_TCB_SVN[1] is its version, TEE_TCB_SVN[0] the SVN within the version. */
#include <string.h>

#include "verify/tcb_parts.h"

enum { SVN, VERSION, MICROCODE }; /* of TEE_TCB_SVN and TEE_TCB_SVN2 */

static const struct kc_tdx_identity *find_identity(const struct kc_tcb_info *info, uint8_t version)
{
    for (size_t i = 0; i < info->tdx_identities.count; i++) {
        if (info->tdx_identities.identity[i].version == version)
            return &info->tdx_identities.identity[i];
    }
    return NULL;
}

/* Intel's QVL ignores the mask: nothing may be set, and nothing be asked for. */
static void check_module(const struct kc_td_report *td, const struct kc_tdx_module *want,
                         struct kc_tcb *t)
{
    struct kc_bytes attributes = {td->seam_attributes, sizeof td->seam_attributes};
    if (memcmp(td->mrsignerseam, want->mrsigner, sizeof want->mrsigner) != 0)
        kc_tcb_note(t, "tcb.module.mrsigner",
                    "the TDX module's MRSIGNERSEAM is not that of its identity");
    if (!kc_bytes_are_zero(attributes) ||
        memcmp(attributes.ptr, want->attributes, attributes.len) != 0)
        kc_tcb_note(t, "tcb.module.attributes",
                    "the TDX module's SEAMATTRIBUTES are not zero, or not those of its identity");
}

void kc_tcb_judge_module(const struct kc_tcb_input *input, struct kc_tcb *t)
{
    const struct kc_td_report *td = input->td;
    t->module_version = td->tee_tcb_svn[VERSION];
    if (t->module_version == 0) {
        check_module(td, &input->tcb_info->tdx_module, t);
        return;
    }
    const struct kc_tdx_identity *identity = find_identity(input->tcb_info, t->module_version);
    if (identity == NULL) {
        kc_tcb_note(t, "tcb.module.identity", "TCB info has no TDX module of this version");
        return;
    }
    check_module(td, &identity->module, t);
    for (size_t i = 0; t->module == NULL && i < identity->levels.count; i++) {
        const struct kc_svn_level *level = &identity->levels.level[identity->levels.order[i]];
        if (level->isv_svn <= td->tee_tcb_svn[SVN])
            t->module = &level->rating;
    }
    if (t->module == NULL)
        kc_tcb_note(t, "tcb.module.level",
                    "the TDX module is below every level that its identity has");
}

/* Whether the module that is loaded now is of the latest level, and the platform under it too. */
static bool is_latest_now(const struct kc_tcb_input *input, struct kc_tcb *t)
{
    const struct kc_tcb_info *info = input->tcb_info;
    const uint8_t *now = input->td->tee_tcb_svn2;
    const uint8_t *latest = info->level[info->order[0]].tdx;
    uint16_t svn = latest[SVN];
    if (now[VERSION] > 0) {
        const struct kc_tdx_identity *identity = find_identity(info, now[VERSION]);
        if (identity == NULL) {
            kc_tcb_note(t, "tcb.module.identity",
                        "TCB info has no TDX module of the version that TEE_TCB_SVN2 names");
            return false;
        }
        svn = identity->levels.level[identity->levels.order[0]].isv_svn;
    }
    return now[SVN] >= svn && now[MICROCODE] >= latest[MICROCODE];
}

static bool wants_configuration(enum kc_tcb_status status)
{
    return status == KC_TCB_CONFIGURATION_NEEDED ||
           status == KC_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED ||
           status == KC_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;
}

/* Intel's QVL, for bodies of TDX 1.5. */
enum kc_tcb_status kc_tcb_relaunch(const struct kc_tcb_input *input, struct kc_tcb *t,
                                   enum kc_tcb_status status)
{
    bool is_old = status == KC_TCB_OUT_OF_DATE || status == KC_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;
    bool module_is_old = t->module != NULL && t->module->status == KC_TCB_OUT_OF_DATE;
    bool qe_is_good = t->qe->status != KC_TCB_OUT_OF_DATE && t->qe->status != KC_TCB_REVOKED;
    if (!is_old || !module_is_old || !qe_is_good || t->sgx_platform >= KC_TCB_OUT_OF_DATE ||
        !is_latest_now(input, t))
        return status;
    return wants_configuration(status) || wants_configuration(t->sgx_platform)
               ? KC_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED
               : KC_TCB_TD_RELAUNCH_ADVISED;
}
