#include "cli/pinning.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

#define LINE_MAX_SIZE ((size_t)1024)

static char *path_of(const char *folder)
{
    char *path = NULL;
    if (asprintf(&path, "%s/services", folder) >= 0)
        return path;
    kc_cli_say("out of memory");
    return NULL;
}

static bool read_file(const char *path, struct kc_room *out)
{
    *out = (struct kc_room){NULL, 0};
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return true;
    return kc_cli_read_file(path, KC_CLIENT_PINS_MAX_SIZE, out);
}

/* Whoever may write it decides which service is believed. What is not there is nobody's. */
static bool is_ours(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return errno == ENOENT;
    return (status.st_uid == geteuid() || status.st_uid == 0) &&
           (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static int refuse(const char *path, const struct kc_error *error)
{
    return kc_cli_fail(KC_EXIT_INVALID,
                       "%s, line %llu: %s; mend or remove it (docs/operations.md), and do not pin "
                       "anew without a look at what was there",
                       path, (unsigned long long)error->at, error->what);
}

int kc_pinning_load(const char *folder, const char *authority, struct kc_client_pin *out,
                    bool *found)
{
    struct kc_room file = {NULL, 0};
    struct kc_error error = KC_ERROR_NONE;
    int status = KC_EXIT_OK;
    char *path = path_of(folder);
    if (path == NULL)
        status = KC_EXIT_UNJUDGED;
    else if (!is_ours(folder) || !is_ours(path))
        status = kc_cli_fail(KC_EXIT_INVALID,
                             "%s: other users can write it, and so could have pinned what they "
                             "like; look at it, then\n  chmod go-w %s %s",
                             path, folder, path);
    else if (!read_file(path, &file))
        status = KC_EXIT_UNJUDGED;
    else if (kc_client_pins_find(kc_bytes_of(file.ptr, file.len), authority, out, found, &error) !=
             KC_OK)
        status = refuse(path, &error);
    free(file.ptr);
    free(path);
    return status;
}

/* The new file's bytes, to be freed; or NULL after it has said what is wrong. */
static uint8_t *put(const char *path, const struct kc_client_pin *pin, size_t *len, int *status)
{
    struct kc_room file = {NULL, 0};
    struct kc_error error = KC_ERROR_NONE;
    if (!read_file(path, &file))
        return NULL;
    struct kc_room room = {malloc(file.len + LINE_MAX_SIZE), file.len + LINE_MAX_SIZE};
    struct kc_writer w = kc_writer_of(room);
    enum kc_err err = KC_ERR_MEMORY;
    if (room.ptr == NULL)
        kc_cli_say("out of memory");
    else
        err = kc_client_pins_put(kc_bytes_of(file.ptr, file.len), pin, &w, &error);
    free(file.ptr);
    if (err == KC_OK) {
        *len = w.len;
        return room.ptr;
    }
    free(room.ptr);
    if (err == KC_ERR_MALFORMED)
        *status = refuse(path, &error);
    else if (err != KC_ERR_MEMORY)
        kc_cli_say("%s: %s", path, error.what);
    return NULL;
}

int kc_pinning_store(const char *folder, const struct kc_client_pin *pin)
{
    int status = KC_EXIT_REFUSED;
    size_t len = 0;
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return kc_cli_fail(status, "%s: %s", folder, strerror(errno));
    char *path = path_of(folder);
    int lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (path == NULL)
        goto out;
    if (lock < 0 || flock(lock, LOCK_EX) != 0) {
        kc_cli_say("%s: %s", folder, strerror(errno));
        goto out;
    }
    uint8_t *bytes = put(path, pin, &len, &status);
    if (bytes != NULL && kc_cli_write_file(path, kc_bytes_of(bytes, len), true))
        status = KC_EXIT_OK;
    free(bytes);
out:
    if (lock >= 0)
        close(lock);
    free(path);
    return status;
}
