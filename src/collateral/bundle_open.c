#include "collateral/bundle.h"
#include "formats/oe_endorsements.h"

static enum kc_err take(const struct kc_oe_endorsements *in, struct kc_bundle *out,
                        struct kc_error *error)
{
    const struct {
        enum kc_bundle_piece piece;
        struct kc_bytes bytes;
    } pieces[] = {
        {KC_BUNDLE_TCB_INFO, in->tcb_info},           {KC_BUNDLE_QE_IDENTITY, in->qe_identity},
        {KC_BUNDLE_TCB_CHAIN, in->tcb_info_chain},    {KC_BUNDLE_QE_CHAIN, in->qe_identity_chain},
        {KC_BUNDLE_ROOT_CRL, in->root_ca_crl},        {KC_BUNDLE_PCK_CRL, in->pck_crl},
        {KC_BUNDLE_PCK_CRL_CHAIN, in->pck_crl_chain},
    };
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        if (!kc_bundle_put(out, pieces[i].piece, pieces[i].bytes)) {
            kc_bundle_clear(out);
            return kc_error_set(error, KC_ERR_MEMORY, "out of memory", 0);
        }
    }
    return KC_OK;
}

enum kc_err kc_bundle_open(struct kc_bytes bytes, struct kc_bundle *out, struct kc_error *error)
{
    struct kc_oe_endorsements endorsements;
    struct kc_error why = KC_ERROR_NONE;
    *out = (struct kc_bundle){0};
    if (kc_bundle_is(bytes))
        return kc_bundle_decode(bytes, out, error);
    if (kc_oe_endorsements_decode(bytes, &endorsements, &why) != KC_OK)
        return kc_error_set(error, KC_ERR_UNSUPPORTED, why.what, why.at);
    return take(&endorsements, out, error);
}
