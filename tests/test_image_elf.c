#include "test.h"

#include "image/image.h"
#include "image/layout.h"
#include "image/sign_image.h"
#include "test_elf.h"

static const struct kc_sign_config config = {
    .heap_pages = 3, .stack_pages = 2, .tcs_count = 2, .isv_prod_id = 1, .isv_svn = 1};

static struct kc_bytes bytes_of(const struct test_elf *elf)
{
    return kc_bytes_of(elf->bytes, sizeof elf->bytes);
}

static void make_signed(struct test_elf *elf)
{
    size_t trapped = 0;
    test_elf_make(elf);
    assert_int_equal(kc_sign_image_prepare((struct kc_room){elf->bytes, sizeof elf->bytes}, &config,
                                           &trapped, NULL),
                     KC_OK);
    assert_int_equal(trapped, 1);
}

/* Each fault: one assignment to a good, signed image. */
#define HEADER  test_elf_header(e)
#define SEG(i)  test_elf_segment(e, i)
#define SEC(i)  test_elf_section(e, i)
#define DYN(i)  test_elf_dynamic(e, i)
#define RELA(i) test_elf_relocation(e, i)
#define RECORD  test_elf_record(e)
#define FAULT(name, change)                                                                        \
    static void name(struct test_elf *e)                                                           \
    {                                                                                              \
        change;                                                                                    \
    }

