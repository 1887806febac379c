/* The Quoting Enclave against the identity that Intel signed. */
#include <string.h>

#include "base/writer.h"
#include "verify/tcb_parts.h"

#define MISC_SELECT_AT 16
#define ATTRIBUTES_AT  48

static bool masked_equal(const uint8_t *have, const uint8_t *mask, const uint8_t *want, size_t n)
{
    bool equal = true;
    for (size_t i = 0; i < n; i++)
        equal = equal && (have[i] & mask[i]) == want[i];
    return equal;
}

static const struct kc_tcb_rating *rate(const struct kc_svn_levels *levels, uint16_t svn)
{
    for (size_t i = 0; i < levels->count; i++) {
        const struct kc_svn_level *level = &levels->level[levels->order[i]];
        if (level->isv_svn <= svn)
            return &level->rating;
    }
    return NULL;
}

void kc_tcb_judge_qe(const struct kc_tcb_input *input, struct kc_tcb *t)
{
    const struct kc_qe_identity *id = input->qe_identity;
    const struct kc_sgx_report_body *qe = input->qe_report;
    uint8_t bytes[KC_SGX_REPORT_BODY_SIZE];
    struct kc_writer w = kc_writer_of((struct kc_room){bytes, sizeof bytes});
    kc_sgx_report_body_encode(&w, qe); /* masks are in the order of the report's bytes */
    if ((id->id == KC_QE_IDENTITY_TD_QE) != (input->td != NULL))
        kc_tcb_note(t, "tcb.qe.tee",
                    input->td != NULL ? "the identity is the SGX QE's, the quote a trust domain's"
                                      : "the identity is the TD QE's, the quote an enclave's");
    if (!masked_equal(bytes + MISC_SELECT_AT, id->misc_select_mask, id->misc_select,
                      sizeof id->misc_select))
        kc_tcb_note(t, "tcb.qe.misc_select", "the QE's MISCSELECT is not that of its identity");
    if (!masked_equal(bytes + ATTRIBUTES_AT, id->attributes_mask, id->attributes,
                      sizeof id->attributes))
        kc_tcb_note(t, "tcb.qe.attributes", "the QE's ATTRIBUTES are not those of its identity");
    if (memcmp(qe->mrsigner, id->mrsigner, sizeof id->mrsigner) != 0)
        kc_tcb_note(t, "tcb.qe.mrsigner", "the QE's MRSIGNER is not that of its identity");
    if (qe->isv_prod_id != id->isv_prod_id)
        kc_tcb_note(t, "tcb.qe.isv_prod_id", "the QE's ISVPRODID is not that of its identity");
    t->qe = rate(&id->levels, qe->isv_svn);
    if (t->qe == NULL)
        kc_tcb_note(t, "tcb.qe.level", "the QE is below every level that its identity has");
}
