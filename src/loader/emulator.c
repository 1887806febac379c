#include "loader/emulator.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/core.h"
#include "image/sigstruct.h"

#define MAX_FILE (256u << 20)

static uint64_t round_up(uint64_t n)
{
    return (n + 7) & ~(uint64_t)7;
}

/* Room of at least `n` bytes that keeps its size for the next call. */
static bool grow(struct kc_room *room, size_t n)
{
    if (room->ptr != NULL && room->len >= n)
        return true;
    uint8_t *larger = aligned_alloc(64, (n + 64) & ~(size_t)63);
    if (larger == NULL)
        return false;
    free(room->ptr);
    *room = (struct kc_room){larger, n};
    return true;
}

static bool is_dead(const struct kc_emulator *e)
{
    return __atomic_load_n(&e->dead, __ATOMIC_SEQ_CST);
}

/* A free TCS; waits for one. image.tcs_count when the enclave is dead. */
static size_t take_slot(struct kc_emulator *e)
{
    size_t i = e->image.tcs_count;
    pthread_mutex_lock(&e->lock);
    while (!is_dead(e)) {
        for (i = 0; i < e->image.tcs_count && e->slot[i].busy; i++)
            ;
        if (i < e->image.tcs_count) {
            e->slot[i].busy = true;
            break;
        }
        pthread_cond_wait(&e->freed, &e->lock);
    }
    if (is_dead(e))
        i = e->image.tcs_count;
    pthread_mutex_unlock(&e->lock);
    return i;
}

static void give_slot(struct kc_emulator *e, size_t i)
{
    pthread_mutex_lock(&e->lock);
    e->slot[i].busy = false;
    if (is_dead(e))
        pthread_cond_broadcast(&e->freed);
    else
        pthread_cond_signal(&e->freed);
    pthread_mutex_unlock(&e->lock);
}

static enum kc_err dead(struct kc_error *error)
{
    return kc_error_set(error, KC_ERR_STATE, "the enclave is dead: a fault or an abort inside", 0);
}

/* An answer, or the lack of one. */
static enum kc_err answer(struct kc_emulator *e, const struct kc_image_call *call,
                          struct kc_room out, size_t *out_len, struct kc_error *error)
{
    switch (call->status) {
    case KC_IMAGE_CALL_DONE:
        break;
    case KC_IMAGE_CALL_REFUSED:
        return kc_error_set(error, KC_ERR_MALFORMED, "the enclave refused the frame", 0);
    case KC_IMAGE_CALL_ROOM:
        return kc_error_set(error, KC_ERR_ROOM, "too little room for the enclave's answer",
                            out.len);
    case KC_IMAGE_CALL_MEMORY:
        return kc_error_set(error, KC_ERR_MEMORY, "the enclave's heap is used up", 0);
    case KC_IMAGE_CALL_FAILED:
        return kc_error_set(error, KC_ERR_CRYPTO, "the enclave failed", 0);
    default:
        __atomic_store_n(&e->dead, true, __ATOMIC_SEQ_CST);
        return dead(error);
    }
    if (call->out_len > out.len)
        return kc_error_set(error, KC_ERR_ROOM, "too little room for the enclave's answer",
                            call->out_len);
    if (call->out_len > 0)
        memcpy(out.ptr, (const void *)call->out, call->out_len);
    *out_len = call->out_len;
    return KC_OK;
}

static enum kc_err emulator_call(struct kc_enclave *enclave, struct kc_bytes in, struct kc_room out,
                                 size_t *out_len, struct kc_error *error)
{
    struct kc_emulator *e = (struct kc_emulator *)enclave;
    if (in.len > KC_CORE_FRAME_MAX)
        return kc_error_set(error, KC_ERR_MALFORMED, "frame is over 1 MiB", in.len);
    size_t cap = out.len < KC_CORE_FRAME_MAX ? (size_t)round_up(out.len) : KC_CORE_FRAME_MAX;
    size_t i = take_slot(e);
    if (i == e->image.tcs_count)
        return dead(error);
    struct kc_emulator_slot *slot = &e->slot[i];
    enum kc_err err = KC_OK;
    if (!grow(&slot->in, (size_t)round_up(in.len)) || !grow(&slot->out, cap) ||
        kc_emulator_host() == NULL) {
        err = kc_error_set(error, KC_ERR_MEMORY, "no memory for a call into the enclave", in.len);
    } else {
        struct kc_image_call call = {
            .in = (uint64_t)slot->in.ptr,
            .in_len = in.len,
            .out = (uint64_t)slot->out.ptr,
            .out_cap = cap,
            .status = KC_IMAGE_CALL_UNANSWERED,
        };
        if (in.len > 0)
            memcpy(slot->in.ptr, in.ptr, in.len);
        err = kc_emulator_enter(e, i, (uint64_t)&call) ? answer(e, &call, out, out_len, error)
                                                       : dead(error);
    }
    give_slot(e, i);
    return err;
}

