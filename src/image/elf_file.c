#include "image/elf_file.h"

#include <elf.h>

#include "base/reader.h"
#include "image/elf_dynamic.h"
#include "image/image.h"

#define PAGE_MASK ((uint64_t)KC_IMAGE_PAGE - 1)

static enum kc_err malformed(struct kc_error *error, const char *what, uint64_t at)
{
    return kc_error_set(error, KC_ERR_MALFORMED, what, at);
}

/* The file from `offset` on, for `size` bytes. */
static struct kc_reader part(struct kc_bytes file, uint64_t offset, uint64_t size)
{
    struct kc_reader r = kc_reader_of(file);
    kc_reader_skip(&r, offset);
    return kc_reader_child(&r, size);
}

bool kc_elf_locate(const struct kc_elf *elf, uint64_t address, uint64_t size, uint64_t *offset,
                   const struct kc_elf_segment **segment)
{
    for (size_t i = 0; i < elf->segment_count; i++) {
        const struct kc_elf_segment *s = &elf->segment[i];
        uint64_t into = address - s->address;
        if (address < s->address || into > s->file_size || size > s->file_size - into)
            continue;
        *offset = s->offset + into;
        if (segment != NULL)
            *segment = s;
        return true;
    }
    return false;
}

struct header {
    uint64_t program_headers;
    uint16_t program_header_count;
};

/* ELF-64 object file format, "ELF header". */
static enum kc_err read_header(struct kc_elf *elf, struct header *out, struct kc_error *error)
{
    static const uint8_t ident[EI_OSABI] = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1};
    struct kc_reader r = part(elf->file, 0, sizeof(Elf64_Ehdr));
    struct kc_bytes found = kc_reader_bytes(&r, EI_NIDENT);
    uint16_t type = kc_reader_u16(&r);
    uint16_t machine = kc_reader_u16(&r);
    uint32_t version = kc_reader_u32(&r);
    elf->entry = kc_reader_u64(&r);
    out->program_headers = kc_reader_u64(&r);
    elf->sections = kc_reader_u64(&r);
    kc_reader_skip(&r, sizeof(uint32_t)); /* e_flags: none are defined for x86-64 */
    uint16_t header_size = kc_reader_u16(&r);
    uint16_t program_header_size = kc_reader_u16(&r);
    out->program_header_count = kc_reader_u16(&r);
    uint16_t section_size = kc_reader_u16(&r);
    elf->section_count = kc_reader_u16(&r);
    elf->name_section = kc_reader_u16(&r);
    if (!kc_reader_done(&r))
        return malformed(error, "not an ELF file: shorter than its header", elf->file.len);
    if (!kc_bytes_equal(kc_bytes_of(found.ptr, sizeof ident), kc_bytes_of(ident, sizeof ident)))
        return malformed(error, "not a 64-bit little-endian ELF file", 0);
    if (machine != EM_X86_64)
        return kc_error_set(error, KC_ERR_UNSUPPORTED, "ELF file is not for x86-64", machine);
    if (type != ET_DYN)
        return kc_error_set(error, KC_ERR_UNSUPPORTED,
                            "ELF file is not position independent (link with -static-pie)", type);
    if (version != EV_CURRENT || header_size != sizeof(Elf64_Ehdr) ||
        program_header_size != sizeof(Elf64_Phdr) ||
        (elf->section_count > 0 && section_size != sizeof(Elf64_Shdr)))
        return malformed(error, "ELF header with another version or header sizes", version);
    return KC_OK;
}

/* SECINFO access bits of p_flags; 0 for a combination that an image must not have. */
static uint32_t access_of(uint32_t flags)
{
    switch (flags) {
    case PF_R:
        return KC_SECINFO_R;
    case PF_R | PF_W:
        return KC_SECINFO_R | KC_SECINFO_W;
    case PF_R | PF_X:
        return KC_SECINFO_R | KC_SECINFO_X;
    default:
        return 0;
    }
}

/* A loader may map pages that are not written from the file: the bytes behind the segment up to
 * the end of its last page must then be what a copy has there, zeros. */
static bool tail_is_zero(struct kc_bytes file, const struct kc_elf_segment *s)
{
    uint64_t end = s->offset + s->file_size;
    uint64_t page_end = (end + PAGE_MASK) & ~PAGE_MASK;
    if (page_end > file.len)
        page_end = file.len;
    return kc_bytes_are_zero(kc_bytes_of(file.ptr + end, page_end - end));
}

