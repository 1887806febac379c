/*
 * ELRANGE as mappings: text from the file, so that it is never writable and mprotect() is never
 * asked for executable memory (which systemd's MemoryDenyWriteExecute refuses); all else private
 * copies. Gaps stay unmapped: they are the guard pages.
 */
#include <string.h>
#include <sys/mman.h>

#include "loader/emulator.h"

static enum kc_err no_memory(struct kc_error *error, uint64_t at)
{
    return kc_error_set(error, KC_ERR_MEMORY, "cannot map the enclave's pages", at);
}

/* Aligned to its size, as the processor wants it. */
static bool reserve(struct kc_emulator *e)
{
    uint64_t size = e->image.size;
    void *place =
        mmap(NULL, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (place == MAP_FAILED)
        return false;
    e->reserved = place;
    e->base = (uint8_t *)(((uint64_t)place + size - 1) & ~(size - 1));
    return true;
}

/* The file may have changed since it was measured: what counts is what is mapped. */
static enum kc_err map_text(struct kc_emulator *e, int elf_file, const struct kc_elf_segment *s,
                            const struct kc_image_run *run, struct kc_error *error)
{
    size_t size = run->pages * KC_IMAGE_PAGE;
    void *place = mmap(e->base + run->offset, size, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED,
                       elf_file, (off_t)s->offset);
    if (place == MAP_FAILED)
        return kc_error_set(error, KC_ERR_IO,
                            "cannot map the enclave's code (a noexec file system?)", run->offset);
    if (memcmp(place, e->image.bytes + run->offset, size) != 0)
        return kc_error_set(error, KC_ERR_REFUSED, "image changed while it was loaded",
                            run->offset);
    return KC_OK;
}

static bool is_zero(const uint8_t *page)
{
    return page[0] == 0 && memcmp(page, page + 1, KC_IMAGE_PAGE - 1) == 0;
}

static enum kc_err map_copy(struct kc_emulator *e, const struct kc_image_run *run,
                            struct kc_error *error)
{
    uint8_t *to = e->base + run->offset;
    const uint8_t *from = e->image.bytes + run->offset;
    size_t size = run->pages * KC_IMAGE_PAGE;
    if (mmap(to, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
        MAP_FAILED)
        return no_memory(error, run->offset);
    for (size_t at = 0; at < size; at += KC_IMAGE_PAGE) {
        if (!is_zero(from + at))
            memcpy(to + at, from + at, KC_IMAGE_PAGE);
    }
    int access = PROT_NONE; /* software never sees a TCS */
    if ((run->secinfo_flags & KC_SECINFO_REG) != 0)
        access = (run->secinfo_flags & KC_SECINFO_W) != 0 ? PROT_READ | PROT_WRITE : PROT_READ;
    return mprotect(to, size, access) == 0 ? KC_OK : no_memory(error, run->offset);
}

static const struct kc_elf_segment *segment_at(const struct kc_elf *elf, uint64_t address)
{
    for (size_t i = 0; i < elf->segment_count; i++) {
        if (elf->segment[i].address == address)
            return &elf->segment[i];
    }
    return NULL;
}

enum kc_err kc_emulator_map(struct kc_emulator *e, int elf_file, const struct kc_elf *elf,
                            struct kc_error *error)
{
    if (!reserve(e))
        return no_memory(error, 0);
    for (size_t i = 0; i < e->image.run_count; i++) {
        const struct kc_image_run *run = &e->image.run[i];
        const struct kc_elf_segment *s = segment_at(elf, run->offset);
        enum kc_err err = KC_OK;
        if ((run->secinfo_flags & KC_SECINFO_X) == 0)
            err = map_copy(e, run, error);
        else if (s != NULL)
            err = map_text(e, elf_file, s, run, error);
        else
            err = kc_error_set(error, KC_ERR_MALFORMED, "code pages that are no segment",
                               run->offset);
        if (err != KC_OK)
            return err;
    }
    /* What would be in encrypted memory does not belong in a core file, nor, with the state of its
     * generator of random numbers, in a child process; hardware gives it to neither. */
    if (madvise(e->base, e->image.size, MADV_DONTDUMP) != 0 ||
        madvise(e->base, e->image.size, MADV_DONTFORK) != 0)
        return no_memory(error, 0);
    return KC_OK;
}

void kc_emulator_unmap(struct kc_emulator *e)
{
    if (e->reserved == NULL)
        return;
    for (size_t i = 0; i < e->image.run_count; i++) {
        const struct kc_image_run *run = &e->image.run[i];
        if ((run->secinfo_flags & KC_SECINFO_REG) != 0 && (run->secinfo_flags & KC_SECINFO_W) != 0)
            madvise(e->base + run->offset, run->pages * KC_IMAGE_PAGE, MADV_DONTNEED);
    }
    munmap(e->reserved, 2 * e->image.size);
    e->reserved = NULL;
}

bool kc_emulator_may(const struct kc_emulator *e, uint64_t address, uint64_t n, uint64_t access)
{
    uint64_t want = access | KC_SECINFO_REG;
    uint64_t offset = address - (uint64_t)e->base;
    if (offset >= e->image.size || n > e->image.size - offset)
        return false;
    for (size_t i = 0; i < e->image.run_count; i++) {
        const struct kc_image_run *run = &e->image.run[i];
        uint64_t into = offset - run->offset;
        uint64_t size = run->pages * KC_IMAGE_PAGE;
        if (offset >= run->offset && into < size)
            return n <= size - into && (run->secinfo_flags & want) == want;
    }
    return false;
}
