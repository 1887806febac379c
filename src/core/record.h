/*
 * A record: what the service remembers of one key, one token. Sealed for the host's store, so that
 * the host can lose it or show an older one, and cannot read, change or exchange it.
 *
 * blob = u8 format (1), u64 version, 16 batch id, 12 nonce, ciphertext of the body, 16 tag
 *
 * AES-256-GCM; key = HKDF-SHA-256 of the root key for (class, name); additional data = format,
 * class, name, version, batch id, id of the root. A blob of another name, class, version or service
 * does not open.
 */
#ifndef KC_CORE_RECORD_H
#define KC_CORE_RECORD_H

#include "base/bytes.h"
#include "base/error.h"
#include "core/record_id.h"

struct kc_root;

#define KC_RECORD_BODY_MAX 3072
#define KC_RECORD_OVERHEAD (1 + 8 + KC_BATCH_ID_SIZE + 12 + 16)
#define KC_RECORD_BLOB_MAX (KC_RECORD_BODY_MAX + KC_RECORD_OVERHEAD)

/* Immutable and counted, so that threads may share it; freed, with its body wiped, when the last
 * one lets go. */
struct kc_record {
    struct kc_record_id id;
    uint64_t version;                /* 1 and up */
    uint8_t batch[KC_BATCH_ID_SIZE]; /* of the change that wrote it */
    struct kc_bytes body;            /* the secret content; owned */
    unsigned holders;                /* atomic */
};

/* A record with a copy of `body`, held once. NULL without memory or for a body over
 * KC_RECORD_BODY_MAX. */
struct kc_record *kc_record_new(const struct kc_record_id *id, uint64_t version,
                                const uint8_t batch[KC_BATCH_ID_SIZE], struct kc_bytes body);
const struct kc_record *kc_record_hold(const struct kc_record *record);
void kc_record_release(const struct kc_record *record); /* NULL is fine */

/* Seals with a fresh nonce; `out` has room for KC_RECORD_BLOB_MAX. KC_ERR_CRYPTO. */
KC_MUST_USE enum kc_err kc_record_seal(const struct kc_root *root, const struct kc_record *record,
                                       struct kc_room out, size_t *out_len);

/* Opens what the host says is the record `id`. KC_ERR_REFUSED: it is not; KC_ERR_MEMORY,
 * KC_ERR_CRYPTO. */
KC_MUST_USE enum kc_err kc_record_open(const struct kc_root *root, const struct kc_record_id *id,
                                       struct kc_bytes blob, struct kc_record **out);

#endif