FAULT(magic, e->bytes[0] = 0)
FAULT(class32, e->bytes[EI_CLASS] = ELFCLASS32)
FAULT(big_endian, e->bytes[EI_DATA] = ELFDATA2MSB)
FAULT(machine, HEADER->e_machine = EM_AARCH64)
FAULT(executable, HEADER->e_type = ET_EXEC)
FAULT(header_size, HEADER->e_ehsize++)
FAULT(program_header_size, HEADER->e_phentsize++)
FAULT(section_header_size, HEADER->e_shentsize--)
FAULT(program_headers_far, HEADER->e_phoff = UINT64_MAX - 8)
FAULT(program_headers_many, HEADER->e_phnum = 0xffff)
FAULT(no_segments, SEG(0)->p_type = SEG(1)->p_type = SEG(2)->p_type = PT_NULL)
FAULT(entry_in_data, HEADER->e_entry = 0x2000)
FAULT(entry_far, HEADER->e_entry = UINT64_MAX)
FAULT(write_and_execute, SEG(0)->p_flags = PF_R | PF_W | PF_X)
FAULT(unreadable, SEG(2)->p_flags = PF_W)
FAULT(execute_only, SEG(0)->p_flags = PF_X)
FAULT(not_at_zero, (SEG(0)->p_vaddr = 0x1000, SEG(1)->p_vaddr = 0x2000))
FAULT(address_unaligned, SEG(2)->p_vaddr += 8)
FAULT(offset_unaligned, SEG(0)->p_offset += 8)
FAULT(overlap, SEG(1)->p_vaddr = 0)
FAULT(descending, SEG(2)->p_vaddr = 0x1000)
FAULT(empty, SEG(2)->p_memsz = SEG(2)->p_filesz = 0)
FAULT(file_larger, SEG(2)->p_filesz = 0x3000)
FAULT(memory_huge, SEG(2)->p_memsz = UINT64_MAX - 0x1000)
FAULT(memory_over, SEG(2)->p_memsz = 256u << 20)
FAULT(address_huge, SEG(2)->p_vaddr = UINT64_MAX - 0xfff)
FAULT(offset_far, SEG(2)->p_offset = UINT64_MAX - 0xfff)
FAULT(file_over, (SEG(2)->p_offset = 0x4000, SEG(2)->p_filesz = 0x401))
FAULT(text_with_bss, SEG(0)->p_filesz = 0xfff)
FAULT(text_tail, (SEG(0)->p_filesz = SEG(0)->p_memsz = 0x100, e->bytes[TEST_ELF_TEXT + 0xfff] = 1))
FAULT(interpreter, SEG(3)->p_type = PT_INTERP)
FAULT(no_dynamic, SEG(3)->p_type = PT_NOTE)
FAULT(thread_local, SEG(3)->p_type = PT_TLS)
FAULT(executable_stack, (SEG(3)->p_type = PT_GNU_STACK, SEG(3)->p_flags = PF_X))
FAULT(dynamic_outside, SEG(3)->p_vaddr = 0x2800)
FAULT(dynamic_twice, *SEG(1) = *SEG(3))
FAULT(dynamic_endless, SEG(3)->p_filesz = 0x30)
FAULT(needed, DYN(3)->d_tag = DT_NEEDED)
FAULT(textrel, DYN(3)->d_tag = DT_TEXTREL)
FAULT(textrel_flag, DYN(3)->d_un.d_val = DF_TEXTREL)
FAULT(rel, DYN(3)->d_tag = DT_REL)
FAULT(plt, (DYN(3)->d_tag = DT_PLTRELSZ, DYN(3)->d_un.d_val = 24))
FAULT(rela_size, DYN(1)->d_un.d_val = 47)
FAULT(rela_entry, DYN(2)->d_un.d_val = 16)
FAULT(rela_outside, DYN(0)->d_un.d_val = 0x1fe0)
FAULT(rela_far, DYN(1)->d_un.d_val = 24 * UINT64_C(0x800000000000000))
FAULT(rela_type, RELA(1)->r_info = ELF64_R_INFO(0, R_X86_64_GLOB_DAT))
FAULT(rela_symbol, RELA(1)->r_info = ELF64_R_INFO(1, R_X86_64_RELATIVE))
FAULT(rela_in_text, RELA(0)->r_offset = 0x10)
FAULT(rela_across_end, RELA(0)->r_offset = 0x47f9)
FAULT(rela_wrapping, RELA(0)->r_offset = UINT64_MAX - 3)
FAULT(no_sections, HEADER->e_shnum = 0)
FAULT(sections_far, HEADER->e_shoff = UINT64_MAX - 8)
FAULT(names_index, HEADER->e_shstrndx = 4)
FAULT(names_type, SEC(3)->sh_type = SHT_PROGBITS)
FAULT(names_unended, SEC(3)->sh_size--)
FAULT(names_empty, SEC(3)->sh_size = 0)
FAULT(no_record, SEC(1)->sh_name = 0)
FAULT(record_twice, *SEC(2) = *SEC(1))
FAULT(record_size, SEC(1)->sh_size = 72)
FAULT(record_type, SEC(1)->sh_type = SHT_NOBITS)
FAULT(record_unaligned, (SEC(1)->sh_addr += 4, SEC(1)->sh_offset += 4))
FAULT(record_in_text, (SEC(1)->sh_addr = 0x100, SEC(1)->sh_offset = 0x1100))
FAULT(record_elsewhere, SEC(1)->sh_offset += 8)
FAULT(record_outside, (SEC(1)->sh_addr = 0x27e0, SEC(1)->sh_offset = 0x37e0))
FAULT(record_magic, RECORD->magic[7] = '2')
FAULT(record_heap, RECORD->heap_pages++)
FAULT(record_heap_huge, RECORD->heap_pages = UINT32_MAX)
FAULT(record_no_heap, RECORD->heap_pages = 0)
FAULT(record_stack, RECORD->stack_pages = 2049)
FAULT(record_tcs, RECORD->tcs_count = 65)
FAULT(record_no_tcs, RECORD->tcs_count = 0)
FAULT(record_reserved, RECORD->reserved = 1)
FAULT(record_heap_offset, RECORD->heap_offset += 4096)
FAULT(record_threads, RECORD->threads_offset -= 4096)
FAULT(record_stride, RECORD->thread_stride += 4096)
FAULT(record_range, RECORD->size *= 2)
FAULT(record_entry, RECORD->entry++)
FAULT(record_unsigned, memset(&RECORD->heap_pages, 0, 56))

