#include "test.h"

#include "image/scan.h"
#include "image/trap.h"
#include "image/x86.h"
#include "test_elf.h"

static const struct {
    const char *name; /* NULL: allowed */
    size_t length;
    uint8_t code[15];
} instructions[] = {
    {"CPUID", 2, {0x0f, 0xa2}},
    {"RDTSC", 2, {0x0f, 0x31}},
    {"RDTSCP", 3, {0x0f, 0x01, 0xf9}},
    {"RDPMC", 2, {0x0f, 0x33}},
    {"SYSCALL", 2, {0x0f, 0x05}},
    {"SYSRET", 3, {0x48, 0x0f, 0x07}},
    {"SYSENTER", 2, {0x0f, 0x34}},
    {"SYSEXIT", 2, {0x0f, 0x35}},
    {"INT", 2, {0xcd, 0x80}},
    {"INT1", 1, {0xf1}},
    {"IRET", 2, {0x48, 0xcf}},
    {"IN", 1, {0xec}},
    {"IN", 2, {0xe5, 0x60}},
    {"OUT", 2, {0x66, 0xef}},
    {"OUT", 2, {0xe6, 0x60}},
    {"INS", 2, {0xf3, 0x6c}},
    {"OUTS", 2, {0xf3, 0x6f}},
    {"HLT", 1, {0xf4}},
    {"CLI", 1, {0xfa}},
    {"STI", 1, {0xfb}},
    {"far RET", 1, {0xcb}},
    {"far RET", 3, {0xca, 8, 0}},
    {"far CALL or JMP", 3, {0x48, 0xff, 0x18}},
    {"far CALL or JMP", 2, {0xff, 0x28}},
    {"MOV to a segment register", 2, {0x8e, 0xd8}},
    {"POP FS", 2, {0x0f, 0xa1}},
    {"POP GS", 2, {0x0f, 0xa9}},
    {"LSS", 3, {0x0f, 0xb2, 0x00}},
    {"MOV CR", 3, {0x0f, 0x20, 0x04}}, /* mod is ignored: no SIB behind it */
    {"MOV DR", 3, {0x0f, 0x23, 0x84}},
    {"RDMSR", 2, {0x0f, 0x32}},
    {"WRMSR", 2, {0x0f, 0x30}},
    {"GETSEC", 2, {0x0f, 0x37}},
    {"SLDT, STR, LLDT or LTR", 3, {0x0f, 0x00, 0xc8}},
    {"system instruction 0F 01", 7, {0x0f, 0x01, 0x05, 1, 2, 3, 4}}, /* SGDT */
    {"system instruction 0F 01", 3, {0x0f, 0x01, 0xe0}},             /* SMSW */
    {"system instruction 0F 01", 3, {0x0f, 0x01, 0xc1}},             /* VMCALL */
    {"system instruction 0F 01", 3, {0x0f, 0x01, 0xcf}},             /* ENCLS */
    {NULL, 3, {0x0f, 0x01, 0xd7}},                                   /* ENCLU */
    {NULL, 3, {0x0f, 0x01, 0xd0}},                                   /* XGETBV */
    {NULL, 4, {0xf3, 0x0f, 0x1e, 0xfa}},                             /* ENDBR64 */
    {NULL, 3, {0x0f, 0xc7, 0xf0}},                                   /* RDRAND */
    {NULL, 4, {0x48, 0x0f, 0xc7, 0xf8}},                             /* RDSEED */
    {NULL, 2, {0x0f, 0x0b}},                                         /* UD2 */
    {NULL, 5, {0xb8, 0x0f, 0xa2, 0x0f, 0x05}}, /* MOV of a constant that looks like CPUID */
    {NULL, 10, {0x48, 0xb8, 0x0f, 0xa2, 1, 2, 3, 4, 5, 6}},
    {NULL, 4, {0x66, 0xb8, 0xcd, 0x80}},
    {NULL, 9, {0xa0, 1, 2, 3, 4, 5, 6, 7, 8}},
    {NULL, 6, {0x67, 0xa1, 1, 2, 3, 4}},
    {NULL, 4, {0xc8, 1, 2, 3}},                            /* ENTER */
    {NULL, 2, {0xf6, 0xd8}},                               /* NEG */
    {NULL, 3, {0xf6, 0xc0, 0x01}},                         /* TEST imm8 */
    {NULL, 6, {0xf7, 0xc0, 1, 2, 3, 4}},                   /* TEST imm32 */
    {NULL, 5, {0x66, 0xf7, 0xc0, 1, 2}},                   /* TEST imm16 */
    {NULL, 7, {0x48, 0x8b, 0x05, 1, 2, 3, 4}},             /* RIP relative */
    {NULL, 8, {0x48, 0x8b, 0x04, 0x25, 1, 2, 3, 4}},       /* SIB without base */
    {NULL, 5, {0x48, 0x8b, 0x44, 0x24, 0x08}},             /* SIB, disp8 */
    {NULL, 3, {0xc5, 0xf8, 0x77}},                         /* VZEROUPPER */
    {NULL, 4, {0xc5, 0xf9, 0xef, 0xc0}},                   /* VPXOR */
    {NULL, 5, {0xc5, 0xf9, 0x70, 0xc0, 0x1b}},             /* VPSHUFD imm8 */
    {NULL, 5, {0xc4, 0xe2, 0x79, 0x00, 0xc1}},             /* VPSHUFB */
    {NULL, 6, {0xc4, 0xe3, 0x7d, 0x39, 0xc0, 0x01}},       /* VEXTRACTI128 */
    {NULL, 6, {0x62, 0xf1, 0x7d, 0x48, 0xef, 0xc0}},       /* EVEX */
    {NULL, 7, {0x62, 0xf3, 0xfd, 0x48, 0x3b, 0xc0, 0x01}}, /* EVEX imm8 */
    {NULL, 6, {0x8f, 0xe8, 0x78, 0xc2, 0xc0, 0x07}},       /* XOP imm8 */
    {NULL, 2, {0x8f, 0x00}},                               /* POP */
    {NULL, 6, {0x66, 0x0f, 0x3a, 0x0f, 0xc1, 0x08}},       /* PALIGNR */
    {NULL, 5, {0x66, 0x0f, 0x38, 0xdc, 0xc1}},             /* AESENC */
};

