#include "formats/tdx_identity.h"

#include <string.h>

#include "base/hex.h"

static void read_mrsigner(struct kc_json *j, void *out)
{
    struct kc_tdx_module *module = out;
    kc_json_hex(j, module->mrsigner, sizeof module->mrsigner);
}

static void read_attributes(struct kc_json *j, void *out)
{
    struct kc_tdx_module *module = out;
    kc_json_hex(j, module->attributes, sizeof module->attributes);
}

static void read_attributes_mask(struct kc_json *j, void *out)
{
    struct kc_tdx_module *module = out;
    kc_json_hex(j, module->attributes_mask, sizeof module->attributes_mask);
}

/* "TDX_" and the version in two hexadecimal digits. */
static void read_id(struct kc_json *j, void *out)
{
    struct kc_tdx_identity *identity = out;
    size_t len = 0;
    struct kc_bytes id = kc_json_string(j);
    if (id.len != 6 || memcmp(id.ptr, "TDX_", 4) != 0 ||
        kc_hex_decode(kc_bytes_of(id.ptr + 4, 2), (struct kc_room){&identity->version, 1}, &len) !=
            KC_OK)
        kc_json_fail(j, "TCB info: the id of a TDX module identity is not TDX_ and two digits");
}

static void read_identity_mrsigner(struct kc_json *j, void *out)
{
    struct kc_tdx_identity *identity = out;
    read_mrsigner(j, &identity->module);
}

static void read_identity_attributes(struct kc_json *j, void *out)
{
    struct kc_tdx_identity *identity = out;
    read_attributes(j, &identity->module);
}

static void read_identity_attributes_mask(struct kc_json *j, void *out)
{
    struct kc_tdx_identity *identity = out;
    read_attributes_mask(j, &identity->module);
}

static void read_levels(struct kc_json *j, void *out)
{
    struct kc_tdx_identity *identity = out;
    kc_svn_levels_read(j, &identity->levels);
}

void kc_tdx_identity_read_module(struct kc_json *j, struct kc_tdx_module *out)
{
    static const struct kc_json_member members[] = {
        {"mrsigner", "TCB info: tdxModule without mrsigner", read_mrsigner},
        {"attributes", "TCB info: tdxModule without attributes", read_attributes},
        {"attributesMask", "TCB info: tdxModule without attributesMask", read_attributes_mask},
    };
    (void)kc_json_members(j, members, sizeof members / sizeof members[0], out);
}

static void read_identity(struct kc_json *j, struct kc_tdx_identities *list)
{
    static const struct kc_json_member members[] = {
        {"id", "TCB info: TDX module identity without id", read_id},
        {"mrsigner", "TCB info: TDX module identity without mrsigner", read_identity_mrsigner},
        {"attributes", "TCB info: TDX module identity without attributes",
         read_identity_attributes},
        {"attributesMask", "TCB info: TDX module identity without attributesMask",
         read_identity_attributes_mask},
        {"tcbLevels", "TCB info: TDX module identity without tcbLevels", read_levels},
    };
    struct kc_tdx_identity *identity = &list->identity[list->count];
    (void)kc_json_members(j, members, sizeof members / sizeof members[0], identity);
    for (size_t i = 0; i < list->count; i++)
        if (list->identity[i].version == identity->version)
            kc_json_fail(j, "TCB info: two TDX module identities of the same id");
    list->count++;
}

void kc_tdx_identity_read_list(struct kc_json *j, struct kc_tdx_identities *out)
{
    struct kc_json_scope list = {0, false};
    out->count = 0;
    kc_json_array_begin(j, &list);
    while (kc_json_array_next(j, &list)) {
        if (out->count == KC_TDX_IDENTITIES_MAX) {
            kc_json_fail(j, "TCB info: too many TDX module identities");
            return;
        }
        read_identity(j, out);
    }
}
