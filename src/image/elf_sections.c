#include <elf.h>
#include <string.h>

#include "base/reader.h"
#include "image/elf_file.h"

static struct kc_reader part(struct kc_bytes file, uint64_t offset, uint64_t size)
{
    struct kc_reader r = kc_reader_of(file);
    kc_reader_skip(&r, offset);
    return kc_reader_child(&r, size);
}

static enum kc_err section_at(const struct kc_elf *elf, uint32_t index, struct kc_elf_section *out,
                              struct kc_error *error)
{
    struct kc_reader r =
        part(elf->file, elf->sections, (uint64_t)elf->section_count * sizeof(Elf64_Shdr));
    kc_reader_skip(&r, (uint64_t)index * sizeof(Elf64_Shdr));
    out->name = kc_reader_u32(&r);
    out->type = kc_reader_u32(&r);
    kc_reader_skip(&r, sizeof(uint64_t)); /* sh_flags */
    out->address = kc_reader_u64(&r);
    out->offset = kc_reader_u64(&r);
    out->size = kc_reader_u64(&r);
    out->link = kc_reader_u32(&r);
    if (kc_reader_failed(&r))
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "section headers reach beyond the end of the file", elf->sections);
    return KC_OK;
}

/* The strings of a string table; it must end with a NUL, so that each string in it does. */
static enum kc_err strings_of(const struct kc_elf *elf, uint32_t index, struct kc_bytes *out,
                              struct kc_error *error)
{
    struct kc_elf_section section = {0};
    enum kc_err err = section_at(elf, index, &section, error);
    if (err != KC_OK)
        return err;
    struct kc_reader r = part(elf->file, section.offset, section.size);
    *out = kc_reader_rest(&r);
    if (section.type != SHT_STRTAB || kc_reader_failed(&r) || out->len == 0 ||
        out->ptr[out->len - 1] != 0)
        return kc_error_set(error, KC_ERR_MALFORMED, "section with names is broken", index);
    return KC_OK;
}

enum kc_err kc_elf_section(const struct kc_elf *elf, const char *name, struct kc_elf_section *out,
                           struct kc_error *error)
{
    struct kc_bytes names = {NULL, 0};
    if (elf->section_count == 0)
        return kc_error_set(error, KC_ERR_ABSENT, "ELF file has no section headers", 0);
    enum kc_err err = strings_of(elf, elf->name_section, &names, error);
    bool found = false;
    for (uint32_t i = 0; i < elf->section_count && err == KC_OK; i++) {
        struct kc_elf_section section = {0};
        err = section_at(elf, i, &section, error);
        if (err != KC_OK || section.name >= names.len ||
            strcmp((const char *)names.ptr + section.name, name) != 0)
            continue;
        if (found)
            err = kc_error_set(error, KC_ERR_MALFORMED, "two sections of the same name", i);
        found = true;
        *out = section;
    }
    if (err == KC_OK && !found)
        err = kc_error_set(error, KC_ERR_ABSENT, "ELF file lacks a section that an image has", 0);
    return err;
}

enum kc_err kc_elf_functions(const struct kc_elf *elf,
                             enum kc_err (*visit)(void *context,
                                                  const struct kc_elf_function *function,
                                                  struct kc_error *error),
                             void *context, struct kc_error *error)
{
    struct kc_elf_section table = {0};
    struct kc_bytes names = {NULL, 0};
    enum kc_err err = kc_elf_section(elf, ".symtab", &table, error);
    if (err == KC_OK)
        err = strings_of(elf, table.link, &names, error);
    if (err != KC_OK)
        return err;
    struct kc_reader r = part(elf->file, table.offset, table.size);
    if (kc_reader_failed(&r) || table.type != SHT_SYMTAB || table.size % sizeof(Elf64_Sym) != 0)
        return kc_error_set(error, KC_ERR_MALFORMED, "symbol table is broken", table.offset);
    while (r.left > 0 && err == KC_OK) {
        uint32_t name = kc_reader_u32(&r);
        uint8_t info = kc_reader_u8(&r);
        kc_reader_skip(&r, 1); /* visibility */
        uint16_t section = kc_reader_u16(&r);
        struct kc_elf_function function = {NULL, 0, 0};
        function.address = kc_reader_u64(&r);
        function.size = kc_reader_u64(&r);
        if (ELF64_ST_TYPE(info) != STT_FUNC || section == SHN_UNDEF || function.size == 0)
            continue;
        if (name >= names.len)
            return kc_error_set(error, KC_ERR_MALFORMED, "symbol without a name", name);
        function.name = (const char *)names.ptr + name;
        err = visit(context, &function, error);
    }
    return err;
}