static void test_decode(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(instructions); i++) {
        struct kc_x86 found = {0};
        const char *want = instructions[i].name;
        bool ok = kc_x86_decode(kc_bytes_of(instructions[i].code, 15), &found);
        if (!ok || found.length != instructions[i].length ||
            (want == NULL) != (found.forbidden == NULL) ||
            (want != NULL && strcmp(found.forbidden, want) != 0))
            fail_msg("row %zu: length %zu, %s", i, found.length,
                     found.forbidden == NULL ? "allowed" : found.forbidden);
        assert_false(
            kc_x86_decode(kc_bytes_of(instructions[i].code, instructions[i].length - 1), &found));
    }
}

static const struct {
    const char *name;
    uint8_t code[15];
} unknown[] = {
    {"push es", {0x06}},
    {"aaa", {0x37}},
    {"pusha", {0x60}},
    {"far call", {0x9a}},
    {"into", {0xce}},
    {"0f 04", {0x0f, 0x04}},
    {"0f 39", {0x0f, 0x39}},
    {"VEX map 0", {0xc4, 0xe0, 0x79, 0, 0xc0}},
    {"EVEX map 7", {0x62, 0xf7}},
    {"XOP map 11", {0x8f, 0xeb, 0x78, 0xc0}},
    {"nothing but prefixes",
     {0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66}},
    {"16 bytes",
     {0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x81, 0xc0,
      0x01}}, /* cut below to what is left of 15 */
};

