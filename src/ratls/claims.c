#include "ratls/claims.h"

#include <string.h>

#include "formats/cbor.h"

/* [1, hash]: SHA-256 in IANA's named information registry. */
#define ENTRY_SIZE 36
static const uint8_t entry_head[] = {0x82, 0x01, 0x58, 0x20};

static const struct {
    const char *text;
    bool wraps;
} contexts[KC_RATLS_CONTEXTS] = {
    [KC_RATLS_SERVER] = {"kms-ratls/1 server", false},
    [KC_RATLS_CLIENT] = {"kms-ratls/1 client", false},
    [KC_RATLS_RELEASE] = {"kms-ratls/1 release", true},
    [KC_RATLS_IMPORT] = {"kms-ratls/1 import", true},
};

/* In the order of the encoded keys (RFC 8949, 4.2.1): shorter ones first. */
enum key { NONCE, KMS_ID, KMS_CTX, TLS_BINDER, PUBKEY_HASH, WRAP_KEY_HASH, KEYS };

static const struct {
    const char *name;
    size_t min;
    size_t max;
    const char *missing;
    const char *bad;
} keys[KEYS] = {
    [NONCE] = {"nonce", KC_RATLS_NONCE_MIN, KC_RATLS_NONCE_MAX,
               "claims: \"nonce\" is not where it must stand",
               "claims: \"nonce\" is no byte string of 16 to 64 bytes"},
    [KMS_ID] = {"kms-id", KC_RATLS_HASH_SIZE, KC_RATLS_HASH_SIZE,
                "claims: \"kms-id\" is not where it must stand",
                "claims: \"kms-id\" is no byte string of 32 bytes"},
    [KMS_CTX] = {"kms-ctx", 1, 64, "claims: \"kms-ctx\" is not where it must stand",
                 "claims: \"kms-ctx\" is no byte string of 1 to 64 bytes"},
    [TLS_BINDER] = {"tls-binder", KC_RATLS_HASH_SIZE, KC_RATLS_HASH_SIZE,
                    "claims: \"tls-binder\" is not where it must stand",
                    "claims: \"tls-binder\" is no byte string of 32 bytes"},
    [PUBKEY_HASH] = {"pubkey-hash", ENTRY_SIZE, ENTRY_SIZE,
                     "claims: \"pubkey-hash\" is not where it must stand",
                     "claims: \"pubkey-hash\" is no byte string with [1, SHA-256]"},
    [WRAP_KEY_HASH] = {"wrap-key-hash", ENTRY_SIZE, ENTRY_SIZE,
                       "claims: \"wrap-key-hash\" is not where it must stand",
                       "claims: \"wrap-key-hash\" is no byte string with [1, SHA-256]"},
};

const char *kc_ratls_context_text(enum kc_ratls_context context)
{
    return contexts[context].text;
}

bool kc_ratls_context_wraps(enum kc_ratls_context context)
{
    return contexts[context].wraps;
}

static enum kc_err refuse(struct kc_error *error, const char *what, uint64_t at)
{
    return kc_error_set(error, KC_ERR_MALFORMED, what, at);
}

static bool form_has(enum key key, bool fresh, bool wraps)
{
    switch (key) {
    case NONCE:
    case TLS_BINDER:
        return fresh;
    case WRAP_KEY_HASH:
        return wraps;
    default:
        return true;
    }
}

static uint64_t pairs_of(bool fresh, bool wraps)
{
    uint64_t pairs = 0;
    for (enum key key = 0; key < KEYS; key++)
        pairs += form_has(key, fresh, wraps) ? 1 : 0;
    return pairs;
}

static enum kc_err read_pair(struct kc_reader *r, enum key key, struct kc_bytes *value,
                             struct kc_error *error)
{
    size_t at = r->at;
    struct kc_bytes name = kc_cbor_read_text(r);
    if (kc_reader_failed(r) || !kc_bytes_equal(name, kc_bytes_of_text(keys[key].name)))
        return refuse(error, keys[key].missing, at);
    at = r->at;
    *value = kc_cbor_read_bytes(r);
    bool is_entry = key == PUBKEY_HASH || key == WRAP_KEY_HASH;
    if (kc_reader_failed(r) || value->len < keys[key].min || value->len > keys[key].max ||
        (is_entry && memcmp(value->ptr, entry_head, sizeof entry_head) != 0))
        return refuse(error, keys[key].bad, at);
    return KC_OK;
}

static enum kc_err find_context(struct kc_bytes text, bool wraps, enum kc_ratls_context *out,
                                struct kc_error *error)
{
    for (enum kc_ratls_context context = 0; context < KC_RATLS_CONTEXTS; context++) {
        if (!kc_bytes_equal(text, kc_bytes_of_text(contexts[context].text)))
            continue;
        if (contexts[context].wraps != wraps)
            return refuse(error, "claims: \"wrap-key-hash\" and \"kms-ctx\" do not go together", 0);
        *out = context;
        return KC_OK;
    }
    return kc_error_set(error, KC_ERR_UNSUPPORTED,
                        "claims: \"kms-ctx\" is no context of kms-ratls/1", 0);
}

