/*
 * What the record of a named key says, sealed by record.h: one encoding, no optional parts.
 *
 *   u8 format (1), u8 type, u64 made, 32 the key
 */
#ifndef KC_CORE_KEY_RECORD_H
#define KC_CORE_KEY_RECORD_H

#include "base/reader.h"
#include "base/writer.h"

#define KC_KEY_SIZE        32 /* bytes of an AES-256 key */
#define KC_KEY_RECORD_SIZE (1 + 1 + 8 + KC_KEY_SIZE)

enum kc_key_type {
    KC_KEY_AES256_GCM96 = 1, /* AES-256-GCM with random nonces of 96 bits */
};

/* Secret. */
struct kc_key_record {
    enum kc_key_type type;
    uint64_t made; /* seconds since 1970, by the core's clock */
    uint8_t key[KC_KEY_SIZE];
};

/* What clients call a type; NULL for a number that is none. */
const char *kc_key_type_name(enum kc_key_type type);
KC_MUST_USE bool kc_key_type_find(struct kc_bytes name, enum kc_key_type *out);

void kc_key_record_encode(struct kc_writer *w, const struct kc_key_record *in);

/* KC_ERR_UNSUPPORTED: another format or type. KC_ERR_MALFORMED: another length. */
KC_MUST_USE enum kc_err kc_key_record_decode(struct kc_bytes body, struct kc_key_record *out);

void kc_key_record_wipe(struct kc_key_record *key);

#endif