static void test_unknown(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(unknown); i++) {
        struct kc_x86 found = {0};
        size_t n = i == COUNT_OF(unknown) - 1 ? 14 : 15;
        if (kc_x86_decode(kc_bytes_of(unknown[i].code, n), &found))
            fail_msg("%s: decoded as %zu bytes", unknown[i].name, found.length);
    }
}

static const struct {
    const char *name;
    size_t length;
    uint8_t code[8];
    int64_t displacement;
    bool branches;
    bool stops;
} flows[] = {
    {"call", 5, {0xe8, 0xfb, 0xff, 0xff, 0xff}, -5, true, false},
    {"jmp", 5, {0xe9, 0, 1, 0, 0}, 256, true, true},
    {"jmp short", 2, {0xeb, 0xfe}, -2, true, true},
    {"jz", 2, {0x74, 0x10}, 16, true, false},
    {"jnz near", 6, {0x0f, 0x85, 0, 0, 0, 0x80}, INT32_MIN, true, false},
    {"loop", 2, {0xe2, 0x80}, -128, true, false},
    {"ret", 1, {0xc3}, 0, false, true},
    {"rep ret", 2, {0xf3, 0xc3}, 0, false, true},
    {"jmp *rax", 2, {0xff, 0xe0}, 0, false, true},
    {"call *rax", 2, {0xff, 0xd0}, 0, false, false},
    {"ud2", 2, {0x0f, 0x0b}, 0, false, true},
};

static void test_flow(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(flows); i++) {
        struct kc_x86 found = {0};
        if (!kc_x86_decode(kc_bytes_of(flows[i].code, 8), &found) ||
            found.length != flows[i].length || found.branches != flows[i].branches ||
            found.displacement != flows[i].displacement || found.stops != flows[i].stops)
            fail_msg("%s", flows[i].name);
    }
}

static void scan(struct test_elf *elf, struct kc_scan *out)
{
    assert_int_equal(kc_scan_image(kc_bytes_of(elf->bytes, sizeof elf->bytes), out, NULL), KC_OK);
}

static void overwrite(struct test_elf *elf)
{
    size_t count = 0;
    assert_int_equal(
        kc_trap_overwrite((struct kc_room){elf->bytes, sizeof elf->bytes}, &count, NULL), KC_OK);
    assert_int_equal(count, 1);
}

static void test_overwrite(void **state)
{
    (void)state;
    static const uint8_t want[] = {0x0f, 0x0b, 0x0f, 0x0b, 0xcc, 0};
    struct test_elf elf;
    struct kc_scan found = {0};
    test_elf_make(&elf);
    scan(&elf, &found);
    assert_int_equal(found.hit_count, 2);
    assert_string_equal(found.hit[0].what, "CPUID");
    assert_string_equal(found.hit[0].function, "OPENSSL_ia32_cpuid");
    assert_int_equal(found.hit[0].address, TEST_ELF_CPUID);
    assert_string_equal(found.hit[1].what, "RDTSC");
    overwrite(&elf);
    assert_memory_equal(elf.bytes + TEST_ELF_TEXT + TEST_ELF_CPUID, want, sizeof want);
    scan(&elf, &found);
    assert_int_equal(found.hit_count, 0);
    assert_int_equal(found.functions, 3);
}

/* Every forbidden instruction is found in a function, and not where only data stand. */
static void test_every_instruction(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(instructions); i++) {
        struct test_elf elf;
        struct kc_scan found = {0};
        test_elf_make(&elf);
        overwrite(&elf);
        uint8_t *text = elf.bytes + TEST_ELF_TEXT;
        memcpy(text + 0x200, instructions[i].code, instructions[i].length);
        scan(&elf, &found);
        assert_int_equal(found.hit_count, 0);
        memcpy(text + TEST_ELF_FUNCTION + 1, instructions[i].code, instructions[i].length);
        scan(&elf, &found);
        if (found.hit_count != (instructions[i].name != NULL))
            fail_msg("row %zu: %u hits", i, (unsigned)found.hit_count);
        if (found.hit_count > 0)
            assert_string_equal(found.hit[0].function, "function");
    }
}

