/*
 * Blobs of records: as they come, under a root that the seeds were sealed with; and blobs of our
 * own with one bit changed, which must not open.
 */
#include <string.h>

#include "core/record.h"
#include "core/root_seal.h"
#include "fuzz.h"

static struct kc_root *known_root(void)
{
    static struct kc_root *root;
    if (root == NULL) {
        root = kc_root_blank();
        FUZZ_CHECK(root != NULL);
        memset(root->id, 0x1d, sizeof root->id);
        memset(root->key, 0x4b, sizeof root->key);
    }
    return root;
}

static void open_as_it_comes(const struct kc_record_id *id, struct kc_bytes blob)
{
    struct kc_record *record = NULL;
    enum kc_err err = kc_record_open(known_root(), id, blob, &record);
    FUZZ_CHECK(err == KC_OK || err == KC_ERR_REFUSED);
    if (err == KC_OK) {
        FUZZ_CHECK(record->version != 0 && record->body.len == blob.len - KC_RECORD_OVERHEAD);
        FUZZ_CHECK(memcmp(record->batch, blob.ptr + 9, sizeof record->batch) == 0);
    }
    kc_record_release(record);
}

/* The first two bytes choose a bit, the others are the body. */
static void change_one_bit(const struct kc_record_id *id, const uint8_t *data, size_t size)
{
    static const uint8_t batch[KC_BATCH_ID_SIZE];
    uint8_t blob[KC_RECORD_BLOB_MAX];
    size_t len = 0;
    struct kc_record *again = NULL;
    if (size < 2 || size - 2 > KC_RECORD_BODY_MAX)
        return;
    struct kc_record *record = kc_record_new(id, 1, batch, kc_bytes_of(data + 2, size - 2));
    FUZZ_CHECK(record != NULL);
    FUZZ_CHECK(kc_record_seal(known_root(), record, (struct kc_room){blob, sizeof blob}, &len) ==
               KC_OK);
    kc_record_release(record);
    size_t bit = (size_t)(data[0] | data[1] << 8) % (8 * len);
    blob[bit / 8] ^= (uint8_t)(1u << bit % 8);
    FUZZ_CHECK(kc_record_open(known_root(), id, kc_bytes_of(blob, len), &again) == KC_ERR_REFUSED);
    FUZZ_CHECK(again == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kc_record_id id;
    FUZZ_CHECK(kc_record_id_make(KC_RECORD_KEY, kc_bytes_of_text("orders"), &id));
    open_as_it_comes(&id, kc_bytes_of(data, size));
    change_one_bit(&id, data, size);
    return 0;
}
