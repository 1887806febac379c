/*
 * The store of the host in memory, and all that was ever offered to it: what an honest store
 * answers and what a lying one has at hand.
 */
#ifndef KC_FUZZ_SERVICE_DISK_H
#define KC_FUZZ_SERVICE_DISK_H

#include "core/effect.h"

#define DISK_RECORDS 24
#define DISK_BLOBS   160
#define DISK_ARENA   (96 * 1024)

struct disk_blob {
    struct kc_record_id id;
    uint64_t version;
    size_t at, len; /* in the arena */
};

struct disk {
    size_t records;
    size_t record[DISK_RECORDS]; /* blobs: what it has */
    size_t blobs;
    struct disk_blob blob[DISK_BLOBS];
    size_t used;
    uint8_t arena[DISK_ARENA];
};

/* What it has; NULL when there is none. */
const struct disk_blob *disk_find(const struct disk *disk, const struct kc_record_id *id);
struct kc_bytes disk_bytes(const struct disk *disk, const struct disk_blob *blob);

/* Keeps the blobs of a STORE's list, without its being what the store has. */
void disk_note(struct disk *disk, struct kc_bytes list);

/* Stores the whole list or nothing. */
enum kc_stored disk_store(struct disk *disk, struct kc_bytes list);

/* The place in record[] of the first of a class behind `after`; DISK_RECORDS when none is. */
size_t disk_next(const struct disk *disk, uint8_t class, const struct kc_record_id *after);

void disk_copy(struct disk *to, const struct disk *from);

#endif