static void emulator_free(struct kc_enclave *enclave)
{
    struct kc_emulator *e = (struct kc_emulator *)enclave;
    kc_emulator_detach(e);
    kc_emulator_unmap(e);
    for (size_t i = 0; i < KC_IMAGE_MAX_TCS; i++) {
        free(e->slot[i].in.ptr);
        free(e->slot[i].out.ptr);
    }
    kc_image_free(&e->image);
    free(e->elf_bytes);
    pthread_cond_destroy(&e->freed);
    pthread_mutex_destroy(&e->lock);
    kc_bytes_wipe(&e->processor, sizeof(e->processor));
    free(e);
}

static const struct kc_enclave_ops ops = {emulator_call, emulator_free};

/* The whole file, in memory of its own. `*file` stays open. */
static enum kc_err read_file(const char *path, const char *what, struct kc_room *out, int *file,
                             struct kc_error *error)
{
    struct stat about;
    *file = open(path, O_RDONLY | O_CLOEXEC);
    if (*file < 0)
        return kc_error_set(error, errno == ENOENT ? KC_ERR_ABSENT : KC_ERR_IO, what,
                            (uint64_t)errno);
    if (fstat(*file, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size <= 0 ||
        about.st_size > (off_t)MAX_FILE)
        return kc_error_set(error, KC_ERR_MALFORMED, what, 0);
    size_t size = (size_t)about.st_size;
    out->ptr = malloc(size);
    if (out->ptr == NULL)
        return kc_error_set(error, KC_ERR_MEMORY, what, size);
    while (out->len < size) {
        ssize_t n = read(*file, out->ptr + out->len, size - out->len);
        if (n <= 0)
            return kc_error_set(error, KC_ERR_IO, what, n < 0 ? (uint64_t)errno : 0);
        out->len += (size_t)n;
    }
    return KC_OK;
}

/* From bytes to an enclave that can be entered. */
static enum kc_err bring_up(struct kc_emulator *e, struct kc_bytes elf_bytes, int elf_file,
                            struct kc_bytes sigstruct, bool debug, struct kc_error *error)
{
    struct kc_elf elf = {0};
    enum kc_err err = kc_emulator_init(e, elf_bytes, sigstruct, debug, error);
    if (err == KC_OK)
        err = kc_elf_parse(elf_bytes, &elf, error);
    if (err == KC_OK)
        err = kc_emulator_map(e, elf_file, &elf, error);
    if (err != KC_OK)
        return err;
    free(e->image.bytes);
    e->image.bytes = NULL;
    e->elf = elf;
    e->enclave.ops = &ops;
    e->enclave.threads = (unsigned)e->image.tcs_count;
    return kc_emulator_attach(e, error);
}

enum kc_err kc_emulator_load(const char *image_path, const char *sigstruct_path,
                             const struct kc_sim_processor *processor,
                             const struct kc_emulator_options *options, struct kc_enclave **out,
                             struct kc_error *error)
{
    struct kc_room elf = {NULL, 0};
    struct kc_room sigstruct = {NULL, 0};
    int elf_file = -1;
    int sigstruct_file = -1;
    const char *missing = kc_baseline_missing();
    if (missing != NULL)
        return kc_error_set(error, KC_ERR_UNSUPPORTED, missing, 0);
    struct kc_emulator *e = calloc(1, sizeof(*e));
    if (e == NULL)
        return kc_error_set(error, KC_ERR_MEMORY, "no memory for the emulator", sizeof(*e));
    e->processor = *processor;
    e->trap = options->trap;
    pthread_mutex_init(&e->lock, NULL);
    pthread_cond_init(&e->freed, NULL);

    enum kc_err err =
        read_file(image_path, "cannot read the enclave image", &elf, &elf_file, error);
    if (err == KC_OK)
        err = read_file(sigstruct_path, "cannot read the SIGSTRUCT", &sigstruct, &sigstruct_file,
                        error);
    if (err == KC_OK)
        err = bring_up(e, kc_bytes_of(elf.ptr, elf.len), elf_file,
                       kc_bytes_of(sigstruct.ptr, sigstruct.len), options->debug, error);
    if (err == KC_OK && options->trap) {
        e->elf_bytes = elf.ptr; /* e->elf points into it */
        elf.ptr = NULL;
        kc_emulator_trap_announce();
    }
    if (err == KC_OK)
        *out = &e->enclave;
    else
        emulator_free(&e->enclave);
    free(elf.ptr);
    free(sigstruct.ptr);
    if (elf_file >= 0)
        close(elf_file);
    if (sigstruct_file >= 0)
        close(sigstruct_file);
    return err;
}
