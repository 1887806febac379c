/*
 * What a TDX module must be, as TCB info states it ("tdxModule" and "tdxModuleIdentities").
 */
#ifndef KC_FORMATS_TDX_IDENTITY_H
#define KC_FORMATS_TDX_IDENTITY_H

#include "formats/tcb_level.h"

#define KC_TDX_IDENTITIES_MAX 12

/* Bytes in the order in which a quote has them. */
struct kc_tdx_module {
    uint8_t mrsigner[48];
    uint8_t attributes[8];
    uint8_t attributes_mask[8];
};

struct kc_tdx_identity {
    uint8_t version; /* of the id "TDX_<version>", both cases read: TEE_TCB_SVN[1] of the module */
    struct kc_tdx_module module;
    struct kc_svn_levels levels; /* by TEE_TCB_SVN[0] */
};

struct kc_tdx_identities {
    size_t count;
    struct kc_tdx_identity identity[KC_TDX_IDENTITIES_MAX];
};

/* Reads {mrsigner, attributes, attributesMask}. */
void kc_tdx_identity_read_module(struct kc_json *j, struct kc_tdx_module *out);

/* Reads the list of identities, which may be empty. Refused: more than KC_TDX_IDENTITIES_MAX, one
 * version twice. */
void kc_tdx_identity_read_list(struct kc_json *j, struct kc_tdx_identities *out);

#endif
