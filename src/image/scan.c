#include "image/scan.h"

#include <stdlib.h>

#include "base/reader.h"
#include "image/elf_file.h"
#include "image/image.h"
#include "image/x86.h"

/* Names for one function are common; a table that has each many times would only cost time. */
#define MAX_OVERLAP 8

/* QUEUED: a branch goes there; becomes START, whatever else it was. */
enum { MARK_NONE, MARK_START, MARK_INSIDE, MARK_QUEUED };

struct work {
    const struct kc_elf *elf;
    struct kc_scan *scan;
    uint8_t *mark;   /* one a byte of the image */
    uint64_t *queue; /* addresses; each stands in it at most once */
    size_t queued;
    size_t room;
    uint64_t swept; /* sizes of all functions so far */
};

static void add_hit(struct kc_scan *scan, uint64_t address, const char *what, const char *function)
{
    if (scan->hit_count < KC_SCAN_MAX_HITS)
        scan->hit[scan->hit_count] = (struct kc_scan_hit){address, what, function};
    scan->hit_count++;
}

/* The bytes from `address` to the end of its executable segment; none when it is in no such. */
static struct kc_bytes code_at(const struct kc_elf *elf, uint64_t address)
{
    uint64_t offset = 0;
    const struct kc_elf_segment *segment = NULL;
    if (!kc_elf_locate(elf, address, 1, &offset, &segment) || (segment->access & KC_SECINFO_X) == 0)
        return kc_bytes_of(NULL, 0);
    return kc_bytes_of(elf->file.ptr + offset, segment->offset + segment->file_size - offset);
}

static enum kc_err queue(struct work *work, uint64_t target, struct kc_error *error)
{
    if (target >= work->elf->end || code_at(work->elf, target).len == 0) {
        add_hit(work->scan, target, "branch to a place outside the code", NULL);
        return KC_OK;
    }
    if (work->mark[target] == MARK_START || work->mark[target] == MARK_QUEUED)
        return KC_OK;
    if (work->queued == work->room) {
        size_t room = work->room == 0 ? 1024 : 2 * work->room;
        uint64_t *grown = realloc(work->queue, room * sizeof *grown);
        if (grown == NULL)
            return kc_error_set(error, KC_ERR_MEMORY, "no memory to scan the image", room);
        work->queue = grown;
        work->room = room;
    }
    work->mark[target] = MARK_QUEUED;
    work->queue[work->queued++] = target;
    return KC_OK;
}

/* Notes a new instruction; overlapping ones keep their starts. */
static enum kc_err note(struct work *work, uint64_t address, const struct kc_x86 *instruction,
                        const char *function, struct kc_error *error)
{
    work->scan->instructions++;
    if (instruction->forbidden != NULL)
        add_hit(work->scan, address, instruction->forbidden, function);
    work->mark[address] = MARK_START;
    for (size_t i = 1; i < instruction->length; i++) {
        if (work->mark[address + i] == MARK_NONE)
            work->mark[address + i] = MARK_INSIDE;
    }
    if (!instruction->branches)
        return KC_OK;
    return queue(work, address + instruction->length + (uint64_t)instruction->displacement, error);
}

static enum kc_err sweep_function(void *context, const struct kc_elf_function *function,
                                  struct kc_error *error)
{
    struct work *work = context;
    struct kc_bytes code = code_at(work->elf, function->address);
    enum kc_err err = KC_OK;
    if (code.len == 0)
        return KC_OK; /* not executable */
    if (function->size > code.len)
        return kc_error_set(error, KC_ERR_MALFORMED, "function reaches beyond its segment",
                            function->address);
    work->swept += function->size;
    if (work->swept > MAX_OVERLAP * work->elf->end)
        return kc_error_set(error, KC_ERR_MALFORMED, "functions overlap many times over",
                            function->address);
    code.len = function->size;
    work->scan->functions++;
    uint64_t address = function->address;
    while (code.len > 0 && err == KC_OK) {
        struct kc_x86 instruction = {0};
        if (!kc_x86_decode(code, &instruction)) {
            add_hit(work->scan, address, "unknown instruction", function->name);
            work->mark[address] = MARK_START; /* say so once */
            break;
        }
        if (work->mark[address] != MARK_START)
            err = note(work, address, &instruction, function->name, error);
        address += instruction.length;
        code.ptr += instruction.length;
        code.len -= instruction.length;
    }
    return err;
}

