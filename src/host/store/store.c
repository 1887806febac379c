#include "host/store/store.h"

enum kc_found kc_store_fetch(struct kc_store *store, const struct kc_record_id *id,
                             struct kc_room blob, size_t *blob_len, uint64_t *version)
{
    return store->ops->fetch(store, id, blob, blob_len, version);
}

enum kc_found kc_store_scan(struct kc_store *store, const struct kc_record_id *after,
                            uint32_t limit, struct kc_writer *names, bool *end)
{
    return store->ops->scan(store, after, limit, names, end);
}

void kc_store_commit(struct kc_store *store, struct kc_store_change *changes, size_t count)
{
    if (count > 0)
        store->ops->commit(store, changes, count);
}

const char *kc_store_trouble(const struct kc_store *store)
{
    return store->ops->trouble(store);
}

void kc_store_free(struct kc_store *store)
{
    if (store != NULL)
        store->ops->free(store);
}
