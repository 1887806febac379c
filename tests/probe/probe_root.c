#include "probe_root.h"

#include <string.h>

#include "core/root.h"
#include "enclave/platform.h"

static size_t make_root(enum kc_seal_policy policy, uint8_t *out)
{
    struct kc_root *root = NULL;
    size_t len = 0;
    uint32_t err = kc_root_make(&kc_enclave_platform, policy, 1700000000, &root);
    if (err == KC_OK)
        err = kc_root_seal(&kc_enclave_platform, root, (struct kc_room){out + 36, 4000}, &len);
    memcpy(out, &err, 4);
    if (err == KC_OK)
        memcpy(out + 4, root->kms_id, 32);
    kc_root_free(root);
    return err == KC_OK ? 36 + len : 4;
}

static size_t open_root(struct kc_bytes sealed, uint8_t *out)
{
    struct kc_root *root = NULL;
    bool current = false;
    uint32_t err = kc_root_open(&kc_enclave_platform, sealed, &root, &current);
    memcpy(out, &err, 4);
    if (err != KC_OK)
        return 4;
    memcpy(out + 4, root->kms_id, 32);
    out[36] = current;
    kc_root_free(root);
    return 37;
}

size_t probe_root(enum probe_op op, struct kc_bytes in, uint8_t *out)
{
    if (op == PROBE_ROOT_MAKE)
        return in.len == 2 ? make_root(in.ptr[1], out) : 0;
    return open_root(kc_bytes_of(in.ptr + 1, in.len - 1), out);
}
