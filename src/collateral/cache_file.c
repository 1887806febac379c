#include "collateral/cache_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "base/hex.h"

#define NAME_ROOM 200

/* Makes every folder of `path`, as `mkdir -p` does. */
static bool make_folders(const char *path)
{
    char *copy = strdup(path);
    bool ok = copy != NULL;
    for (char *slash = ok ? strchr(copy + 1, '/') : NULL; ok && slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        ok = mkdir(copy, 0700) == 0 || errno == EEXIST;
        *slash = '/';
    }
    ok = ok && (mkdir(path, 0700) == 0 || errno == EEXIST);
    free(copy);
    return ok;
}

/* Sixteen digits that tell roots apart: a wrong file is found out by its signatures. */
static void root_name(const struct kc_needs *needs, const struct kc_fetch_trust *trust,
                      char out[17])
{
    uint8_t hash[32] = {0};
    if (needs->kind == KC_NEEDS_SNP)
        SHA256((const uint8_t *)trust->amd_roots, trust->amd_root_count * sizeof *trust->amd_roots,
               hash);
    else if (trust->root_key != NULL)
        SHA256(trust->root_key, 64, hash);
    kc_hex_encode_lower(kc_bytes_of(hash, 8), out);
}

static void bundle_name(const struct kc_needs *needs, const struct kc_fetch_trust *trust,
                        char out[NAME_ROOM])
{
    char root[17];
    char id[129];
    root_name(needs, trust, root);
    if (needs->kind == KC_NEEDS_SNP) {
        const struct kc_snp_tcb *t = &needs->tcb;
        uint8_t hash[32];
        SHA256(needs->chip_id, sizeof needs->chip_id, hash);
        kc_hex_encode_lower(kc_bytes_of(hash, 16), id);
        snprintf(out, NAME_ROOM, "snp-%d%s-%s-%02x%02x%02x%02x%02x-%s", (int)needs->product,
                 needs->is_vlek ? "v" : "", id, t->fmc, t->boot_loader, t->tee, t->snp,
                 t->microcode, root);
    } else {
        kc_hex_encode_lower(kc_bytes_of(needs->fmspc, sizeof needs->fmspc), id);
        snprintf(out, NAME_ROOM, "%s-%s-%s-%s", needs->kind == KC_NEEDS_TDX ? "tdx" : "sgx", id,
                 needs->is_platform_ca ? "platform" : "processor", root);
    }
}

bool kc_cache_file_open(const char *folder, const struct kc_needs *needs,
                        const struct kc_fetch_trust *trust, struct kc_cache_file *out)
{
    char name[NAME_ROOM];
    *out = (struct kc_cache_file){NULL, NULL};
    if (!make_folders(folder))
        return false;
    bundle_name(needs, trust, name);
    if (asprintf(&out->path, "%s/%s.bundle", folder, name) < 0)
        out->path = NULL;
    if (asprintf(&out->lock, "%s/%s.lock", folder, name) < 0)
        out->lock = NULL;
    if (out->path != NULL && out->lock != NULL)
        return true;
    kc_cache_file_close(out);
    errno = ENOMEM;
    return false;
}

void kc_cache_file_close(struct kc_cache_file *file)
{
    free(file->path);
    free(file->lock);
    *file = (struct kc_cache_file){NULL, NULL};
}

static bool read_all(int fd, struct kc_room room)
{
    while (room.len > 0) {
        ssize_t n = read(fd, room.ptr, room.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        room.ptr += n;
        room.len -= (size_t)n;
    }
    return true;
}

bool kc_cache_file_read(const struct kc_cache_file *file, struct kc_bundle *out, int64_t *written)
{
    struct stat status;
    uint8_t *bytes = NULL;
    bool ok = false;
    int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 &&
        (uint64_t)status.st_size <= KC_BUNDLE_MAX) {
        size_t len = (size_t)status.st_size;
        bytes = malloc(len);
        ok = bytes != NULL && read_all(fd, (struct kc_room){bytes, len}) &&
             kc_bundle_decode(kc_bytes_of(bytes, len), out, NULL) == KC_OK;
        *written = (int64_t)status.st_mtime;
    }
    close(fd);
    free(bytes);
    return ok;
}

static bool write_all(int fd, struct kc_bytes bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes.ptr += n;
        bytes.len -= (size_t)n;
    }
    return true;
}

static bool replace(const char *path, struct kc_bytes bytes)
{
    char *temporary = NULL;
    if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
        return false;
    int fd = mkostemp(temporary, O_CLOEXEC);
    bool ok = fd >= 0 && write_all(fd, bytes) && fsync(fd) == 0;
    if (fd >= 0) {
        ok = close(fd) == 0 && ok && rename(temporary, path) == 0;
        int error = errno;
        if (!ok)
            unlink(temporary);
        errno = error;
    }
    free(temporary);
    return ok;
}

bool kc_cache_file_write(const struct kc_cache_file *file, const struct kc_bundle *bundle)
{
    struct kc_writer w = KC_WRITER_COUNT;
    if (kc_bundle_encode(&w, bundle) != KC_OK) {
        errno = EFBIG;
        return false;
    }
    struct kc_room room = {malloc(w.len), w.len};
    if (room.ptr == NULL)
        return false;
    w = kc_writer_of(room);
    bool ok = kc_bundle_encode(&w, bundle) == KC_OK && replace(file->path, kc_writer_written(&w));
    free(room.ptr);
    return ok;
}
