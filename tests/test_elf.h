/*
 * A small enclave image, made byte by byte, so that each test changes the one thing it is about.
 *
 *   file    address
 *   0x0000           ELF header, program headers
 *   0x1000  0x0000   text: one page, three functions
 *   0x2000  0x1000   read-only data: the relocations
 *   0x3000  0x2000   data: image record, dynamic table; then bss up to 0x4800
 *   0x4000           names, symbols, section headers
 */
#ifndef KC_TESTS_TEST_ELF_H
#define KC_TESTS_TEST_ELF_H

#include <elf.h>
#include <string.h>

#include "image/image_record.h"

#define TEST_ELF_TEXT     0x1000
#define TEST_ELF_RODATA   0x2000
#define TEST_ELF_DATA     0x3000
#define TEST_ELF_RECORD   0x3000
#define TEST_ELF_DYNAMIC  0x3100
#define TEST_ELF_NAMES    0x4000
#define TEST_ELF_SYMBOLS  0x4100
#define TEST_ELF_SECTIONS 0x4200
#define TEST_ELF_END      0x5000 /* of the segments in memory */

/* Offsets in the text. */
#define TEST_ELF_ENTRY    0x10
#define TEST_ELF_FUNCTION 0x40 /* 16 bytes of NOP and a RET */
#define TEST_ELF_CPUID    0x80 /* OPENSSL_ia32_cpuid, 5 bytes */

struct test_elf {
    _Alignas(16) uint8_t bytes[0x4400];
};

static inline Elf64_Ehdr *test_elf_header(struct test_elf *elf)
{
    return (Elf64_Ehdr *)(void *)elf->bytes;
}

static inline Elf64_Phdr *test_elf_segment(struct test_elf *elf, size_t i)
{
    return (Elf64_Phdr *)(void *)(elf->bytes + sizeof(Elf64_Ehdr)) + i;
}

static inline Elf64_Shdr *test_elf_section(struct test_elf *elf, size_t i)
{
    return (Elf64_Shdr *)(void *)(elf->bytes + TEST_ELF_SECTIONS) + i;
}

static inline Elf64_Dyn *test_elf_dynamic(struct test_elf *elf, size_t i)
{
    return (Elf64_Dyn *)(void *)(elf->bytes + TEST_ELF_DYNAMIC) + i;
}

static inline Elf64_Rela *test_elf_relocation(struct test_elf *elf, size_t i)
{
    return (Elf64_Rela *)(void *)(elf->bytes + TEST_ELF_RODATA) + i;
}

static inline Elf64_Sym *test_elf_symbol(struct test_elf *elf, size_t i)
{
    return (Elf64_Sym *)(void *)(elf->bytes + TEST_ELF_SYMBOLS) + i;
}

static inline struct kc_image_record *test_elf_record(struct test_elf *elf)
{
    return (struct kc_image_record *)(void *)(elf->bytes + TEST_ELF_RECORD);
}

static inline void test_elf_make_segments(struct test_elf *elf)
{
    *test_elf_segment(elf, 0) =
        (Elf64_Phdr){PT_LOAD, PF_R | PF_X, TEST_ELF_TEXT, 0, 0, 0x1000, 0x1000, 0x1000};
    *test_elf_segment(elf, 1) =
        (Elf64_Phdr){PT_LOAD, PF_R, TEST_ELF_RODATA, 0x1000, 0x1000, 0x1000, 0x1000, 0x1000};
    *test_elf_segment(elf, 2) =
        (Elf64_Phdr){PT_LOAD, PF_R | PF_W, TEST_ELF_DATA, 0x2000, 0x2000, 0x800, 0x2800, 0x1000};
    *test_elf_segment(elf, 3) =
        (Elf64_Phdr){PT_DYNAMIC, PF_R | PF_W, TEST_ELF_DYNAMIC, 0x2100, 0x2100, 0x80, 0x80, 8};
}

