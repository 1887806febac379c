/*
 * ECREATE, EADD, EEXTEND and EINIT: which images become enclaves.
 */
#include <string.h>

#include "image/sigstruct.h"
#include "loader/emulator.h"

/* What ECREATE may ask for here: no provisioning, no launch key, no KSS. */
#define FLAGS_KNOWN (KC_SGX_FLAG_INIT | KC_SGX_FLAG_DEBUG | KC_SGX_FLAG_MODE64BIT)
#define XFRM_KNOWN  7u /* x87, SSE, AVX: what entry.S restores */

static bool differ(uint64_t a, uint64_t b, uint64_t mask)
{
    return ((a ^ b) & mask) != 0;
}

/* EINIT (SDM): each attribute that the mask fixes is as signed. */
static enum kc_err check_attributes(const struct kc_sigstruct *signed_for,
                                    const struct kc_sgx_attributes *asked, struct kc_error *error)
{
    uint64_t flags_mask = signed_for->attribute_mask.flags & ~(uint64_t)KC_SGX_FLAG_INIT;
    uint64_t debug_mask = flags_mask & KC_SGX_FLAG_DEBUG;
    if (differ(asked->flags, signed_for->attributes.flags, debug_mask))
        return kc_error_set(error, KC_ERR_REFUSED,
                            (asked->flags & KC_SGX_FLAG_DEBUG) != 0
                                ? "SIGSTRUCT fixes DEBUG to 0: the image cannot be debugged"
                                : "SIGSTRUCT fixes DEBUG to 1: start the image with debugging",
                            asked->flags);
    if (differ(asked->flags, signed_for->attributes.flags, flags_mask) ||
        differ(asked->xfrm, signed_for->attributes.xfrm, signed_for->attribute_mask.xfrm))
        return kc_error_set(error, KC_ERR_REFUSED, "SIGSTRUCT demands other attributes",
                            signed_for->attributes.flags);
    if ((asked->flags & ~(uint64_t)FLAGS_KNOWN) != 0 ||
        (asked->flags & KC_SGX_FLAG_MODE64BIT) == 0 || asked->xfrm != XFRM_KNOWN)
        return kc_error_set(error, KC_ERR_REFUSED,
                            "SIGSTRUCT asks for attributes that the emulator does not grant",
                            asked->flags);
    if ((signed_for->misc_select & signed_for->misc_mask) != 0)
        return kc_error_set(error, KC_ERR_REFUSED, "SIGSTRUCT demands a MISCSELECT other than 0",
                            signed_for->misc_select);
    return KC_OK;
}

static void fill_in(struct kc_emulator *e, const struct kc_sigstruct *s,
                    struct kc_sgx_attributes attributes)
{
    attributes.flags |= KC_SGX_FLAG_INIT;
    e->secs = (struct kc_sim_secs){
        .attributes = attributes, .isv_prod_id = s->isv_prod_id, .isv_svn = s->isv_svn};
    memcpy(e->secs.mrenclave, s->mrenclave, sizeof(e->secs.mrenclave));
    memcpy(e->secs.mrsigner, s->mrsigner, sizeof(e->secs.mrsigner));

    struct kc_enclave_identity *identity = &e->enclave.identity;
    *identity = (struct kc_enclave_identity){
        .attributes = attributes, .isv_prod_id = s->isv_prod_id, .isv_svn = s->isv_svn};
    memcpy(identity->mrenclave, s->mrenclave, sizeof(identity->mrenclave));
    memcpy(identity->mrsigner, s->mrsigner, sizeof(identity->mrsigner));
}

enum kc_err kc_emulator_init(struct kc_emulator *e, struct kc_bytes elf, struct kc_bytes sigstruct,
                             bool debug, struct kc_error *error)
{
    struct kc_sigstruct s = {0};
    uint8_t mrenclave[KC_SGX_HASH_SIZE] = {0};
    enum kc_err err = kc_sigstruct_decode(sigstruct, &s, error);
    if (err == KC_OK)
        err = kc_image_from_elf(elf, &e->image, error);
    if (err != KC_OK)
        return err;
    if (kc_image_measure(&e->image, mrenclave) != KC_OK)
        return kc_error_set(error, KC_ERR_CRYPTO, "cannot measure the image", 0);
    if (memcmp(mrenclave, s.mrenclave, sizeof(mrenclave)) != 0)
        return kc_error_set(error, KC_ERR_REFUSED,
                            "MRENCLAVE of the image is not the signed one (sign the image again)",
                            0);
    struct kc_sgx_attributes attributes = s.attributes;
    attributes.flags &= ~(uint64_t)(KC_SGX_FLAG_DEBUG | KC_SGX_FLAG_INIT);
    if (debug)
        attributes.flags |= KC_SGX_FLAG_DEBUG;
    err = check_attributes(&s, &attributes, error);
    if (err == KC_OK)
        fill_in(e, &s, attributes);
    return err;
}