static void copy_values(const struct kc_bytes *value, struct kc_ratls_claims *out)
{
    out->fresh = value[NONCE].len > 0;
    out->nonce_len = value[NONCE].len;
    if (out->fresh) {
        memcpy(out->nonce, value[NONCE].ptr, value[NONCE].len);
        memcpy(out->tls_binder, value[TLS_BINDER].ptr, KC_RATLS_HASH_SIZE);
    }
    memcpy(out->kms_id, value[KMS_ID].ptr, KC_RATLS_HASH_SIZE);
    memcpy(out->key_hash, value[PUBKEY_HASH].ptr + sizeof entry_head, KC_RATLS_HASH_SIZE);
    if (value[WRAP_KEY_HASH].len > 0)
        memcpy(out->wrap_key_hash, value[WRAP_KEY_HASH].ptr + sizeof entry_head,
               KC_RATLS_HASH_SIZE);
}

enum kc_err kc_ratls_claims_decode(struct kc_bytes bytes, struct kc_ratls_claims *out,
                                   struct kc_error *error)
{
    struct kc_reader r = kc_reader_of(bytes);
    uint64_t pairs = kc_cbor_read_map(&r);
    if (kc_reader_failed(&r))
        return refuse(error, "claims: not a CBOR map of definite length", 0);
    bool wraps = pairs == pairs_of(true, true);
    bool fresh = wraps || pairs == pairs_of(true, false);
    if (!fresh && pairs != pairs_of(false, false))
        return refuse(error, "claims: a map of kms-ratls/1 has 3, 5 or 6 pairs; pairs", pairs);
    struct kc_bytes value[KEYS] = {0};
    for (enum key key = 0; key < KEYS; key++) {
        if (!form_has(key, fresh, wraps))
            continue;
        enum kc_err err = read_pair(&r, key, &value[key], error);
        if (err != KC_OK)
            return err;
    }
    if (!kc_reader_done(&r))
        return refuse(error, "claims: bytes follow the map", r.at);
    struct kc_ratls_claims claims = {0};
    enum kc_err err = find_context(value[KMS_CTX], wraps, &claims.context, error);
    if (err != KC_OK)
        return err;
    copy_values(value, &claims);
    *out = claims;
    return KC_OK;
}

static void write_pair(struct kc_writer *w, enum key key, struct kc_bytes value)
{
    kc_cbor_write_text(w, kc_bytes_of_text(keys[key].name));
    kc_cbor_write_bytes(w, value);
}

static void write_entry(struct kc_writer *w, enum key key, const uint8_t hash[KC_RATLS_HASH_SIZE])
{
    uint8_t entry[ENTRY_SIZE];
    memcpy(entry, entry_head, sizeof entry_head);
    memcpy(entry + sizeof entry_head, hash, KC_RATLS_HASH_SIZE);
    write_pair(w, key, kc_bytes_of(entry, sizeof entry));
}

void kc_ratls_claims_encode(struct kc_writer *w, const struct kc_ratls_claims *in)
{
    bool good_nonce = in->nonce_len >= KC_RATLS_NONCE_MIN && in->nonce_len <= KC_RATLS_NONCE_MAX;
    if (in->context >= KC_RATLS_CONTEXTS || (in->fresh && !good_nonce) ||
        (contexts[in->context].wraps && !in->fresh)) {
        w->failed = true;
        return;
    }
    bool wraps = contexts[in->context].wraps;
    kc_cbor_write_map(w, pairs_of(in->fresh, wraps));
    if (in->fresh)
        write_pair(w, NONCE, kc_bytes_of(in->nonce, in->nonce_len));
    write_pair(w, KMS_ID, kc_bytes_of(in->kms_id, sizeof in->kms_id));
    write_pair(w, KMS_CTX, kc_bytes_of_text(contexts[in->context].text));
    if (in->fresh)
        write_pair(w, TLS_BINDER, kc_bytes_of(in->tls_binder, sizeof in->tls_binder));
    write_entry(w, PUBKEY_HASH, in->key_hash);
    if (wraps)
        write_entry(w, WRAP_KEY_HASH, in->wrap_key_hash);
}

enum kc_err kc_ratls_report_data(struct kc_bytes claims, uint8_t out[KC_RATLS_REPORT_DATA_SIZE])
{
    uint8_t digest[KC_RATLS_HASH_SIZE];
    if (!kc_ratls_hash(claims, kc_bytes_of(NULL, 0), digest))
        return KC_ERR_CRYPTO;
    memcpy(out, digest, sizeof digest);
    memset(out + sizeof digest, 0, KC_RATLS_REPORT_DATA_SIZE - sizeof digest);
    return KC_OK;
}
