#include "ratls/binder.h"

#include <string.h>

void kc_ratls_spki_of_p256(const uint8_t public_key[64], uint8_t out[KC_RATLS_SPKI_SIZE])
{
    static const uint8_t head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                   0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                   0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
    memcpy(out, head, sizeof head);
    memcpy(out + sizeof head, public_key, 64);
}

static enum kc_err hash(struct kc_bytes spki, struct kc_bytes rest, uint8_t out[KC_RATLS_HASH_SIZE])
{
    uint8_t digest[KC_RATLS_HASH_SIZE];
    if (spki.len == 0)
        return KC_ERR_ARGUMENT;
    if (!kc_ratls_hash(spki, rest, digest))
        return KC_ERR_CRYPTO;
    memcpy(out, digest, sizeof digest);
    return KC_OK;
}

enum kc_err kc_ratls_binder(struct kc_bytes spki, struct kc_bytes exported,
                            uint8_t out[KC_RATLS_HASH_SIZE])
{
    if (exported.len != KC_RATLS_EXPORTED_SIZE)
        return KC_ERR_ARGUMENT;
    return hash(spki, exported, out);
}

enum kc_err kc_ratls_key_hash(struct kc_bytes spki, uint8_t out[KC_RATLS_HASH_SIZE])
{
    return hash(spki, kc_bytes_of(NULL, 0), out);
}
