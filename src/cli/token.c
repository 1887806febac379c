/* Where a command's token comes from: never from its arguments, which every user can read. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/service.h"

#define TOKEN_MAX ((size_t)4096)

/* A copy of one line of text, without the LF behind it; NULL when it is more or none. */
static char *copy_line(struct kc_bytes text)
{
    while (text.len > 0 && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r'))
        text.len--;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] <= 0x20 || text.ptr[i] >= 0x7f)
            return NULL;
    }
    return text.len == 0 ? NULL : strndup((const char *)text.ptr, text.len);
}

static char *read_token(const char *path, int *status)
{
    struct kc_room file = {NULL, 0};
    *status = KC_EXIT_UNJUDGED;
    if (!kc_cli_read_file(path, TOKEN_MAX, &file))
        return NULL;
    char *token = copy_line(kc_bytes_of(file.ptr, file.len));
    kc_bytes_wipe(file.ptr, file.len);
    free(file.ptr);
    if (token == NULL) {
        *status = KC_EXIT_USAGE;
        kc_cli_say("%s: holds no token: one line of printable characters", path);
    }
    return token;
}

/* The first of the files that is there; NULL: none is. */
static char *find_file(const char *folder)
{
    const char *home = getenv("HOME");
    char *path = NULL;
    if (asprintf(&path, "%s/token", folder) < 0)
        return NULL;
    if (access(path, F_OK) == 0)
        return path;
    free(path);
    if (home == NULL || asprintf(&path, "%s/.vault-token", home) < 0)
        return NULL;
    if (access(path, F_OK) == 0)
        return path;
    free(path);
    return NULL;
}

char *kc_service_token(const char *command, const struct kc_service_options *options,
                       const struct kc_service *service, int *status)
{
    static const char *const variables[] = {"KEYCLAVE_TOKEN", "VAULT_TOKEN"};
    char *token = NULL;
    if (options->token_file != NULL)
        return read_token(options->token_file, status);
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *value = getenv(variables[i]);
        if (value == NULL || value[0] == '\0')
            continue;
        token = copy_line(kc_bytes_of_text(value));
        *status = KC_EXIT_USAGE;
        if (token == NULL)
            kc_cli_say("%s holds no token: one line of printable characters", variables[i]);
        return token;
    }
    char *path = find_file(service->folder);
    if (path == NULL) {
        *status = kc_cli_usage(command,
                               "no token: give --token-file F, set KEYCLAVE_TOKEN, or put it into "
                               "%s/token",
                               service->folder);
        return NULL;
    }
    token = read_token(path, status);
    free(path);
    return token;
}

void kc_service_token_free(char *token)
{
    if (token != NULL)
        kc_bytes_wipe(token, strlen(token));
    free(token);
}