static const struct {
    const char *name;
    void (*fault)(struct test_elf *elf);
    enum kc_err want;
    const char *what;
} rows[] = {
    {"magic", magic, KC_ERR_MALFORMED, "not a 64-bit little-endian ELF"},
    {"32 bits", class32, KC_ERR_MALFORMED, "not a 64-bit little-endian ELF"},
    {"big endian", big_endian, KC_ERR_MALFORMED, "not a 64-bit little-endian ELF"},
    {"another machine", machine, KC_ERR_UNSUPPORTED, "not for x86-64"},
    {"not position independent", executable, KC_ERR_UNSUPPORTED, "-static-pie"},
    {"header size", header_size, KC_ERR_MALFORMED, "header sizes"},
    {"program header size", program_header_size, KC_ERR_MALFORMED, "header sizes"},
    {"section header size", section_header_size, KC_ERR_MALFORMED, "header sizes"},
    {"program headers far away", program_headers_far, KC_ERR_MALFORMED, "program headers"},
    {"too many program headers", program_headers_many, KC_ERR_MALFORMED, "program headers"},
    {"no segments", no_segments, KC_ERR_MALFORMED, "no segments"},
    {"entry in data", entry_in_data, KC_ERR_MALFORMED, "entry point"},
    {"entry far away", entry_far, KC_ERR_MALFORMED, "entry point"},
    {"writable and executable", write_and_execute, KC_ERR_MALFORMED, "writable and executable"},
    {"unreadable", unreadable, KC_ERR_MALFORMED, "not readable"},
    {"execute only", execute_only, KC_ERR_MALFORMED, "not readable"},
    {"not linked at 0", not_at_zero, KC_ERR_MALFORMED, "not linked at 0"},
    {"address unaligned", address_unaligned, KC_ERR_MALFORMED, "start at a page"},
    {"offset unaligned", offset_unaligned, KC_ERR_MALFORMED, "start at a page"},
    {"overlap", overlap, KC_ERR_MALFORMED, "overlap"},
    {"descending", descending, KC_ERR_MALFORMED, "overlap"},
    {"empty segment", empty, KC_ERR_MALFORMED, "empty"},
    {"larger in the file", file_larger, KC_ERR_MALFORMED, "larger in the file"},
    {"memory wraps", memory_huge, KC_ERR_MALFORMED, "256 MiB"},
    {"memory over the limit", memory_over, KC_ERR_MALFORMED, "256 MiB"},
    {"address wraps", address_huge, KC_ERR_MALFORMED, "256 MiB"},
    {"offset wraps", offset_far, KC_ERR_MALFORMED, "end of the file"},
    {"beyond the file", file_over, KC_ERR_MALFORMED, "end of the file"},
    {"text with bss", text_with_bss, KC_ERR_MALFORMED, "last page's end"},
    {"text's last page not zero", text_tail, KC_ERR_MALFORMED, "last page's end"},
    {"interpreter", interpreter, KC_ERR_MALFORMED, "interpreter"},
    {"no dynamic table", no_dynamic, KC_ERR_MALFORMED, "no dynamic segment"},
    {"thread-local storage", thread_local, KC_ERR_MALFORMED, "thread-local"},
    {"executable stack", executable_stack, KC_ERR_MALFORMED, "executable stack"},
    {"dynamic table in bss", dynamic_outside, KC_ERR_MALFORMED, "dynamic table"},
    {"two dynamic tables", dynamic_twice, KC_ERR_MALFORMED, "two dynamic"},
    {"dynamic table without end", dynamic_endless, KC_ERR_MALFORMED, "has no end"},
    {"shared library", needed, KC_ERR_MALFORMED, "shared library"},
    {"text relocations", textrel, KC_ERR_MALFORMED, "-fPIE"},
    {"text relocations by flag", textrel_flag, KC_ERR_MALFORMED, "-fPIE"},
    {"REL table", rel, KC_ERR_MALFORMED, "another form than RELA"},
    {"PLT relocations", plt, KC_ERR_MALFORMED, "-z now"},
    {"relocation table's size", rela_size, KC_ERR_MALFORMED, "entry size"},
    {"relocation entry's size", rela_entry, KC_ERR_MALFORMED, "entry size"},
    {"relocations across segments", rela_outside, KC_ERR_MALFORMED, "not in a segment"},
    {"relocations without end", rela_far, KC_ERR_MALFORMED, "not in a segment"},
    {"relocation of another type", rela_type, KC_ERR_MALFORMED, "R_X86_64_RELATIVE"},
    {"relocation with a symbol", rela_symbol, KC_ERR_MALFORMED, "R_X86_64_RELATIVE"},
    {"relocation of text", rela_in_text, KC_ERR_MALFORMED, "not writable"},
    {"relocation across the end", rela_across_end, KC_ERR_MALFORMED, "not writable"},
    {"relocation wraps", rela_wrapping, KC_ERR_MALFORMED, "not writable"},
    {"no sections", no_sections, KC_ERR_MALFORMED, "no section headers"},
    {"sections far away", sections_far, KC_ERR_MALFORMED, "section headers"},
    {"section names' index", names_index, KC_ERR_MALFORMED, "section headers"},
    {"section names' type", names_type, KC_ERR_MALFORMED, "names is broken"},
    {"section names unended", names_unended, KC_ERR_MALFORMED, "names is broken"},
    {"section names empty", names_empty, KC_ERR_MALFORMED, "names is broken"},
    {"no record", no_record, KC_ERR_MALFORMED, "lacks a section"},
    {"two records", record_twice, KC_ERR_MALFORMED, "same name"},
    {"record's size", record_size, KC_ERR_MALFORMED, "64 aligned"},
    {"record's section type", record_type, KC_ERR_MALFORMED, "64 aligned"},
    {"record unaligned", record_unaligned, KC_ERR_MALFORMED, "64 aligned"},
    {"record in text", record_in_text, KC_ERR_MALFORMED, "data segment"},
    {"record's offset and address differ", record_elsewhere, KC_ERR_MALFORMED, "data segment"},
    {"record across the file's end", record_outside, KC_ERR_MALFORMED, "data segment"},
    {"record's magic", record_magic, KC_ERR_MALFORMED, "another magic"},
    {"record's heap", record_heap, KC_ERR_MALFORMED, "does not fit"},
    {"record's heap huge", record_heap_huge, KC_ERR_MALFORMED, "heap is not"},
    {"record without heap", record_no_heap, KC_ERR_MALFORMED, "heap is not"},
    {"record's stack", record_stack, KC_ERR_MALFORMED, "stack is not"},
    {"record's TCS", record_tcs, KC_ERR_MALFORMED, "64 TCS"},
    {"record without TCS", record_no_tcs, KC_ERR_MALFORMED, "64 TCS"},
    {"record's reserved", record_reserved, KC_ERR_MALFORMED, "does not fit"},
    {"record's heap offset", record_heap_offset, KC_ERR_MALFORMED, "does not fit"},
    {"record's threads offset", record_threads, KC_ERR_MALFORMED, "does not fit"},
    {"record's stride", record_stride, KC_ERR_MALFORMED, "does not fit"},
    {"record's size", record_range, KC_ERR_MALFORMED, "does not fit"},
    {"record's entry", record_entry, KC_ERR_MALFORMED, "does not fit"},
    {"not signed yet", record_unsigned, KC_ERR_STATE, "not signed yet"},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct test_elf elf;
        struct kc_image image = {0};
        struct kc_error error = KC_ERROR_NONE;
        make_signed(&elf);
        rows[i].fault(&elf);
        enum kc_err got = kc_image_from_elf(bytes_of(&elf), &image, &error);
        if (got != rows[i].want || strstr(error.what, rows[i].what) == NULL)
            fail_msg("%s: %s, %s", rows[i].name, kc_error_name(got), error.what);
        assert_null(image.bytes);
    }
}

