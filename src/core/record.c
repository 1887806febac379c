#include "core/record.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "core/cipher.h"
#include "core/root.h"

#define FORMAT 1
#define AD_MAX (1 + 2 + KC_RECORD_NAME_MAX + 8 + KC_BATCH_ID_SIZE + KC_ROOT_ID_SIZE)

/* A record of `len` bytes, with room behind it for the sealed message: nonce, body, tag. */
static struct kc_record *make(const struct kc_record_id *id, uint64_t version,
                              const uint8_t batch[KC_BATCH_ID_SIZE], size_t len,
                              struct kc_room *message)
{
    struct kc_record *record = malloc(sizeof *record + KC_CIPHER_OVERHEAD + len);
    if (record == NULL)
        return NULL;
    uint8_t *room = (uint8_t *)(record + 1);
    *message = (struct kc_room){room, KC_CIPHER_OVERHEAD + len};
    *record = (struct kc_record){.id = *id,
                                 .version = version,
                                 .body = kc_bytes_of(room + KC_CIPHER_NONCE_SIZE, len),
                                 .holders = 1};
    memcpy(record->batch, batch, sizeof record->batch);
    return record;
}

struct kc_record *kc_record_new(const struct kc_record_id *id, uint64_t version,
                                const uint8_t batch[KC_BATCH_ID_SIZE], struct kc_bytes body)
{
    struct kc_room room = {NULL, 0};
    if (body.len > KC_RECORD_BODY_MAX)
        return NULL;
    struct kc_record *record = make(id, version, batch, body.len, &room);
    if (record != NULL && body.len > 0)
        memcpy(room.ptr + KC_CIPHER_NONCE_SIZE, body.ptr, body.len);
    return record;
}

/* The count is not part of what is immutable. */
static unsigned *holders_of(const struct kc_record *record)
{
    return (unsigned *)((uintptr_t)record + offsetof(struct kc_record, holders));
}

const struct kc_record *kc_record_hold(const struct kc_record *record)
{
    __atomic_fetch_add(holders_of(record), 1, __ATOMIC_RELAXED);
    return record;
}

void kc_record_release(const struct kc_record *record)
{
    if (record == NULL || __atomic_fetch_sub(holders_of(record), 1, __ATOMIC_ACQ_REL) != 1)
        return;
    void *last = (void *)(uintptr_t)record;
    kc_bytes_wipe(last, sizeof *record + KC_CIPHER_OVERHEAD + record->body.len);
    free(last);
}

static struct kc_bytes write_ad(const struct kc_root *root, const struct kc_record_id *id,
                                uint64_t version, const uint8_t batch[KC_BATCH_ID_SIZE],
                                uint8_t room[AD_MAX])
{
    struct kc_writer w = kc_writer_of((struct kc_room){room, AD_MAX});
    kc_writer_u8(&w, FORMAT);
    kc_record_id_encode(&w, id);
    kc_writer_u64(&w, version);
    kc_writer_copy(&w, batch, KC_BATCH_ID_SIZE);
    kc_writer_copy(&w, root->id, sizeof root->id);
    return kc_writer_written(&w);
}

/* Under the record's own key, so that random nonces meet only among its versions. */
static enum kc_err crypt(const struct kc_root *root, const struct kc_record_id *id,
                         enum kc_err (*how)(struct evp_cipher_ctx_st *, struct kc_bytes,
                                            struct kc_room),
                         struct kc_bytes ad, struct kc_room message)
{
    uint8_t key[KC_CIPHER_KEY_SIZE];
    enum kc_err err = kc_root_derive(root, "record", id, key);
    if (err != KC_OK)
        return err;
    struct evp_cipher_ctx_st *context = kc_cipher_begin(root->cipher, key);
    kc_bytes_wipe(key, sizeof key);
    if (context == NULL)
        return KC_ERR_CRYPTO;
    err = how(context, ad, message);
    kc_cipher_end(root->cipher, context);
    return err;
}

enum kc_err kc_record_seal(const struct kc_root *root, const struct kc_record *record,
                           struct kc_room out, size_t *out_len)
{
    uint8_t ad[AD_MAX];
    struct kc_writer w = kc_writer_of(out);
    struct kc_room message = {NULL, KC_CIPHER_OVERHEAD + record->body.len};
    kc_writer_u8(&w, FORMAT);
    kc_writer_u64(&w, record->version);
    kc_writer_copy(&w, record->batch, sizeof record->batch);
    message.ptr = kc_writer_room(&w, message.len);
    if (kc_writer_failed(&w))
        return KC_ERR_ROOM;
    if (RAND_bytes(message.ptr, KC_CIPHER_NONCE_SIZE) != 1)
        return KC_ERR_CRYPTO;
    memcpy(message.ptr + KC_CIPHER_NONCE_SIZE, record->body.ptr, record->body.len);
    enum kc_err err =
        crypt(root, &record->id, kc_cipher_seal,
              write_ad(root, &record->id, record->version, record->batch, ad), message);
    if (err == KC_OK)
        *out_len = w.len;
    else
        kc_bytes_wipe(message.ptr, message.len); /* the body may stand there */
    return err;
}

enum kc_err kc_record_open(const struct kc_root *root, const struct kc_record_id *id,
                           struct kc_bytes blob, struct kc_record **out)
{
    uint8_t ad[AD_MAX];
    struct kc_room message = {NULL, 0};
    struct kc_reader r = kc_reader_of(blob);
    uint8_t format = kc_reader_u8(&r);
    uint64_t version = kc_reader_u64(&r);
    struct kc_bytes batch = kc_reader_bytes(&r, KC_BATCH_ID_SIZE);
    struct kc_bytes sealed = kc_reader_rest(&r);
    if (blob.len < KC_RECORD_OVERHEAD || blob.len > KC_RECORD_BLOB_MAX || format != FORMAT ||
        version == 0)
        return KC_ERR_REFUSED;
    struct kc_record *record =
        make(id, version, batch.ptr, sealed.len - KC_CIPHER_OVERHEAD, &message);
    if (record == NULL)
        return KC_ERR_MEMORY;
    memcpy(message.ptr, sealed.ptr, sealed.len);
    enum kc_err err =
        crypt(root, id, kc_cipher_open, write_ad(root, id, version, batch.ptr, ad), message);
    if (err == KC_OK) {
        *out = record;
        record = NULL;
    }
    kc_record_release(record);
    return err;
}