static enum kc_err add_segment(struct kc_elf *elf, const Elf64_Phdr *p, struct kc_error *error)
{
    struct kc_elf_segment s = {p->p_offset, p->p_filesz, p->p_vaddr, p->p_memsz,
                               access_of(p->p_flags)};
    if (s.access == 0)
        return malformed(error, "segment is writable and executable, or not readable", s.address);
    if ((s.address & PAGE_MASK) != 0 || (s.offset & PAGE_MASK) != 0)
        return malformed(error, "segment does not start at a page, in memory and in the file",
                         s.address);
    if (elf->segment_count == 0 && s.address != 0)
        return malformed(error, "image is not linked at 0", s.address);
    if (s.address < elf->end)
        return malformed(error, "segments overlap or do not ascend", s.address);
    if (s.memory_size == 0 || s.file_size > s.memory_size)
        return malformed(error, "segment is empty or larger in the file than in memory", s.address);
    if (s.address > KC_ELF_MAX_END || s.memory_size > KC_ELF_MAX_END - s.address)
        return malformed(error, "segments reach beyond 256 MiB", s.address);
    if (s.offset > elf->file.len || s.file_size > elf->file.len - s.offset)
        return malformed(error, "segment reaches beyond the end of the file", s.address);
    if ((s.access & KC_SECINFO_W) == 0 &&
        (s.file_size != s.memory_size || !tail_is_zero(elf->file, &s)))
        return malformed(error, "read-only segment is not as in the file to its last page's end",
                         s.address);
    if (elf->segment_count == KC_ELF_MAX_SEGMENTS)
        return malformed(error, "more than 16 segments", s.address);
    elf->segment[elf->segment_count++] = s;
    elf->end = (s.address + s.memory_size + PAGE_MASK) & ~PAGE_MASK;
    return KC_OK;
}

static void read_program_header(struct kc_reader *r, Elf64_Phdr *out)
{
    out->p_type = kc_reader_u32(r);
    out->p_flags = kc_reader_u32(r);
    out->p_offset = kc_reader_u64(r);
    out->p_vaddr = kc_reader_u64(r);
    out->p_paddr = kc_reader_u64(r);
    out->p_filesz = kc_reader_u64(r);
    out->p_memsz = kc_reader_u64(r);
    out->p_align = kc_reader_u64(r);
}

static enum kc_err read_segments(struct kc_elf *elf, const struct header *header,
                                 Elf64_Phdr *dynamic, struct kc_error *error)
{
    struct kc_reader r = part(elf->file, header->program_headers,
                              (uint64_t)header->program_header_count * sizeof(Elf64_Phdr));
    if (kc_reader_failed(&r))
        return malformed(error, "program headers reach beyond the end of the file", r.at);
    enum kc_err err = KC_OK;
    for (size_t i = 0; i < header->program_header_count && err == KC_OK; i++) {
        Elf64_Phdr p = {0};
        read_program_header(&r, &p);
        switch (p.p_type) {
        case PT_LOAD:
            err = add_segment(elf, &p, error);
            break;
        case PT_DYNAMIC:
            if (dynamic->p_type == PT_DYNAMIC)
                err = malformed(error, "two dynamic segments", i);
            *dynamic = p;
            break;
        case PT_INTERP:
            err = malformed(error, "image wants an interpreter (link with -static-pie)", i);
            break;
        case PT_TLS:
            if (p.p_memsz > 0)
                err = malformed(error, "image has thread-local variables (PT_TLS)", p.p_memsz);
            break;
        case PT_GNU_STACK:
            if ((p.p_flags & PF_X) != 0)
                err = malformed(error, "image wants an executable stack", i);
            break;
        default: /* notes, RELRO, frame tables: nothing that changes a page */
            break;
        }
    }
    return err;
}

enum kc_err kc_elf_parse(struct kc_bytes file, struct kc_elf *out, struct kc_error *error)
{
    struct kc_elf elf = {.file = file};
    struct header header = {0};
    Elf64_Phdr dynamic = {0};
    enum kc_err err = read_header(&elf, &header, error);
    if (err == KC_OK)
        err = read_segments(&elf, &header, &dynamic, error);
    if (err != KC_OK)
        return err;
    if (elf.segment_count == 0)
        return malformed(error, "image has no segments to load", 0);
    uint64_t offset = 0;
    const struct kc_elf_segment *text = NULL;
    if (!kc_elf_locate(&elf, elf.entry, 1, &offset, &text) || (text->access & KC_SECINFO_X) == 0)
        return malformed(error, "entry point is not in an executable segment", elf.entry);
    if (dynamic.p_type != PT_DYNAMIC)
        return malformed(error, "image has no dynamic segment (link with -static-pie)", 0);
    err = kc_elf_check_dynamic(&elf, dynamic.p_vaddr, dynamic.p_filesz, error);
    if (err == KC_OK)
        *out = elf;
    return err;
}