static void test_cut_off(void **state)
{
    (void)state;
    struct test_elf elf;
    make_signed(&elf);
    for (size_t n = 0; n < sizeof elf.bytes; n += n < 0x300 ? 1 : 61) {
        struct kc_image image = {0};
        if (n >= TEST_ELF_SECTIONS + 4 * sizeof(Elf64_Shdr))
            break;
        uint8_t *copy = malloc(n == 0 ? 1 : n); /* so that ASan sees a byte too many */
        memcpy(copy, elf.bytes, n);
        assert_int_not_equal(kc_image_from_elf(kc_bytes_of(copy, n), &image, NULL), KC_OK);
        free(copy);
    }
}

/* image_record.h, drawn out for two threads with stacks of two pages. */
static void test_layout(void **state)
{
    (void)state;
    const uint64_t rw = KC_SECINFO_REG | KC_SECINFO_R | KC_SECINFO_W;
    const struct kc_image_run want[] = {
        {0x0000, 1, KC_SECINFO_REG | KC_SECINFO_R | KC_SECINFO_X},
        {0x1000, 1, KC_SECINFO_REG | KC_SECINFO_R},
        {0x2000, 3, rw},
        {0x5000, 3, rw}, /* heap */
        {0x9000, 2, rw}, /* stack, behind a guard */
        {0xc000, 1, KC_SECINFO_TCS},
        {0xd000, 2, rw},
        {0x10000, 2, rw},
        {0x13000, 1, KC_SECINFO_TCS},
        {0x14000, 2, rw},
    };
    struct test_elf elf;
    struct kc_image image = {0};
    make_signed(&elf);
    assert_int_equal(kc_image_from_elf(bytes_of(&elf), &image, NULL), KC_OK);
    assert_int_equal(image.run_count, COUNT_OF(want));
    for (size_t i = 0; i < COUNT_OF(want); i++) {
        assert_int_equal(image.run[i].offset, want[i].offset);
        assert_int_equal(image.run[i].pages, want[i].pages);
        assert_int_equal(image.run[i].secinfo_flags, want[i].secinfo_flags);
    }
    assert_int_equal(image.end, 0x16000);
    assert_int_equal(image.size, 0x20000);
    assert_int_equal(image.entry, TEST_ELF_ENTRY);
    assert_int_equal(image.tcs_count, 2);
    assert_int_equal(image.tcs[0], 0xc000);
    assert_int_equal(image.tcs[1], 0x13000);
    assert_memory_equal(image.bytes, elf.bytes + TEST_ELF_TEXT, 0x1000);
    assert_memory_equal(image.bytes + 0x2000, elf.bytes + TEST_ELF_DATA, 0x800);
    assert_true(kc_bytes_are_zero(kc_bytes_of(image.bytes + 0x2800, 0xc000 - 0x2800)));
    kc_image_free(&image);
    kc_image_free(&image); /* harmless */
}