static void test_hidden_code(void **state)
{
    (void)state;
    struct test_elf elf;
    struct kc_scan found = {0};
    test_elf_make(&elf);
    overwrite(&elf);
    uint8_t *text = elf.bytes + TEST_ELF_TEXT;
    /* A branch to code that no symbol covers: jmp 0x200, there NOP, SYSCALL, RET. */
    memcpy(text + TEST_ELF_FUNCTION, (const uint8_t[]){0xe9, 0xbb, 1, 0, 0}, 5);
    memcpy(text + 0x200, (const uint8_t[]){0x90, 0x0f, 0x05, 0xc3}, 4);
    scan(&elf, &found);
    assert_int_equal(found.hit_count, 1);
    assert_int_equal(found.hit[0].address, 0x201);
    assert_null(found.hit[0].function);
    /* The same through a relocated pointer. */
    memset(text + TEST_ELF_FUNCTION, 0x90, 5);
    scan(&elf, &found);
    assert_int_equal(found.hit_count, 0);
    test_elf_relocation(&elf, 1)->r_addend = 0x200;
    scan(&elf, &found);
    assert_int_equal(found.hit_count, 1);
    assert_int_equal(found.hit[0].address, 0x201);
    /* A branch into the middle of an instruction: MOV EAX, imm32 with CPUID in it. */
    test_elf_make(&elf);
    overwrite(&elf);
    memcpy(text + TEST_ELF_FUNCTION, (const uint8_t[]){0xeb, 0x01, 0xb8, 0x0f, 0xa2, 0xc3, 0x90},
           7);
    scan(&elf, &found);
    assert_int_equal(found.hit_count, 1);
    assert_string_equal(found.hit[0].what, "CPUID");
    assert_int_equal(found.hit[0].address, TEST_ELF_FUNCTION + 3);
    /* A pattern in the middle that nothing branches to is counted, not refused. */
    memset(text + TEST_ELF_FUNCTION, 0x90, 2);
    scan(&elf, &found);
    assert_int_equal(found.hit_count, 0);
    assert_int_equal(found.patterns, 1);
}

static void set_function_size(struct test_elf *elf, uint64_t size)
{
    test_elf_symbol(elf, 2)->st_size = size;
}

static void test_broken_code(void **state)
{
    (void)state;
    struct test_elf elf;
    struct kc_scan found = {0};
    struct kc_error error = KC_ERROR_NONE;
    test_elf_make(&elf);
    overwrite(&elf);
    elf.bytes[TEST_ELF_TEXT + TEST_ELF_FUNCTION] = 0x06;
    scan(&elf, &found);
    assert_int_equal(found.hit_count, 1);
    assert_string_equal(found.hit[0].what, "unknown instruction");
    /* A branch out of the text, and code that runs on beyond its end. */
    memcpy(elf.bytes + TEST_ELF_TEXT + TEST_ELF_FUNCTION, (const uint8_t[]){0xe8, 0, 0x20, 0, 0},
           5);
    scan(&elf, &found);
    assert_int_equal(found.hit_count, 1);
    assert_string_equal(found.hit[0].what, "branch to a place outside the code");
    memcpy(elf.bytes + TEST_ELF_TEXT + TEST_ELF_FUNCTION, (const uint8_t[]){0xe8, 0xb9, 0x0f, 0, 0},
           5);
    elf.bytes[TEST_ELF_TEXT + 0xffe] = 0x90;
    elf.bytes[TEST_ELF_TEXT + 0xfff] = 0x90;
    scan(&elf, &found);
    assert_int_equal(found.hit_count, 1);
    assert_string_equal(found.hit[0].what, "code runs beyond its segment");
    set_function_size(&elf, 0x1000);
    assert_int_equal(kc_scan_image(kc_bytes_of(elf.bytes, sizeof elf.bytes), &found, &error),
                     KC_ERR_MALFORMED);
    assert_string_equal(error.what, "function reaches beyond its segment");
}

