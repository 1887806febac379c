#include <string.h>

#include "core/certificates.h"
#include "core/exchange_parts.h"
#include "core/records.h"
#include "core/state.h"

static const struct kc_record_id root_id = {.class = KC_RECORD_ROOT, .name_len = 4, .name = "root"};

void kc_exchange_change(struct kc_exchange *x, struct kc_record *record,
                        const struct kc_record *replaces)
{
    uint64_t version = replaces == NULL ? 0 : replaces->version;
    if (record == NULL || x->write_count == KC_EXCHANGE_WRITES_MAX ||
        record->version != version + 1 || memcmp(record->batch, x->batch, sizeof x->batch) != 0) {
        kc_record_release(record);
        kc_exchange_refuse(x, 500, "internal error");
        return;
    }
    x->write[x->write_count++] =
        (struct kc_exchange_write){.id = record->id, .replaces = version, .record = record};
}

void kc_exchange_forget_changes(struct kc_exchange *x)
{
    for (size_t i = 0; i < x->write_count; i++)
        kc_record_release(x->write[i].record);
    memset(x->write, 0, sizeof x->write);
    x->write_count = 0;
    kc_root_free(x->new_root);
    x->new_root = NULL;
}

void kc_exchange_drop_changed(struct kc_exchange *x)
{
    for (size_t i = 0; i < x->write_count; i++)
        kc_records_drop(x->core->records, &x->write[i].id);
}

bool kc_exchange_take_init(struct kc_exchange *x)
{
    x->initialising = !__atomic_exchange_n(&x->core->initialising, true, __ATOMIC_ACQ_REL);
    return x->initialising;
}

void kc_exchange_let_init_go(struct kc_exchange *x)
{
    if (x->initialising)
        __atomic_store_n(&x->core->initialising, false, __ATOMIC_RELEASE);
    x->initialising = false;
}

static enum kc_err list_root(struct kc_exchange *x, struct kc_writer *list)
{
    uint8_t blob[KC_MESSAGE_ROOT_MAX];
    struct kc_store_write write = {.id = root_id};
    enum kc_err err = kc_root_seal(x->core->platform, x->new_root,
                                   (struct kc_room){blob, sizeof blob}, &write.blob.len);
    write.blob.ptr = blob;
    if (err == KC_OK)
        kc_store_write_encode(list, &write);
    return err;
}

static enum kc_err list_record(struct kc_exchange *x, const struct kc_exchange_write *change,
                               struct kc_writer *list)
{
    uint8_t blob[KC_RECORD_BLOB_MAX];
    struct kc_store_write write = {.id = change->id, .replaces = change->replaces};
    enum kc_err err = kc_record_seal(kc_exchange_root(x), change->record,
                                     (struct kc_room){blob, sizeof blob}, &write.blob.len);
    write.blob.ptr = blob;
    if (err == KC_OK)
        kc_store_write_encode(list, &write);
    return err;
}

void kc_exchange_store(struct kc_exchange *x, struct kc_writer *effects)
{
    uint8_t room[KC_STORE_MAX];
    struct kc_effect store = {.type = KC_EFFECT_STORE, .conn = x->conn};
    struct kc_writer list = kc_writer_of((struct kc_room){room, sizeof room});
    enum kc_err err = KC_OK;
    x->state = KC_EXCHANGE_END;
    if (x->write_count == 0 && x->new_root == NULL)
        return;
    if (x->new_root != NULL)
        err = list_root(x, &list);
    for (size_t i = 0; i < x->write_count && err == KC_OK; i++)
        err = list_record(x, &x->write[i], &list);
    if (err != KC_OK || kc_writer_failed(&list)) {
        kc_exchange_refuse(x, 500, "internal error");
        return;
    }
    memcpy(store.batch, x->batch, sizeof store.batch);
    store.body = kc_writer_written(&list);
    kc_effect_encode(effects, &store);
    x->state = KC_EXCHANGE_STORE_WAITS;
}

/* In memory what is stored. False: the store cannot have stored it, for another change stands
 * there. A newer version is no contradiction: it was made from ours, by a faster thread. */
