#include <openssl/rand.h>
#include <string.h>

#include "core/root_seal.h"
#include "core/state.h"

static void expect(struct kc_core *core, struct kc_root *root,
                   const uint8_t batch[KC_BATCH_ID_SIZE])
{
    pthread_mutex_lock(&core->lock);
    root->resealing = true;
    memcpy(root->reseal_batch, batch, sizeof root->reseal_batch);
    pthread_mutex_unlock(&core->lock);
}

void kc_root_reseal(struct kc_core *core, struct kc_writer *effects)
{
    uint8_t room[KC_MESSAGE_ROOT_MAX + 64];
    uint8_t blob[KC_MESSAGE_ROOT_MAX];
    struct kc_effect store = {.type = KC_EFFECT_STORE};
    struct kc_root *root = __atomic_load_n(&core->root, __ATOMIC_ACQUIRE);
    struct kc_store_write write = {.replaces = root->version};
    struct kc_writer list = kc_writer_of((struct kc_room){room, sizeof room});
    if (!kc_record_id_make(KC_RECORD_ROOT, kc_bytes_of_text("root"), &write.id) ||
        kc_root_seal_as(core->platform, root, root->version + 1,
                        (struct kc_room){blob, sizeof blob}, &write.blob.len) != KC_OK ||
        RAND_bytes(store.batch, sizeof store.batch) != 1)
        return;
    expect(core, root, store.batch);
    write.blob.ptr = blob;
    kc_store_write_encode(&list, &write);
    store.body = kc_writer_written(&list);
    kc_effect_encode(effects, &store);
}

enum kc_refusal kc_root_stored(struct kc_core *core, const struct kc_message *in,
                               struct kc_writer *effects)
{
    struct kc_root *root = __atomic_load_n(&core->root, __ATOMIC_ACQUIRE);
    struct kc_effect log = {.type = KC_EFFECT_LOG, .code = KC_LOG_ROOT_RESEALED};
    if (root == NULL)
        return KC_REFUSAL_NOT_AWAITED;
    if (in->code > KC_STORED_FULL)
        return KC_REFUSAL_PAYLOAD;
    pthread_mutex_lock(&core->lock);
    bool awaited =
        root->resealing && memcmp(root->reseal_batch, in->batch, sizeof root->reseal_batch) == 0;
    if (awaited) {
        root->resealing = false;
        root->version += in->code == KC_STORED_OK ? 1 : 0;
    }
    pthread_mutex_unlock(&core->lock);
    if (!awaited)
        return KC_REFUSAL_NOT_AWAITED;
    if (in->code == KC_STORED_FULL)
        log.code = KC_LOG_STORE_FULL;
    if (in->code == KC_STORED_OK || in->code == KC_STORED_FULL)
        kc_effect_encode(effects, &log);
    return KC_REFUSAL_NONE;
}
