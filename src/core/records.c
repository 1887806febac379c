#include "core/records.h"

#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/siphash.h"

#define SLOTS     (KC_RECORDS_REMEMBERED_MAX / KC_RECORDS_SHARDS)
#define HELD_MAX  (KC_RECORDS_MAX / KC_RECORDS_SHARDS)
#define BYTES_MAX (KC_RECORDS_BYTES_MAX / KC_RECORDS_SHARDS)
#define BUCKETS   SLOTS
#define NONE      UINT16_MAX

_Static_assert(SLOTS < NONE && HELD_MAX < SLOTS && BYTES_MAX > KC_RECORD_BODY_MAX, "limits");

/* What is known of one record. Two ids with one hash of 64 bits share a slot: that takes 2^32
 * records, for nobody knows the key. A record is given for its own id only, or who guesses tokens
 * would have to meet 64 bits and not 256. */
struct slot {
    uint64_t hash;
    uint64_t version;
    uint8_t batch[KC_BATCH_ID_SIZE];
    const struct kc_record *record; /* held; NULL: remembered only */
    uint16_t next;                  /* in the bucket */
    uint16_t older, newer;          /* in its list */
};

/* By last use. */
struct list {
    uint16_t oldest, newest;
};

struct shard {
    pthread_mutex_t lock;
    unsigned used; /* slots that were ever taken: the first ones */
    unsigned held;
    size_t bytes; /* of bodies */
    struct list with_record, remembered;
    uint16_t bucket[BUCKETS];
    struct slot slot[SLOTS];
};

struct kc_records {
    uint8_t key[KC_SIPHASH_KEY_SIZE];
    struct shard shard[KC_RECORDS_SHARDS];
};

/* Where a record belongs. */
struct place {
    struct shard *shard;
    uint64_t hash;
};

static struct place place_of(struct kc_records *records, const struct kc_record_id *id)
{
    uint8_t room[2 + KC_RECORD_NAME_MAX];
    struct kc_writer w = kc_writer_of((struct kc_room){room, sizeof room});
    kc_record_id_encode(&w, id);
    uint64_t hash = kc_siphash(records->key, kc_writer_written(&w));
    return (struct place){&records->shard[hash % KC_RECORDS_SHARDS], hash};
}

static uint16_t *bucket_of(struct shard *shard, uint64_t hash)
{
    return &shard->bucket[hash / KC_RECORDS_SHARDS % BUCKETS];
}

static struct list *list_of(struct shard *shard, const struct slot *slot)
{
    return slot->record != NULL ? &shard->with_record : &shard->remembered;
}

static void list_remove(struct shard *shard, struct slot *slot)
{
    struct list *list = list_of(shard, slot);
    *(slot->older == NONE ? &list->oldest : &shard->slot[slot->older].newer) = slot->newer;
    *(slot->newer == NONE ? &list->newest : &shard->slot[slot->newer].older) = slot->older;
}

static void list_add_newest(struct shard *shard, struct slot *slot)
{
    struct list *list = list_of(shard, slot);
    uint16_t self = (uint16_t)(slot - shard->slot);
    slot->older = list->newest;
    slot->newer = NONE;
    *(list->newest == NONE ? &list->oldest : &shard->slot[list->newest].newer) = self;
    list->newest = self;
}

static struct slot *find(struct shard *shard, uint64_t hash)
{
    uint16_t i = *bucket_of(shard, hash);
    while (i != NONE && shard->slot[i].hash != hash)
        i = shard->slot[i].next;
    return i == NONE ? NULL : &shard->slot[i];
}

/* Makes of a slot with a record one that is remembered only; the record is the caller's. */
static const struct kc_record *let_go(struct shard *shard, struct slot *slot)
{
    const struct kc_record *record = slot->record;
    list_remove(shard, slot);
    slot->record = NULL;
    list_add_newest(shard, slot);
    shard->held--;
    shard->bytes -= record->body.len;
    return record;
}

/* Out of bucket and list: nothing is known of this record any more. */
static void forget(struct shard *shard, struct slot *slot)
{
    uint16_t self = (uint16_t)(slot - shard->slot);
    uint16_t *link = bucket_of(shard, slot->hash);
    while (*link != self)
        link = &shard->slot[*link].next;
    *link = slot->next;
    list_remove(shard, slot);
}

/* A slot for a hash that has none, in the list of the remembered. HELD_MAX < SLOTS: there is always
 * one to take. */
static struct slot *take_slot(struct shard *shard, uint64_t hash)
{
    struct slot *slot = NULL;
    if (shard->used < SLOTS) {
        slot = &shard->slot[shard->used++];
    } else {
        slot = &shard->slot[shard->remembered.oldest];
        forget(shard, slot);
    }
    uint16_t *bucket = bucket_of(shard, hash);
    *slot = (struct slot){.hash = hash, .next = *bucket};
    *bucket = (uint16_t)(slot - shard->slot);
    list_add_newest(shard, slot);
    return slot;
}