static bool remember_changes(struct kc_exchange *x)
{
    bool stored = true;
    for (size_t i = 0; i < x->write_count; i++) {
        const struct kc_record *record = x->write[i].record;
        if (kc_records_put(x->core->records, record) != KC_OK &&
            kc_records_version(x->core->records, &record->id, NULL) <= record->version)
            stored = false;
    }
    return stored;
}

static void install_root(struct kc_exchange *x, struct kc_writer *effects)
{
    struct kc_core *core = x->core;
    __atomic_store_n(&core->root, x->new_root, __ATOMIC_RELEASE);
    x->new_root = NULL;
    kc_exchange_let_init_go(x);
    kc_exchange_log(effects, KC_LOG_INITIALISED, 0, 0);
    if (core->certificates != NULL)
        kc_certificates_renew(core, effects);
}

static void commit(struct kc_exchange *x, struct kc_writer *effects)
{
    x->state = KC_EXCHANGE_END;
    if (!remember_changes(x)) {
        kc_exchange_log(effects, KC_LOG_STORE_LIED, x->write[0].id.class, x->conn);
        kc_exchange_drop_changed(x);
        kc_exchange_refuse(x, 500, "the store says that it stored what it cannot have stored");
    } else if (x->new_root != NULL) {
        install_root(x, effects);
    }
}

/* Asks the store itself for what was to be written: a record with our batch means that all of it
 * was. */
static void check(struct kc_exchange *x, struct kc_writer *effects)
{
    x->state = KC_EXCHANGE_CHECK_WAITS;
    for (size_t i = 0; i < x->write_count; i++) {
        kc_exchange_read_release(&x->check[i]);
        x->check[i].id = x->write[i].id;
        kc_exchange_ask(x, &x->check[i], true, effects);
    }
}

enum kc_refusal kc_exchange_take_stored(struct kc_exchange *x, const struct kc_message *in,
                                        struct kc_writer *effects)
{
    if (x->state != KC_EXCHANGE_STORE_WAITS || memcmp(in->batch, x->batch, sizeof x->batch) != 0)
        return KC_REFUSAL_NOT_AWAITED;
    if (in->code > KC_STORED_FULL)
        return KC_REFUSAL_PAYLOAD;
    x->stored = (enum kc_stored)in->code;
    switch (x->stored) {
    case KC_STORED_OK:
        commit(x, effects);
        break;
    case KC_STORED_CONFLICT:
    case KC_STORED_FAILED:
        check(x, effects);
        break;
    case KC_STORED_FULL:
        kc_exchange_log(effects, KC_LOG_STORE_FULL, x->conn, 0);
        x->state = KC_EXCHANGE_END;
        kc_exchange_refuse(x, 507, "the store is full or read-only: nothing was changed");
        break;
    }
    return KC_REFUSAL_NONE;
}

static bool bears_batch(const struct kc_exchange *x)
{
    for (size_t i = 0; i < x->write_count; i++) {
        const struct kc_record *there = x->check[i].record;
        if (there != NULL && there->version == x->write[i].record->version &&
            memcmp(there->batch, x->batch, sizeof x->batch) == 0)
            return true;
    }
    return false;
}

/* Neither stored nor at fault: all anew, from what the store has now. */
static void again(struct kc_exchange *x)
{
    bool last = x->tries == KC_EXCHANGE_TRIES;
    kc_exchange_refuse(x, 503, "the record changes too often");
    x->retry_after = 1;
    if (last)
        return;
    kc_exchange_forget_reads(x);
    x->status = 0;
    x->retry_after = 0;
    x->ask_again = true;
    x->state = KC_EXCHANGE_GATHER;
}

void kc_exchange_judge(struct kc_exchange *x, struct kc_writer *effects)
{
    if (bears_batch(x)) {
        commit(x, effects);
        return;
    }
    x->state = KC_EXCHANGE_END;
    if (x->fault.status != 0 || x->stored == KC_STORED_FAILED) {
        kc_exchange_drop_changed(x);
        kc_exchange_fault(x, 503, "it is not known whether the change was stored", 1);
        (void)kc_exchange_tell_fault(x);
    } else if (x->new_root != NULL) {
        kc_exchange_refuse(x, 409, "the store has a root that this service was not started with");
    } else {
        again(x);
    }
}
