#include "image/layout.h"

#include <elf.h>
#include <string.h>

#include "base/reader.h"
#include "base/writer.h"
#include "image/image.h"

enum kc_err kc_layout_complete(const struct kc_elf *elf, struct kc_image_record *record,
                               struct kc_error *error)
{
    if (record->heap_pages == 0 || record->heap_pages > KC_LAYOUT_MAX_HEAP_PAGES)
        return kc_error_set(error, KC_ERR_ARGUMENT, "heap is not 1 to 262144 pages (1 GiB)",
                            record->heap_pages);
    if (record->stack_pages == 0 || record->stack_pages > KC_LAYOUT_MAX_STACK_PAGES)
        return kc_error_set(error, KC_ERR_ARGUMENT, "stack is not 1 to 2048 pages (8 MiB)",
                            record->stack_pages);
    if (record->tcs_count == 0 || record->tcs_count > KC_IMAGE_MAX_TCS)
        return kc_error_set(error, KC_ERR_ARGUMENT, "not 1 to 64 TCS", record->tcs_count);
    /* With these bounds and KC_ELF_MAX_END no sum comes near 2^64. */
    uint64_t stride = (record->stack_pages + (uint64_t)KC_THREAD_EXTRA_PAGES) * KC_IMAGE_PAGE;
    uint64_t threads = elf->end + (uint64_t)record->heap_pages * KC_IMAGE_PAGE;
    uint64_t end = threads + record->tcs_count * stride;
    uint64_t size = KC_IMAGE_PAGE;
    while (size < end)
        size <<= 1;
    memcpy(record->magic, KC_IMAGE_RECORD_MAGIC, sizeof record->magic);
    record->reserved = 0;
    record->heap_offset = elf->end;
    record->threads_offset = threads;
    record->thread_stride = stride;
    record->size = size;
    record->entry = elf->entry;
    return KC_OK;
}

enum kc_err kc_layout_find(const struct kc_elf *elf, uint64_t *offset, struct kc_error *error)
{
    struct kc_elf_section section = {0};
    const struct kc_elf_segment *segment = NULL;
    uint64_t at = 0;
    enum kc_err err = kc_elf_section(elf, KC_IMAGE_RECORD_SECTION, &section, error);
    if (err == KC_ERR_ABSENT)
        return KC_ERR_MALFORMED; /* an ELF of something else */
    if (err != KC_OK)
        return err;
    if (section.type != SHT_PROGBITS || section.size != sizeof(struct kc_image_record) ||
        section.address % sizeof(uint64_t) != 0)
        return kc_error_set(error, KC_ERR_MALFORMED, "image record section is not 64 aligned bytes",
                            section.size);
    if (!kc_elf_locate(elf, section.address, section.size, &at, &segment) || at != section.offset ||
        (segment->access & KC_SECINFO_X) != 0)
        return kc_error_set(error, KC_ERR_MALFORMED, "image record is not in a data segment",
                            section.address);
    if (memcmp(elf->file.ptr + at, KC_IMAGE_RECORD_MAGIC, 8) != 0)
        return kc_error_set(error, KC_ERR_MALFORMED, "image record has another magic", at);
    *offset = at;
    return KC_OK;
}

void kc_layout_decode(const uint8_t *bytes, struct kc_image_record *out)
{
    struct kc_reader r = kc_reader_of(kc_bytes_of(bytes, sizeof *out));
    kc_reader_copy(&r, out->magic, sizeof out->magic);
    out->heap_pages = kc_reader_u32(&r);
    out->stack_pages = kc_reader_u32(&r);
    out->tcs_count = kc_reader_u32(&r);
    out->reserved = kc_reader_u32(&r);
    out->heap_offset = kc_reader_u64(&r);
    out->threads_offset = kc_reader_u64(&r);
    out->thread_stride = kc_reader_u64(&r);
    out->size = kc_reader_u64(&r);
    out->entry = kc_reader_u64(&r);
}

void kc_layout_encode(const struct kc_image_record *in, uint8_t *bytes)
{
    struct kc_writer w = kc_writer_of((struct kc_room){bytes, sizeof *in});
    kc_writer_copy(&w, in->magic, sizeof in->magic);
    kc_writer_u32(&w, in->heap_pages);
    kc_writer_u32(&w, in->stack_pages);
    kc_writer_u32(&w, in->tcs_count);
    kc_writer_u32(&w, in->reserved);
    kc_writer_u64(&w, in->heap_offset);
    kc_writer_u64(&w, in->threads_offset);
    kc_writer_u64(&w, in->thread_stride);
    kc_writer_u64(&w, in->size);
    kc_writer_u64(&w, in->entry);
}
