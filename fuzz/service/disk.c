#include "disk.h"

#include <string.h>

#include "core/message.h"

struct kc_bytes disk_bytes(const struct disk *disk, const struct disk_blob *blob)
{
    return blob == NULL ? kc_bytes_of(NULL, 0) : kc_bytes_of(disk->arena + blob->at, blob->len);
}

static size_t place_of(const struct disk *disk, const struct kc_record_id *id)
{
    size_t i = 0;
    while (i < disk->records && !kc_record_id_equal(&disk->blob[disk->record[i]].id, id))
        i++;
    return i;
}

const struct disk_blob *disk_find(const struct disk *disk, const struct kc_record_id *id)
{
    size_t place = place_of(disk, id);
    return place < disk->records ? &disk->blob[disk->record[place]] : NULL;
}

/* Its number, or DISK_BLOBS: there is no room. */
static size_t keep(struct disk *disk, const struct kc_store_write *write)
{
    if (disk->blobs == DISK_BLOBS || write->blob.len > DISK_ARENA - disk->used)
        return DISK_BLOBS;
    struct disk_blob *blob = &disk->blob[disk->blobs];
    *blob = (struct disk_blob){write->id, write->replaces + 1, disk->used, write->blob.len};
    memcpy(disk->arena + disk->used, write->blob.ptr, write->blob.len);
    disk->used += write->blob.len;
    return disk->blobs++;
}

void disk_note(struct disk *disk, struct kc_bytes list)
{
    struct kc_store_write write;
    struct kc_reader r = kc_reader_of(list);
    while (kc_store_write_next(&r, &write))
        (void)keep(disk, &write);
}

enum kc_stored disk_store(struct disk *disk, struct kc_bytes list)
{
    struct kc_store_write write;
    struct kc_reader r = kc_reader_of(list);
    size_t count = 0;
    while (kc_store_write_next(&r, &write)) {
        const struct disk_blob *there = disk_find(disk, &write.id);
        if ((there == NULL ? 0 : there->version) != write.replaces)
            return KC_STORED_CONFLICT;
        count++;
    }
    if (disk->records + count > DISK_RECORDS || disk->blobs + count > DISK_BLOBS ||
        list.len > DISK_ARENA - disk->used)
        return KC_STORED_FULL;
    for (r = kc_reader_of(list); kc_store_write_next(&r, &write);) {
        size_t place = place_of(disk, &write.id);
        disk->record[place] = keep(disk, &write);
        disk->records += place == disk->records;
    }
    return KC_STORED_OK;
}

static int compare(const struct kc_record_id *a, const struct kc_record_id *b)
{
    int order = memcmp(a->name, b->name, a->name_len < b->name_len ? a->name_len : b->name_len);
    return order != 0 ? order : (int)a->name_len - (int)b->name_len;
}

size_t disk_next(const struct disk *disk, uint8_t class, const struct kc_record_id *after)
{
    size_t found = DISK_RECORDS;
    for (size_t i = 0; i < disk->records; i++) {
        const struct kc_record_id *id = &disk->blob[disk->record[i]].id;
        if (id->class == class && compare(id, after) > 0 &&
            (found == DISK_RECORDS || compare(id, &disk->blob[disk->record[found]].id) < 0))
            found = i;
    }
    return found;
}

void disk_copy(struct disk *to, const struct disk *from)
{
    memcpy(to, from, offsetof(struct disk, arena));
    memcpy(to->arena, from->arena, from->used);
}
