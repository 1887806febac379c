/*
 * The records that the core has in memory: a cache in front of the host's store, and the memory of
 * what was seen. Within one life of the enclave no record goes back to an earlier version than one
 * that this table has, whatever the host answers.
 *
 * The memory is bounded: of a record that had to go its version and batch stay, without the body,
 * until KC_RECORDS_REMEMBERED_MAX others were used after it (docs/threat-model.md).
 *
 * Threads may call everything at once; locks are held for a few instructions.
 */
#ifndef KC_CORE_RECORDS_H
#define KC_CORE_RECORDS_H

#include "core/record.h"

struct kc_records;

/* Beyond these the one that was used longest ago goes. The table has KC_RECORDS_SHARDS parts, told
 * apart by a keyed hash, and each has an even share of the limits. */
#define KC_RECORDS_MAX            16384
#define KC_RECORDS_BYTES_MAX      (16u * 1024 * 1024) /* of bodies */
#define KC_RECORDS_REMEMBERED_MAX 65536               /* versions, those of the records included */
#define KC_RECORDS_SHARDS         64

KC_MUST_USE enum kc_err kc_records_new(struct kc_records **out);
void kc_records_free(struct kc_records *records); /* NULL is fine */

/* The record, held for the caller, or NULL. */
const struct kc_record *kc_records_find(struct kc_records *records, const struct kc_record_id *id);

/* What is remembered of it: the version, 0 when nothing is; `batch` (or NULL) is then zeros. */
uint64_t kc_records_version(struct kc_records *records, const struct kc_record_id *id,
                            uint8_t batch[KC_BATCH_ID_SIZE]);

/*
 * Takes a record that the store answered or that was just stored. KC_ERR_STATE: a newer version is
 * known, or the same version of another batch: unless another thread was faster, the store has
 * lied or was turned back. The caller keeps its hold.
 */
KC_MUST_USE enum kc_err kc_records_put(struct kc_records *records, const struct kc_record *record);

/* Forgets, so that the next one who needs it asks the store: after a change whose end is not
 * known. The version is remembered. */
void kc_records_drop(struct kc_records *records, const struct kc_record_id *id);

#endif
