#include "core/key_record.h"

#define FORMAT 1

static const struct {
    enum kc_key_type type;
    const char *name;
} types[] = {
    {KC_KEY_AES256_GCM96, "aes256-gcm96"},
};
#define TYPES (sizeof types / sizeof types[0])

const char *kc_key_type_name(enum kc_key_type type)
{
    for (size_t i = 0; i < TYPES; i++)
        if (types[i].type == type)
            return types[i].name;
    return NULL;
}

bool kc_key_type_find(struct kc_bytes name, enum kc_key_type *out)
{
    for (size_t i = 0; i < TYPES; i++) {
        if (kc_bytes_equal(name, kc_bytes_of_text(types[i].name))) {
            *out = types[i].type;
            return true;
        }
    }
    return false;
}

void kc_key_record_encode(struct kc_writer *w, const struct kc_key_record *in)
{
    kc_writer_u8(w, FORMAT);
    kc_writer_u8(w, (uint8_t)in->type);
    kc_writer_u64(w, in->made);
    kc_writer_copy(w, in->key, sizeof in->key);
}

enum kc_err kc_key_record_decode(struct kc_bytes body, struct kc_key_record *out)
{
    struct kc_reader r = kc_reader_of(body);
    uint8_t format = kc_reader_u8(&r);
    enum kc_key_type type = (enum kc_key_type)kc_reader_u8(&r);
    uint64_t made = kc_reader_u64(&r);
    struct kc_bytes key = kc_reader_bytes(&r, KC_KEY_SIZE);
    if (!kc_reader_failed(&r) && (format != FORMAT || kc_key_type_name(type) == NULL))
        return KC_ERR_UNSUPPORTED;
    if (!kc_reader_done(&r))
        return KC_ERR_MALFORMED;
    r = kc_reader_of(key);
    *out = (struct kc_key_record){.type = type, .made = made};
    kc_reader_copy(&r, out->key, sizeof out->key);
    return KC_OK;
}

void kc_key_record_wipe(struct kc_key_record *key)
{
    kc_bytes_wipe(key, sizeof *key);
}
