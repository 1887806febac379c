/*
 * Where the host keeps the enclave's records: names that it can read and blobs that it cannot. A
 * change is stored as a whole or not at all, and reported only once it is durable.
 *
 * The store is not trusted. What it must not do to be useful is forget what it acknowledged.
 * One thread uses it.
 */
#ifndef KC_HOST_STORE_STORE_H
#define KC_HOST_STORE_STORE_H

#include "base/error.h"
#include "core/effect.h"
#include "core/message.h"

struct kc_store;

/* One STORE: its list, and what became of it. */
struct kc_store_change {
    struct kc_bytes list; /* kc_store_write_next(); view */
    enum kc_stored outcome;
};

struct kc_store_ops {
    enum kc_found (*fetch)(struct kc_store *store, const struct kc_record_id *id,
                           struct kc_room blob, size_t *blob_len, uint64_t *version);
    enum kc_found (*scan)(struct kc_store *store, const struct kc_record_id *after, uint32_t limit,
                          struct kc_writer *names, bool *end);
    void (*commit)(struct kc_store *store, struct kc_store_change *changes, size_t count);
    const char *(*trouble)(const struct kc_store *store);
    void (*free)(struct kc_store *store);
};

/* The first member of each store's own struct. */
struct kc_store {
    const struct kc_store_ops *ops;
};

/* `blob` has room for KC_STORE_MAX bytes. KC_FOUND_FAILED for a blob that is longer, too. */
KC_MUST_USE enum kc_found kc_store_fetch(struct kc_store *store, const struct kc_record_id *id,
                                         struct kc_room blob, size_t *blob_len, uint64_t *version);

/* Up to `limit` names of the class of `after` that come after its name, in ascending order, as
 * kc_message_write_name() writes them, while they fit into `names`. `end`: nothing comes after. */
KC_MUST_USE enum kc_found kc_store_scan(struct kc_store *store, const struct kc_record_id *after,
                                        uint32_t limit, struct kc_writer *names, bool *end);

/* Makes all changes durable by one write to the disk, each with an outcome of its own. A later one
 * sees what an earlier one of the same call has changed. */
void kc_store_commit(struct kc_store *store, struct kc_store_change *changes, size_t count);

/* What the store said when something failed last, for the log; good until the next call. */
const char *kc_store_trouble(const struct kc_store *store);

void kc_store_free(struct kc_store *store); /* NULL is fine */

/*
 * A SQLite database in the file `path` (0600, made where there is none). KC_ERR_STATE: another
 * process has it open; KC_ERR_MALFORMED: no database, or not one of Keyclave's; KC_ERR_UNSUPPORTED:
 * made by a later version; KC_ERR_REFUSED: it cannot be written; KC_ERR_IO, KC_ERR_MEMORY.
 */
KC_MUST_USE enum kc_err kc_store_open_sqlite(const char *path, struct kc_store **out,
                                             struct kc_error *error);

#endif
