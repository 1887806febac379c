#include "image/trap.h"

#include <string.h>

#include "image/elf_file.h"
#include "image/image.h"

const struct kc_trap kc_trap_table[] = {
    {"OPENSSL_ia32_cpuid", "CPUID: the runtime sets OpenSSL's feature word itself"},
    {"OPENSSL_rdtsc", "RDTSC: a time stamp is no entropy"},
    {"OPENSSL_instrument_bus", "RDTSC: measures jitter that the host controls"},
    {"OPENSSL_instrument_bus2", "RDTSC: measures jitter that the host controls"},
    {"padlock_capability", "CPUID: looks for VIA's processors, which have no SGX"},
    {"RC4_options", "a string stands inside of it; nobody asks how RC4 was built"},
    {NULL, NULL},
};

#define INT3 0xcc

struct work {
    const struct kc_elf *elf;
    struct kc_room room;
    size_t count;
};

static bool is_listed(const char *name)
{
    for (const struct kc_trap *t = kc_trap_table; t->function != NULL; t++) {
        if (strcmp(t->function, name) == 0)
            return true;
    }
    return false;
}

static enum kc_err overwrite(void *context, const struct kc_elf_function *function,
                             struct kc_error *error)
{
    struct work *work = context;
    uint64_t offset = 0;
    const struct kc_elf_segment *segment = NULL;
    if (!is_listed(function->name))
        return KC_OK;
    if (!kc_elf_locate(work->elf, function->address, function->size, &offset, &segment) ||
        (segment->access & KC_SECINFO_X) == 0)
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "function to be overwritten is not in an executable segment",
                            function->address);
    for (uint64_t i = 0; i < function->size; i += 2) {
        bool whole = i + 1 < function->size;
        work->room.ptr[offset + i] = whole ? 0x0f : INT3;
        if (whole)
            work->room.ptr[offset + i + 1] = 0x0b;
    }
    work->count++;
    return KC_OK;
}

enum kc_err kc_trap_overwrite(struct kc_room elf, size_t *count, struct kc_error *error)
{
    struct kc_elf parsed = {0};
    struct work work = {&parsed, elf, 0};
    enum kc_err err = kc_elf_parse(kc_bytes_of(elf.ptr, elf.len), &parsed, error);
    if (err == KC_OK)
        err = kc_elf_functions(&parsed, overwrite, &work, error);
    if (err == KC_ERR_ABSENT)
        return KC_ERR_MALFORMED;
    if (err == KC_OK)
        *count = work.count;
    return err;
}