enum kc_err kc_records_new(struct kc_records **out)
{
    struct kc_records *records = calloc(1, sizeof *records);
    if (records == NULL)
        return KC_ERR_MEMORY;
    for (size_t i = 0; i < KC_RECORDS_SHARDS; i++) {
        struct shard *shard = &records->shard[i];
        memset(shard->bucket, 0xff, sizeof shard->bucket);
        shard->with_record = shard->remembered = (struct list){NONE, NONE};
        if (pthread_mutex_init(&shard->lock, NULL) != 0)
            abort(); /* neither glibc's nor the image's can fail */
    }
    if (RAND_bytes(records->key, sizeof records->key) != 1) {
        kc_records_free(records);
        return KC_ERR_CRYPTO;
    }
    *out = records;
    return KC_OK;
}

void kc_records_free(struct kc_records *records)
{
    if (records == NULL)
        return;
    for (size_t i = 0; i < KC_RECORDS_SHARDS; i++) {
        struct shard *shard = &records->shard[i];
        for (unsigned j = 0; j < shard->used; j++)
            kc_record_release(shard->slot[j].record);
        pthread_mutex_destroy(&shard->lock);
    }
    kc_bytes_wipe(records->key, sizeof records->key);
    free(records);
}

const struct kc_record *kc_records_find(struct kc_records *records, const struct kc_record_id *id)
{
    const struct kc_record *record = NULL;
    struct place at = place_of(records, id);
    pthread_mutex_lock(&at.shard->lock);
    struct slot *slot = find(at.shard, at.hash);
    if (slot != NULL && slot->record != NULL && kc_record_id_equal(&slot->record->id, id)) {
        record = kc_record_hold(slot->record);
        list_remove(at.shard, slot);
        list_add_newest(at.shard, slot);
    }
    pthread_mutex_unlock(&at.shard->lock);
    return record;
}

uint64_t kc_records_version(struct kc_records *records, const struct kc_record_id *id,
                            uint8_t batch[KC_BATCH_ID_SIZE])
{
    uint64_t version = 0;
    struct place at = place_of(records, id);
    if (batch != NULL)
        memset(batch, 0, KC_BATCH_ID_SIZE);
    pthread_mutex_lock(&at.shard->lock);
    const struct slot *slot = find(at.shard, at.hash);
    if (slot != NULL) {
        version = slot->version;
        if (batch != NULL)
            memcpy(batch, slot->batch, KC_BATCH_ID_SIZE);
    }
    pthread_mutex_unlock(&at.shard->lock);
    return version;
}

/* A newer version is known, or the same of another batch. */
static bool is_turned_back(const struct slot *known, const struct kc_record *record)
{
    return known != NULL && (known->version > record->version ||
                             (known->version == record->version &&
                              memcmp(known->batch, record->batch, sizeof known->batch) != 0));
}

/* With the lock held. Returns what must go for it: two at most, the one that it replaces and, one
 * by one, the oldest until there is room. */
static const struct kc_record *replace(struct shard *shard, struct slot *slot,
                                       const struct kc_record *record)
{
    const struct kc_record *old = slot->record;
    list_remove(shard, slot);
    slot->version = record->version;
    memcpy(slot->batch, record->batch, sizeof slot->batch);
    if (old != NULL)
        shard->bytes -= old->body.len;
    else
        shard->held++;
    slot->record = kc_record_hold(record);
    shard->bytes += record->body.len;
    list_add_newest(shard, slot);
    return old;
}

static const struct kc_record *shrink(struct shard *shard)
{
    if (shard->held <= HELD_MAX && shard->bytes <= BYTES_MAX)
        return NULL;
    return let_go(shard, &shard->slot[shard->with_record.oldest]);
}

enum kc_err kc_records_put(struct kc_records *records, const struct kc_record *record)
{
    struct place at = place_of(records, &record->id);
    pthread_mutex_lock(&at.shard->lock);
    struct slot *slot = find(at.shard, at.hash);
    if (is_turned_back(slot, record)) {
        pthread_mutex_unlock(&at.shard->lock);
        return KC_ERR_STATE;
    }
    if (slot == NULL)
        slot = take_slot(at.shard, at.hash);
    const struct kc_record *gone = replace(at.shard, slot, record);
    pthread_mutex_unlock(&at.shard->lock);
    kc_record_release(gone);
    do { /* wiping is not for locked sections */
        pthread_mutex_lock(&at.shard->lock);
        gone = shrink(at.shard);
        pthread_mutex_unlock(&at.shard->lock);
        kc_record_release(gone);
    } while (gone != NULL);
    return KC_OK;
}

void kc_records_drop(struct kc_records *records, const struct kc_record_id *id)
{
    const struct kc_record *record = NULL;
    struct place at = place_of(records, id);
    pthread_mutex_lock(&at.shard->lock);
    struct slot *slot = find(at.shard, at.hash);
    if (slot != NULL && slot->record != NULL)
        record = let_go(at.shard, slot);
    pthread_mutex_unlock(&at.shard->lock);
    kc_record_release(record);
}