static void test_tcs_page(void **state)
{
    (void)state;
    static const uint8_t want[72] = {
        [16] = 0x00,
        [17] = 0xd0,           /* OSSA = TCS + 0x1000 */
        [28] = 1,              /* NSSA */
        [32] = TEST_ELF_ENTRY, /* OENTRY */
        [48] = 0x00,
        [49] = 0xe0, /* OFSBASGX = TCS + 0x2000 */
        [56] = 0x00,
        [57] = 0xe0, /* OGSBASGX */
        [64] = 0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
    };
    struct test_elf elf;
    struct kc_image image = {0};
    make_signed(&elf);
    assert_int_equal(kc_image_from_elf(bytes_of(&elf), &image, NULL), KC_OK);
    assert_memory_equal(image.bytes + 0xc000, want, sizeof want);
    assert_true(kc_bytes_are_zero(kc_bytes_of(image.bytes + 0xc000 + 72, 4096 - 72)));
    kc_image_free(&image);
}

/* Every page counts: contents, permissions, place, size. */
static void test_measurement_changes(void **state)
{
    (void)state;
    struct test_elf elf;
    struct kc_image image = {0};
    uint8_t first[32];
    uint8_t other[32];
    make_signed(&elf);
    assert_int_equal(kc_image_from_elf(bytes_of(&elf), &image, NULL), KC_OK);
    assert_int_equal(kc_image_measure(&image, first), KC_OK);
    for (size_t i = 0; i < image.run_count; i++) {
        uint64_t last = image.run[i].offset + image.run[i].pages * KC_IMAGE_PAGE - 1;
        image.bytes[last] ^= 1;
        assert_int_equal(kc_image_measure(&image, other), KC_OK);
        assert_memory_not_equal(first, other, 32);
        image.bytes[last] ^= 1;
        image.run[i].secinfo_flags ^= KC_SECINFO_W;
        assert_int_equal(kc_image_measure(&image, other), KC_OK);
        assert_memory_not_equal(first, other, 32);
        image.run[i].secinfo_flags ^= KC_SECINFO_W;
    }
    image.size *= 2;
    assert_int_equal(kc_image_measure(&image, other), KC_OK);
    assert_memory_not_equal(first, other, 32);
    image.size /= 2;
    assert_int_equal(kc_image_measure(&image, other), KC_OK);
    assert_memory_equal(first, other, 32);
    kc_image_free(&image);
}

static void test_sign_again(void **state)
{
    (void)state;
    struct test_elf once;
    struct test_elf twice;
    size_t trapped = 0;
    struct kc_sign_config other = config;
    other.heap_pages = 9;
    make_signed(&once);
    test_elf_make(&twice);
    struct kc_room room = {twice.bytes, sizeof twice.bytes};
    assert_int_equal(kc_sign_image_prepare(room, &other, &trapped, NULL), KC_OK);
    assert_memory_not_equal(once.bytes, twice.bytes, sizeof once.bytes);
    assert_int_equal(kc_sign_image_prepare(room, &config, &trapped, NULL), KC_OK);
    assert_memory_equal(once.bytes, twice.bytes, sizeof once.bytes);
}

static void test_load_absent(void **state)
{
    (void)state;
    struct kc_image image = {0};
    struct kc_error error = KC_ERROR_NONE;
    assert_int_equal(kc_image_load("/nonexistent/image", &image, &error), KC_ERR_ABSENT);
    assert_int_equal(kc_image_load("/dev/null", &image, NULL), KC_ERR_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_cut_off),
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_tcs_page),
        cmocka_unit_test(test_measurement_changes),
        cmocka_unit_test(test_sign_again),
        cmocka_unit_test(test_load_absent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