/* A symbol table that names the whole text 64 times. */
static void test_overlapping_functions(void **state)
{
    (void)state;
    enum { COUNT = 64 };
    struct {
        struct test_elf elf;
        Elf64_Sym symbol[COUNT];
    } file;
    struct kc_scan found = {0};
    struct kc_error error = KC_ERROR_NONE;
    test_elf_make(&file.elf);
    for (size_t i = 0; i < COUNT; i++) {
        file.symbol[i] = *test_elf_symbol(&file.elf, 2);
        file.symbol[i].st_value = 0;
        file.symbol[i].st_size = 0x1000;
    }
    test_elf_section(&file.elf, 2)->sh_offset = sizeof file.elf;
    test_elf_section(&file.elf, 2)->sh_size = sizeof file.symbol;
    assert_int_equal(kc_scan_image(kc_bytes_of(&file, sizeof file), &found, &error),
                     KC_ERR_MALFORMED);
    assert_string_equal(error.what, "functions overlap many times over");
}

static void change_no_symtab(struct test_elf *elf)
{
    test_elf_section(elf, 2)->sh_name = 0;
}

static void change_symtab_type(struct test_elf *elf)
{
    test_elf_section(elf, 2)->sh_type = SHT_DYNSYM;
}

static void change_symtab_size(struct test_elf *elf)
{
    test_elf_section(elf, 2)->sh_size--;
}

static void change_symtab_far(struct test_elf *elf)
{
    test_elf_section(elf, 2)->sh_offset = UINT64_MAX - 3;
}

static void change_symtab_names(struct test_elf *elf)
{
    test_elf_section(elf, 2)->sh_link = 9;
}

static void change_symbol_name(struct test_elf *elf)
{
    test_elf_symbol(elf, 1)->st_name = 0x1000;
}

static void change_trap_size(struct test_elf *elf)
{
    test_elf_symbol(elf, 3)->st_size = 0x1000;
}

static void change_trap_size_huge(struct test_elf *elf)
{
    test_elf_symbol(elf, 3)->st_size = UINT64_MAX;
}

static void change_trap_in_data(struct test_elf *elf)
{
    test_elf_symbol(elf, 3)->st_value = 0x2100;
}

static const struct {
    void (*change)(struct test_elf *elf);
    const char *what;
} broken[] = {
    {change_no_symtab, "lacks a section"},
    {change_symtab_type, "symbol table is broken"},
    {change_symtab_size, "symbol table is broken"},
    {change_symtab_far, "symbol table is broken"},
    {change_symtab_names, "section headers"},
    {change_symbol_name, "symbol without a name"},
    {change_trap_size, "not in an executable segment"},
    {change_trap_size_huge, "not in an executable segment"},
    {change_trap_in_data, "not in an executable segment"},
};

static void test_broken_symbols(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        struct test_elf elf;
        struct kc_error error = KC_ERROR_NONE;
        size_t count = 0;
        test_elf_make(&elf);
        broken[i].change(&elf);
        enum kc_err got =
            kc_trap_overwrite((struct kc_room){elf.bytes, sizeof elf.bytes}, &count, &error);
        if (got != KC_ERR_MALFORMED || strstr(error.what, broken[i].what) == NULL)
            fail_msg("row %zu: %s, %s", i, kc_error_name(got), error.what);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_flow),
        cmocka_unit_test(test_overwrite),
        cmocka_unit_test(test_every_instruction),
        cmocka_unit_test(test_hidden_code),
        cmocka_unit_test(test_broken_code),
        cmocka_unit_test(test_broken_symbols),
        cmocka_unit_test(test_overlapping_functions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
