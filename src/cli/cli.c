#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "version.h"

static void say(const char *format, va_list arguments)
{
    fputs("keyclave: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

void kc_cli_say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}

int kc_cli_fail(int exit_code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
    return exit_code;
}

int kc_cli_usage(const char *command, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
    fprintf(stderr, "Try `keyclave %s%s--help`.\n", command == NULL ? "" : command,
            command == NULL ? "" : " ");
    return KC_EXIT_USAGE;
}

bool kc_cli_refuse_option(const char *command, char **argv)
{
    return kc_cli_usage(command, "%s: unknown option, or its value is missing", argv[optind - 1]) ==
           KC_EXIT_OK;
}

bool kc_cli_refuse_argument(const char *command, char **argv)
{
    return kc_cli_usage(command, "'%s' is one argument too many", argv[optind]) == KC_EXIT_OK;
}

int kc_cli_fail_with(int exit_code, const char *context, const struct kc_error *error)
{
    if (error->at != 0)
        return kc_cli_fail(exit_code, "%s: %s (at %llu)", context, error->what,
                           (unsigned long long)error->at);
    return kc_cli_fail(exit_code, "%s: %s", context, error->what);
}

/* Appends what `file` holds to `buffer`, which has `max` + 1 bytes. */
static bool read_all(FILE *file, const char *name, uint8_t *buffer, size_t max, size_t *len)
{
    setvbuf(file, NULL, _IONBF, 0); /* no second copy of a secret, which nobody would wipe */
    *len = fread(buffer, 1, max + 1, file);
    if (ferror(file)) {
        kc_cli_say("%s: %s", name, strerror(errno));
        return false;
    }
    if (*len > max) {
        kc_cli_say("%s: larger than %zu bytes, which no input of this kind is", name, max);
        return false;
    }
    return true;
}

bool kc_cli_is_stdin(const char *path)
{
    return path != NULL && strcmp(path, "-") == 0;
}

bool kc_cli_read_file(const char *path, size_t max, struct kc_room *out)
{
    bool is_stdin = kc_cli_is_stdin(path);
    const char *name = is_stdin ? "standard input" : path;
    bool ok = false;
    size_t len = 0;
    FILE *file = is_stdin ? stdin : fopen(path, "rb");
    uint8_t *buffer = malloc(max + 1);
    if (file == NULL)
        kc_cli_say("%s: %s", name, strerror(errno));
    else if (buffer == NULL)
        kc_cli_say("out of memory");
    else
        ok = read_all(file, name, buffer, max, &len);
    if (file != NULL && !is_stdin)
        fclose(file);
    if (ok) {
        *out = (struct kc_room){buffer, len};
        return true;
    }
    if (buffer != NULL)
        kc_bytes_wipe(buffer, len); /* a secret that was too long */
    free(buffer);
    return false;
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

/* Replaces `path` by way of a new file beside it. */
static bool replace(const char *path, struct kc_bytes bytes, bool secret)
{
    char *temporary = NULL;
    int fd = -1;
    bool ok = false;
    if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
        return false;
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        goto out;
    /* To ask is to set: to what lets nobody else in, should another thread make a file now. */
    mode_t mask = umask(077);
    umask(mask);
    ok = fchmod(fd, secret ? 0600 : 0666 & ~mask) == 0 && write_all(fd, bytes) && fsync(fd) == 0;
    ok = close(fd) == 0 && ok && rename(temporary, path) == 0;
    if (!ok) {
        int error = errno;
        unlink(temporary);
        errno = error;
    }
out:
    free(temporary);
    return ok;
}

bool kc_cli_write_file(const char *path, struct kc_bytes bytes, bool secret)
{
    struct stat status;
    bool ok;
    if (strcmp(path, "-") == 0) {
        ok = fwrite(bytes.ptr, 1, bytes.len, stdout) == bytes.len && fflush(stdout) == 0;
    } else if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        /* A device or pipe, such as /dev/stdout, is written in place. */
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        ok = fd >= 0 && write_all(fd, bytes);
        if (fd >= 0)
            close(fd);
    } else {
        ok = replace(path, bytes, secret);
    }
    if (!ok)
        kc_cli_say("%s: %s", path, strerror(errno));
    return ok;
}

/* Makes every folder above the last part of `path`, as `mkdir -p` does. */
static bool make_parents(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int made = mkdir(path, 0700);
        if (made != 0 && errno != EEXIST) {
            kc_cli_say("%s: %s", path, strerror(errno));
            *slash = '/';
            return false;
        }
        *slash = '/';
    }
    return true;
}

char *kc_cli_state_folder(const char *given)
{
    const char *state = given != NULL ? given : getenv("KEYCLAVE_STATE");
    const char *xdg = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    char *path = NULL;
    int n;
    if (state != NULL && *state != '\0') {
        n = asprintf(&path, "%s", state);
    } else if (xdg != NULL && *xdg != '\0') {
        n = asprintf(&path, "%s/keyclave", xdg);
    } else if (home != NULL && *home != '\0') {
        n = asprintf(&path, "%s/.local/state/keyclave", home);
    } else {
        kc_cli_say("no state folder: give --state DIR, or set KEYCLAVE_STATE or HOME");
        return NULL;
    }
    if (n < 0) {
        kc_cli_say("out of memory");
        return NULL;
    }
    if (make_parents(path))
        return path;
    free(path);
    return NULL;
}

char *kc_cli_image_path(const char *name)
{
    char program[4096];
    char *path = NULL;
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    if (n > 0) {
        program[n] = '\0';
        char *slash = strrchr(program, '/');
        *slash = '\0';
        if (asprintf(&path, "%s/%s", program, name) < 0)
            return NULL;
        if (access(path, R_OK) == 0)
            return path;
        free(path);
    }
    return asprintf(&path, "%s/%s", KC_IMAGE_FOLDER, name) < 0 ? NULL : path;
}