/* Code that no function symbol covers, or that starts inside another instruction. */
static enum kc_err follow(struct work *work, uint64_t address, struct kc_error *error)
{
    struct kc_bytes code = code_at(work->elf, address);
    enum kc_err err = KC_OK;
    while (work->mark[address] != MARK_START) {
        struct kc_x86 instruction = {0};
        if (!kc_x86_decode(code, &instruction)) {
            add_hit(work->scan, address, "unknown instruction", NULL);
            work->mark[address] = MARK_START;
            break;
        }
        err = note(work, address, &instruction, NULL, error);
        if (err != KC_OK || instruction.stops)
            break;
        address += instruction.length;
        code.ptr += instruction.length;
        code.len -= instruction.length;
        if (code.len == 0) {
            add_hit(work->scan, address, "code runs beyond its segment", NULL);
            break;
        }
    }
    return err;
}

static bool is_pattern(struct kc_bytes code)
{
    if (code.len < 2 || code.ptr[0] != 0x0f)
        return false;
    switch (code.ptr[1]) {
    case 0x05: /* SYSCALL */
    case 0x31: /* RDTSC */
    case 0x33: /* RDPMC */
    case 0x34: /* SYSENTER */
    case 0xa2: /* CPUID */
        return true;
    case 0x01: /* RDTSCP */
        return code.len > 2 && code.ptr[2] == 0xf9;
    default:
        return false;
    }
}

static void count_bytes(struct work *work, const struct kc_elf_segment *segment)
{
    for (uint64_t i = 0; i < segment->file_size; i++) {
        uint8_t found = work->mark[segment->address + i];
        struct kc_bytes code =
            kc_bytes_of(work->elf->file.ptr + segment->offset + i, segment->file_size - i);
        if (found == MARK_NONE)
            work->scan->unreached++;
        else
            work->scan->code++;
        if (found != MARK_START && is_pattern(code))
            work->scan->patterns++;
    }
}

/* Pointers to code, in tables of functions and the like. */
static enum kc_err queue_relocations(struct work *work, struct kc_error *error)
{
    enum kc_err err = KC_OK;
    struct kc_reader r = kc_reader_of(work->elf->relocations);
    while (r.left > 0 && err == KC_OK) {
        kc_reader_skip(&r, 2 * sizeof(uint64_t)); /* place and type */
        uint64_t target = kc_reader_u64(&r);
        if (code_at(work->elf, target).len > 0)
            err = queue(work, target, error);
    }
    return err;
}

static enum kc_err scan_all(struct work *work, struct kc_error *error)
{
    const struct kc_elf *elf = work->elf;
    enum kc_err err = kc_elf_functions(elf, sweep_function, work, error);
    if (err == KC_ERR_ABSENT)
        return KC_ERR_MALFORMED;
    if (err != KC_OK)
        return err;
    err = queue(work, elf->entry, error);
    if (err == KC_OK)
        err = queue_relocations(work, error);
    while (work->queued > 0 && err == KC_OK)
        err = follow(work, work->queue[--work->queued], error);
    if (err != KC_OK)
        return err;
    for (size_t i = 0; i < elf->segment_count; i++) {
        if ((elf->segment[i].access & KC_SECINFO_X) != 0)
            count_bytes(work, &elf->segment[i]);
    }
    return KC_OK;
}

enum kc_err kc_scan_image(struct kc_bytes elf_bytes, struct kc_scan *out, struct kc_error *error)
{
    struct kc_elf elf = {0};
    struct kc_scan scan = {0};
    enum kc_err err = kc_elf_parse(elf_bytes, &elf, error);
    if (err != KC_OK)
        return err;
    struct work work = {&elf, &scan, calloc(1, elf.end), NULL, 0, 0, 0};
    if (work.mark == NULL)
        return kc_error_set(error, KC_ERR_MEMORY, "no memory to scan the image", elf.end);
    err = scan_all(&work, error);
    free(work.mark);
    free(work.queue);
    if (err == KC_OK)
        *out = scan;
    return err;
}
