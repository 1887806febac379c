#include "core/token.h"

#include <openssl/rand.h>
#include <string.h>

#include "base/base64.h"
#include "base/hex.h"
#include "core/crypto.h"

#define FORMAT       1
#define SECRET_BYTES 32

static const char prefix[] = "kct.";
#define PREFIX_LEN (sizeof prefix - 1)

enum kc_err kc_token_make(char out[KC_TOKEN_LEN + 1])
{
    uint8_t secret[SECRET_BYTES];
    if (RAND_priv_bytes(secret, sizeof secret) != 1)
        return KC_ERR_CRYPTO;
    memcpy(out, prefix, PREFIX_LEN);
    kc_base64_encode(KC_BASE64_URL, kc_bytes_of(secret, sizeof secret), out + PREFIX_LEN);
    kc_bytes_wipe(secret, sizeof secret);
    return KC_OK;
}

enum kc_err kc_token_id(struct kc_bytes token, struct kc_record_id *out)
{
    uint8_t hash[KC_SHA256_SIZE];
    char name[2 * KC_SHA256_SIZE + 1];
    if (token.len != KC_TOKEN_LEN || memcmp(token.ptr, prefix, PREFIX_LEN) != 0)
        return KC_ERR_MALFORMED;
    if (kc_crypto_sha256(token, hash) != KC_OK)
        return KC_ERR_CRYPTO;
    kc_hex_encode_lower(kc_bytes_of(hash, sizeof hash), name);
    return kc_record_id_make(KC_RECORD_TOKEN, kc_bytes_of_text(name), out) ? KC_OK : KC_ERR_CRYPTO;
}

void kc_token_record_encode(struct kc_writer *w, const struct kc_token_record *in)
{
    kc_writer_u8(w, FORMAT);
    kc_writer_u8(w, (uint8_t)in->kind);
    kc_writer_u64(w, in->made);
}

enum kc_err kc_token_record_decode(struct kc_bytes body, struct kc_token_record *out)
{
    struct kc_reader r = kc_reader_of(body);
    uint8_t format = kc_reader_u8(&r);
    uint8_t kind = kc_reader_u8(&r);
    uint64_t made = kc_reader_u64(&r);
    if (!kc_reader_failed(&r) && (format != FORMAT || kind != KC_TOKEN_ROOT))
        return KC_ERR_UNSUPPORTED;
    if (!kc_reader_done(&r))
        return KC_ERR_MALFORMED;
    *out = (struct kc_token_record){.kind = KC_TOKEN_ROOT, .made = made};
    return KC_OK;
}
