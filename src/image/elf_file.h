/*
 * The ELF file of an enclave image: a static position-independent executable, linked at 0.
 *
 * Reads untrusted files and accepts nothing that a loader would have to interpret: no libraries,
 * no interpreter, no thread-local storage, no relocation other than RELATIVE. What is accepted
 * can be copied page by page, or mapped from the file, with the same result.
 */
#ifndef KC_IMAGE_ELF_FILE_H
#define KC_IMAGE_ELF_FILE_H

#include "base/bytes.h"
#include "base/error.h"

#define KC_ELF_MAX_SEGMENTS 16
#define KC_ELF_MAX_END      (256u << 20) /* bytes that the segments may span */

/* A PT_LOAD. `address` and `offset` are multiples of a page, file_size <= memory_size. */
struct kc_elf_segment {
    uint64_t offset;
    uint64_t file_size;
    uint64_t address;
    uint64_t memory_size;
    uint32_t access; /* KC_SECINFO_R, _W, _X; never W with X, never without R */
};

struct kc_elf {
    struct kc_bytes file;
    struct kc_elf_segment segment[KC_ELF_MAX_SEGMENTS]; /* ascending, no page in two */
    size_t segment_count;
    uint64_t end; /* of the last segment, page aligned */
    uint64_t entry;
    uint64_t sections; /* offset of the section headers */
    uint16_t section_count;
    uint16_t name_section;
    struct kc_bytes relocations; /* Elf64_Rela, all of them RELATIVE */
};

struct kc_elf_section {
    uint32_t name; /* offset into the name section */
    uint32_t type;
    uint64_t address;
    uint64_t offset;
    uint64_t size;
    uint32_t link;
};

/* A symbol of type function with a size. */
struct kc_elf_function {
    const char *name; /* in the file, ends with a NUL that is in the file too */
    uint64_t address;
    uint64_t size;
};

/* `file` must outlive `out`. KC_ERR_MALFORMED, KC_ERR_UNSUPPORTED (an ELF of another kind). */
KC_MUST_USE enum kc_err kc_elf_parse(struct kc_bytes file, struct kc_elf *out,
                                     struct kc_error *error);

/* The one section of that name; KC_ERR_ABSENT, KC_ERR_MALFORMED (broken table, or twice). */
KC_MUST_USE enum kc_err kc_elf_section(const struct kc_elf *elf, const char *name,
                                       struct kc_elf_section *out, struct kc_error *error);

/* Calls `visit` for each function of .symtab until it fails; KC_ERR_ABSENT without a symtab. */
KC_MUST_USE enum kc_err
kc_elf_functions(const struct kc_elf *elf,
                 enum kc_err (*visit)(void *context, const struct kc_elf_function *function,
                                      struct kc_error *error),
                 void *context, struct kc_error *error);

/*
 * Where `size` bytes at `address` stand in the file: inside the file part of one segment, which
 * goes to `segment` (may be NULL). False if they do not.
 */
bool kc_elf_locate(const struct kc_elf *elf, uint64_t address, uint64_t size, uint64_t *offset,
                   const struct kc_elf_segment **segment);

#endif
