#include "image/elf_dynamic.h"

#include <elf.h>

#include "base/reader.h"
#include "image/image.h"

struct relocations {
    uint64_t address;
    uint64_t size;
    uint64_t entry_size;
};

/* Bytes of the image by address; a failed reader when they are not in the file. */
static struct kc_reader mapped(const struct kc_elf *elf, uint64_t address, uint64_t size)
{
    uint64_t offset = 0;
    struct kc_reader r = kc_reader_of(elf->file);
    if (!kc_elf_locate(elf, address, size, &offset, NULL))
        kc_reader_fail(&r);
    kc_reader_skip(&r, offset);
    return kc_reader_child(&r, size);
}

static enum kc_err check_entry(uint64_t tag, uint64_t value, struct relocations *out,
                               struct kc_error *error)
{
    const char *what = NULL;
    switch (tag) {
    case DT_NEEDED:
        what = "image needs a shared library (link with -static-pie)";
        break;
    case DT_TEXTREL:
        what = "image has relocations of its text (build everything with -fPIE)";
        break;
    case DT_FLAGS:
        if ((value & DF_TEXTREL) != 0)
            what = "image has relocations of its text (build everything with -fPIE)";
        break;
    case DT_REL:
    case DT_RELR:
        what = "image has relocations of another form than RELA";
        break;
    case DT_PLTRELSZ:
        if (value != 0)
            what = "image has relocations of procedure linkage (link with -z now)";
        break;
    case DT_RELA:
        out->address = value;
        break;
    case DT_RELASZ:
        out->size = value;
        break;
    case DT_RELAENT:
        out->entry_size = value;
        break;
    default:
        break;
    }
    return what == NULL ? KC_OK : kc_error_set(error, KC_ERR_MALFORMED, what, value);
}

/* True when the eight bytes at `address` lie in one writable segment. */
static bool is_writable(const struct kc_elf *elf, uint64_t address)
{
    for (size_t i = 0; i < elf->segment_count; i++) {
        const struct kc_elf_segment *s = &elf->segment[i];
        if ((s->access & KC_SECINFO_W) != 0 && s->memory_size >= sizeof(uint64_t) &&
            address >= s->address && address - s->address <= s->memory_size - sizeof(uint64_t))
            return true;
    }
    return false;
}

static enum kc_err check_relocations(struct kc_elf *elf, const struct relocations *table,
                                     struct kc_error *error)
{
    if (table->size == 0)
        return KC_OK;
    if (table->entry_size != sizeof(Elf64_Rela) || table->size % sizeof(Elf64_Rela) != 0)
        return kc_error_set(error, KC_ERR_MALFORMED, "relocation table with another entry size",
                            table->entry_size);
    struct kc_reader r = mapped(elf, table->address, table->size);
    if (kc_reader_failed(&r))
        return kc_error_set(error, KC_ERR_MALFORMED, "relocation table is not in a segment",
                            table->address);
    elf->relocations = kc_bytes_of(r.ptr, r.left);
    while (r.left > 0) {
        uint64_t target = kc_reader_u64(&r);
        uint64_t info = kc_reader_u64(&r);
        kc_reader_skip(&r, sizeof(uint64_t)); /* addend */
        if (info != ELF64_R_INFO(0, R_X86_64_RELATIVE))
            return kc_error_set(error, KC_ERR_MALFORMED,
                                "relocation is not R_X86_64_RELATIVE (undefined symbol?)", target);
        if (!is_writable(elf, target))
            return kc_error_set(error, KC_ERR_MALFORMED,
                                "relocation of a page that is not writable", target);
    }
    return KC_OK;
}

enum kc_err kc_elf_check_dynamic(struct kc_elf *elf, uint64_t address, uint64_t size,
                                 struct kc_error *error)
{
    struct relocations relocations = {0, 0, 0};
    struct kc_reader r = mapped(elf, address, size);
    enum kc_err err = KC_OK;
    uint64_t tag = 0;
    do {
        tag = kc_reader_u64(&r);
        uint64_t value = kc_reader_u64(&r);
        if (kc_reader_failed(&r))
            return kc_error_set(error, KC_ERR_MALFORMED,
                                "dynamic table is not in a segment or has no end", address);
        err = check_entry(tag, value, &relocations, error);
    } while (err == KC_OK && tag != DT_NULL);
    return err == KC_OK ? check_relocations(elf, &relocations, error) : err;
}
