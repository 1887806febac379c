#include "cli/collateral.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

static bool is_folder(const char *path)
{
    struct stat status;
    size_t len = strlen(path);
    return (len > 0 && path[len - 1] == '/') ||
           (stat(path, &status) == 0 && S_ISDIR(status.st_mode));
}

static char *file_path(const char *folder, enum kc_bundle_piece piece)
{
    char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, kc_bundle_file_name(piece)) >= 0)
        return path;
    kc_cli_say("out of memory");
    return NULL;
}

/* An empty file is a piece that is there, and damaged: only NULL says that there is none. */
static bool load_file(const char *folder, enum kc_bundle_piece piece, struct kc_bundle *out)
{
    char *path = file_path(folder, piece);
    if (path == NULL)
        return false;
    bool is_there = access(path, F_OK) == 0 || errno != ENOENT;
    bool ok = !is_there || kc_cli_read_file(path, KC_BUNDLE_PIECE_MAX, &out->piece[piece]);
    free(path);
    return ok;
}

static int load_folder(const char *folder, struct kc_bundle *out)
{
    for (int i = 0; i < KC_BUNDLE_PIECES; i++) {
        if (!load_file(folder, (enum kc_bundle_piece)i, out))
            return KC_EXIT_UNJUDGED;
    }
    return KC_EXIT_OK;
}

static int load_bundle(const char *option, const char *path, struct kc_bundle *out)
{
    struct kc_room file = {NULL, 0};
    struct kc_error error = KC_ERROR_NONE;
    if (!kc_cli_read_file(path, KC_BUNDLE_MAX, &file))
        return KC_EXIT_UNJUDGED;
    enum kc_err err = kc_bundle_open(kc_bytes_of(file.ptr, file.len), out, &error);
    free(file.ptr);
    if (err == KC_OK)
        return KC_EXIT_OK;
    if (err == KC_ERR_UNSUPPORTED)
        return kc_cli_fail(KC_EXIT_UNJUDGED,
                           "%s%s: neither a folder nor a bundle nor Open Enclave endorsements: %s",
                           option, path, error.what);
    return kc_cli_fail_with(err == KC_ERR_MEMORY ? KC_EXIT_UNJUDGED : KC_EXIT_INVALID, path,
                            &error);
}

struct kc_cli_collateral *kc_cli_collateral_of(struct kc_bundle *bundle)
{
    struct kc_cli_collateral *c = calloc(1, sizeof *c);
    if (c == NULL) {
        kc_bundle_clear(bundle);
        return NULL;
    }
    c->bundle = *bundle;
    *bundle = (struct kc_bundle){0};
    c->pieces = kc_bundle_intel(&c->bundle);
    c->amd = kc_bundle_amd(&c->bundle);
    return c;
}

int kc_cli_collateral_load(const char *option, const char *path, struct kc_cli_collateral **out)
{
    struct kc_bundle bundle = {0};
    struct stat file;
    const char *space = option[0] == '\0' ? "" : " ";
    char name[64];
    snprintf(name, sizeof name, "%s%s", option, space);
    if (!kc_cli_is_stdin(path) && stat(path, &file) != 0)
        return kc_cli_fail(KC_EXIT_UNJUDGED, "%s%s: %s", name, path, strerror(errno));
    int status = is_folder(path) ? load_folder(path, &bundle) : load_bundle(name, path, &bundle);
    if (status != KC_EXIT_OK) {
        kc_bundle_clear(&bundle);
        return status;
    }
    *out = kc_cli_collateral_of(&bundle);
    return *out != NULL ? KC_EXIT_OK : kc_cli_fail(KC_EXIT_UNJUDGED, "out of memory");
}

static int write_folder(const char *folder, const struct kc_bundle *bundle)
{
    int status = KC_EXIT_OK;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return kc_cli_fail(KC_EXIT_REFUSED, "%s: %s", folder, strerror(errno));
    for (int i = 0; status == KC_EXIT_OK && i < KC_BUNDLE_PIECES; i++) {
        const struct kc_room *piece = &bundle->piece[i];
        char *path = piece->ptr == NULL ? NULL : file_path(folder, (enum kc_bundle_piece)i);
        if (piece->ptr != NULL &&
            (path == NULL || !kc_cli_write_file(path, kc_bytes_of(piece->ptr, piece->len), false)))
            status = KC_EXIT_REFUSED;
        free(path);
    }
    return status;
}

int kc_cli_collateral_write(const char *path, const struct kc_bundle *bundle)
{
    struct kc_writer w = KC_WRITER_COUNT;
    struct kc_room room = {NULL, 0};
    if (is_folder(path))
        return write_folder(path, bundle);
    bool ok = kc_bundle_encode(&w, bundle) == KC_OK;
    if (ok) {
        room = (struct kc_room){malloc(w.len), w.len};
        w = kc_writer_of(room);
        ok = room.ptr != NULL && kc_bundle_encode(&w, bundle) == KC_OK;
    }
    int status = KC_EXIT_REFUSED;
    if (!ok)
        kc_cli_say("%s: the bundle could not be made", path);
    else if (kc_cli_write_file(path, kc_writer_written(&w), false))
        status = KC_EXIT_OK;
    free(room.ptr);
    return status;
}

void kc_cli_collateral_free(struct kc_cli_collateral *c)
{
    if (c == NULL)
        return;
    kc_bundle_clear(&c->bundle);
    free(c);
}