static inline void test_elf_make_tables(struct test_elf *elf)
{
    *test_elf_dynamic(elf, 0) = (Elf64_Dyn){DT_RELA, {0x1000}};
    *test_elf_dynamic(elf, 1) = (Elf64_Dyn){DT_RELASZ, {2 * sizeof(Elf64_Rela)}};
    *test_elf_dynamic(elf, 2) = (Elf64_Dyn){DT_RELAENT, {sizeof(Elf64_Rela)}};
    *test_elf_dynamic(elf, 3) = (Elf64_Dyn){DT_FLAGS, {DF_BIND_NOW}};
    for (size_t i = 0; i < 2; i++)
        *test_elf_relocation(elf, i) =
            (Elf64_Rela){0x2200 + 8 * i, ELF64_R_INFO(0, R_X86_64_RELATIVE), 0x40};
    memcpy(test_elf_record(elf)->magic, KC_IMAGE_RECORD_MAGIC, 8);
}

static inline void test_elf_make_sections(struct test_elf *elf)
{
    static const char names[] = "\0.kc_image_record\0.symtab\0.names\0entry\0function\0"
                                "OPENSSL_ia32_cpuid";
    memcpy(elf->bytes + TEST_ELF_NAMES, names, sizeof names);
    *test_elf_section(elf, 1) = (Elf64_Shdr){
        1, SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 0x2000, TEST_ELF_RECORD, 64, 0, 0, 8, 0};
    *test_elf_section(elf, 2) = (Elf64_Shdr){
        18, SHT_SYMTAB, 0, 0, TEST_ELF_SYMBOLS, 4 * sizeof(Elf64_Sym), 3, 0, 8, sizeof(Elf64_Sym)};
    *test_elf_section(elf, 3) =
        (Elf64_Shdr){26, SHT_STRTAB, 0, 0, TEST_ELF_NAMES, sizeof names, 0, 0, 1, 0};
    unsigned char function = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
    *test_elf_symbol(elf, 1) = (Elf64_Sym){33, function, 0, 1, TEST_ELF_ENTRY, 8};
    *test_elf_symbol(elf, 2) = (Elf64_Sym){39, function, 0, 1, TEST_ELF_FUNCTION, 17};
    *test_elf_symbol(elf, 3) = (Elf64_Sym){48, function, 0, 1, TEST_ELF_CPUID, 5};
}

static inline void test_elf_make(struct test_elf *elf)
{
    static const uint8_t entry[] = {0xf3, 0x0f, 0x1e, 0xfa, 0xeb, 0x2a, 0x66, 0x90};
    static const uint8_t cpuid[] = {0x0f, 0xa2, 0x0f, 0x31, 0xc3};
    memset(elf, 0, sizeof *elf);
    *test_elf_header(elf) = (Elf64_Ehdr){{0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                                         ET_DYN,
                                         EM_X86_64,
                                         EV_CURRENT,
                                         TEST_ELF_ENTRY,
                                         sizeof(Elf64_Ehdr),
                                         TEST_ELF_SECTIONS,
                                         0,
                                         sizeof(Elf64_Ehdr),
                                         sizeof(Elf64_Phdr),
                                         4,
                                         sizeof(Elf64_Shdr),
                                         4,
                                         3};
    test_elf_make_segments(elf);
    test_elf_make_tables(elf);
    test_elf_make_sections(elf);
    memcpy(elf->bytes + TEST_ELF_TEXT + TEST_ELF_ENTRY, entry, sizeof entry);
    memset(elf->bytes + TEST_ELF_TEXT + TEST_ELF_FUNCTION, 0x90, 16);
    elf->bytes[TEST_ELF_TEXT + TEST_ELF_FUNCTION + 16] = 0xc3;
    memcpy(elf->bytes + TEST_ELF_TEXT + TEST_ELF_CPUID, cpuid, sizeof cpuid);
}

#endif
