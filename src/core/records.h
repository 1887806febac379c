/*
 * The records that the core has in memory: a cache in front of the host's store, and the memory of
 * what was seen. Within one life of the enclave no record goes back to an earlier version than one
 * that this table has, whatever the host answers.
 *
 * Threads may call everything at once; locks are held for a few instructions.
 */
#ifndef KC_CORE_RECORDS_H
#define KC_CORE_RECORDS_H

#include "core/record.h"

struct kc_records;

#define KC_RECORDS_MAX 16384 /* beyond it the one that was used longest ago goes */

KC_MUST_USE enum kc_err kc_records_new(struct kc_records **out);
void kc_records_free(struct kc_records *records); /* NULL is fine */

/* The record, held for the caller, or NULL. */
const struct kc_record *kc_records_find(struct kc_records *records, const struct kc_record_id *id);

/*
 * Takes a record that the store answered or that was just stored. KC_ERR_STATE: a newer version is
 * known, or the same version of another batch: the store has lied or was turned back.
 * KC_ERR_MEMORY. The caller keeps its hold.
 */
KC_MUST_USE enum kc_err kc_records_put(struct kc_records *records, const struct kc_record *record);

/* Forgets, so that the next one who needs it asks the store: after a change whose end is not
 * known. The version is remembered. */
void kc_records_drop(struct kc_records *records, const struct kc_record_id *id);

#endif
