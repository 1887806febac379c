#include "image/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/writer.h"
#include "image/layout.h"

#define MAX_FILE   (256u << 20)
#define RUNS_A_TCS 3 /* stack, TCS, SSA and TLS */

/* The settings of the record, if it is one that the signing tool would have written. */
static enum kc_err read_record(const struct kc_elf *elf, struct kc_image_record *out,
                               struct kc_error *error)
{
    uint64_t offset = 0;
    struct kc_image_record found = {0};
    enum kc_err err = kc_layout_find(elf, &offset, error);
    if (err != KC_OK)
        return err;
    if (kc_bytes_are_zero(kc_bytes_of(elf->file.ptr + offset + sizeof found.magic,
                                      sizeof found - sizeof found.magic)))
        return kc_error_set(error, KC_ERR_STATE, "image is not signed yet (run keyclave sign)", 0);
    kc_layout_decode(elf->file.ptr + offset, &found);
    struct kc_image_record want = {.heap_pages = found.heap_pages,
                                   .stack_pages = found.stack_pages,
                                   .tcs_count = found.tcs_count};
    if (kc_layout_complete(elf, &want, error) != KC_OK)
        return KC_ERR_MALFORMED;
    if (memcmp(&want, &found, sizeof want) != 0)
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "image record does not fit the image (sign it again)", offset);
    *out = found;
    return KC_OK;
}

static void add_run(struct kc_image *image, uint64_t offset, uint64_t size, uint64_t flags)
{
    uint64_t pages = (size + KC_IMAGE_PAGE - 1) / KC_IMAGE_PAGE;
    image->run[image->run_count++] = (struct kc_image_run){offset, pages, flags};
    image->end = offset + pages * KC_IMAGE_PAGE;
}

static void add_segments(struct kc_image *image, const struct kc_elf *elf)
{
    for (size_t i = 0; i < elf->segment_count; i++) {
        const struct kc_elf_segment *s = &elf->segment[i];
        memcpy(image->bytes + s->address, elf->file.ptr + s->offset, s->file_size);
        add_run(image, s->address, s->memory_size, KC_SECINFO_REG | s->access);
    }
}

/* SDM 38.8: what is not set here stays zero, FLAGS and CSSA among it. */
static void fill_tcs(struct kc_image *image, uint64_t tcs)
{
    struct kc_writer w = kc_writer_of((struct kc_room){image->bytes + tcs, KC_IMAGE_PAGE});
    kc_writer_zeros(&w, 16);
    kc_writer_u64(&w, tcs + KC_THREAD_SSA); /* OSSA */
    kc_writer_u32(&w, 0);                   /* CSSA */
    kc_writer_u32(&w, 1);                   /* NSSA: no entry after an exception */
    kc_writer_u64(&w, image->entry);        /* OENTRY */
    kc_writer_zeros(&w, 8);
    kc_writer_u64(&w, tcs + KC_THREAD_TLS); /* OFSBASGX */
    kc_writer_u64(&w, tcs + KC_THREAD_TLS); /* OGSBASGX */
    kc_writer_u32(&w, UINT32_MAX);          /* FSLIMIT, GSLIMIT: of no effect in 64-bit mode */
    kc_writer_u32(&w, UINT32_MAX);
}

static void add_threads(struct kc_image *image, const struct kc_image_record *record)
{
    const uint64_t data = KC_SECINFO_REG | KC_SECINFO_R | KC_SECINFO_W;
    uint64_t stack_size = (uint64_t)record->stack_pages * KC_IMAGE_PAGE;
    for (uint32_t i = 0; i < record->tcs_count; i++) {
        uint64_t stack = record->threads_offset + i * record->thread_stride + KC_IMAGE_PAGE;
        uint64_t tcs = stack + stack_size + (uint64_t)-KC_THREAD_STACK_TOP;
        add_run(image, stack, stack_size, data);
        add_run(image, tcs, KC_IMAGE_PAGE, KC_SECINFO_TCS);
        add_run(image, tcs + KC_THREAD_SSA, 2 * (uint64_t)KC_IMAGE_PAGE, data);
        fill_tcs(image, tcs);
        image->tcs[image->tcs_count++] = tcs;
    }
}

enum kc_err kc_image_from_elf(struct kc_bytes elf_bytes, struct kc_image *out,
                              struct kc_error *error)
{
    struct kc_elf elf = {0};
    struct kc_image_record record = {0};
    enum kc_err err = kc_elf_parse(elf_bytes, &elf, error);
    if (err == KC_OK)
        err = read_record(&elf, &record, error);
    if (err != KC_OK)
        return err;
    uint64_t end = record.threads_offset + record.tcs_count * record.thread_stride;
    struct kc_image image = {.size = record.size, .entry = record.entry};
    image.bytes = calloc(1, end);
    image.run = calloc(elf.segment_count + 1 + RUNS_A_TCS * record.tcs_count, sizeof *image.run);
    if (image.bytes == NULL || image.run == NULL) {
        kc_image_free(&image);
        return kc_error_set(error, KC_ERR_MEMORY, "no memory for the pages of the image", end);
    }
    add_segments(&image, &elf);
    add_run(&image, record.heap_offset, (uint64_t)record.heap_pages * KC_IMAGE_PAGE,
            KC_SECINFO_REG | KC_SECINFO_R | KC_SECINFO_W);
    add_threads(&image, &record);
    *out = image;
    return KC_OK;
}

enum kc_err kc_image_load(const char *path, struct kc_image *out, struct kc_error *error)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    long size = 0;
    enum kc_err err = KC_OK;
    if (file == NULL)
        return kc_error_set(error, KC_ERR_ABSENT, "cannot open the enclave image", 0);
    if (fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0 || fseek(file, 0, SEEK_SET) != 0)
        err = kc_error_set(error, KC_ERR_IO, "cannot read the enclave image", 0);
    else if (size == 0 || size > (long)MAX_FILE)
        err = kc_error_set(error, KC_ERR_MALFORMED, "image file is empty or over 256 MiB",
                           (uint64_t)size);
    else if ((bytes = malloc((size_t)size)) == NULL)
        err = kc_error_set(error, KC_ERR_MEMORY, "no memory for the image file", (uint64_t)size);
    else if (fread(bytes, 1, (size_t)size, file) != (size_t)size)
        err = kc_error_set(error, KC_ERR_IO, "cannot read the enclave image", 0);
    else
        err = kc_image_from_elf(kc_bytes_of(bytes, (size_t)size), out, error);
    free(bytes);
    fclose(file);
    return err;
}

void kc_image_free(struct kc_image *image)
{
    free(image->bytes);
    free(image->run);
    *image = (struct kc_image){0};
}
