#include "host/config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/message.h"

/* Certificates are asked for anew at half their life; each takes a quote. */
#define LIFE_MIN     60
#define LIFE_MAX     86400
#define LIFE_DEFAULT 3600
#define WORKERS_MAX  14 /* the image has 16 TCS; one is for slow work, one for quotes and time */

struct key {
    const char *name;
    bool (*set)(struct kc_config *config, enum kc_config_source source, const char *value);
    const char *want; /* what a good value is */
};

static bool set_text(char **out, const char *value)
{
    char *copy = strdup(value);
    if (*value == '\0' || copy == NULL) {
        free(copy);
        return false;
    }
    free(*out);
    *out = copy;
    return true;
}

static bool set_number(unsigned *out, const char *value, unsigned least, unsigned most)
{
    size_t len = strlen(value);
    if (len == 0 || len > 9 || strspn(value, "0123456789") != len)
        return false;
    unsigned long number = strtoul(value, NULL, 10);
    if (number < least || number > most)
        return false;
    *out = (unsigned)number;
    return true;
}

static bool set_aesm(struct kc_config *c, enum kc_config_source source, const char *value)
{
    (void)source;
    return set_text(&c->aesm, value);
}

static bool set_certificate_life(struct kc_config *c, enum kc_config_source source,
                                 const char *value)
{
    (void)source;
    return set_number(&c->certificate_life, value, LIFE_MIN, LIFE_MAX);
}

static bool set_connections(struct kc_config *c, enum kc_config_source source, const char *value)
{
    (void)source;
    return set_number(&c->connections, value, 1, KC_CORE_SESSIONS_MAX);
}

static bool set_image(struct kc_config *c, enum kc_config_source source, const char *value)
{
    (void)source;
    return set_text(&c->image, value);
}

static bool set_listen(struct kc_config *c, enum kc_config_source source, const char *value)
{
    (void)source;
    return kc_address_parse(value, &c->listen);
}

static bool set_listen_ratls(struct kc_config *c, enum kc_config_source source, const char *value)
{
    (void)source;
    c->has_ratls = kc_address_parse(value, &c->listen_ratls);
    return c->has_ratls;
}

static bool set_log_format(struct kc_config *c, enum kc_config_source source, const char *value)
{
    (void)source;
    c->log_json = strcmp(value, "json") == 0;
    return c->log_json || strcmp(value, "text") == 0;
}

static bool set_log_level(struct kc_config *c, enum kc_config_source source, const char *value)
{
    (void)source;
    return kc_journal_level_of(value, &c->log_level);
}

/* Names of the command line stand for all of the file's. Whether it is one the enclave judges. */
static bool set_name(struct kc_config *c, enum kc_config_source source, const char *value)
{
    if (c->names_of != source) {
        for (size_t i = 0; i < c->name_count; i++) {
            free(c->name[i]);
            c->name[i] = NULL;
        }
        c->name_count = 0;
        c->names_of = source;
    }
    size_t len = strlen(value);
    if (c->name_count == KC_CONFIG_NAMES_MAX || len > 253 ||
        !set_text(&c->name[c->name_count], value))
        return false;
    c->name_count++;
    return true;
}

static bool set_platform(struct kc_config *c, enum kc_config_source source, const char *value)
{
    (void)source;
    c->platform = strcmp(value, "sim") == 0 ? KC_PLATFORM_SIM : KC_PLATFORM_SGX;
    return c->platform == KC_PLATFORM_SIM || strcmp(value, "sgx") == 0;
}

static bool set_sig(struct kc_config *c, enum kc_config_source source, const char *value)
{
    (void)source;
    return set_text(&c->sig, value);
}

static bool set_state(struct kc_config *c, enum kc_config_source source, const char *value)
{
    (void)source;
    return set_text(&c->state, value);
}

static bool set_workers(struct kc_config *c, enum kc_config_source source, const char *value)
{
    (void)source;
    return set_number(&c->workers, value, 1, WORKERS_MAX);
}

#define AN_ADDRESS "address and port as numbers, such as 127.0.0.1:8200 or [::1]:8200"
#define A_FILE     "a file"

static const struct key keys[] = {
    {"aesm", set_aesm, "the AESM service's socket"},
    {"certificate-life", set_certificate_life, "60 to 86400 seconds"},
    {"connections", set_connections, "1 to 512"},
    {"image", set_image, A_FILE},
    {"listen", set_listen, AN_ADDRESS},
    {"listen-ratls", set_listen_ratls, AN_ADDRESS},
    {"log-format", set_log_format, "text or json"},
    {"log-level", set_log_level, "error, warning, info or debug"},
    {"name", set_name, "a host name or an IP address, 12 of them at most"},
    {"platform", set_platform, "sgx or sim"},
    {"sig", set_sig, A_FILE},
    {"state", set_state, "a folder"},
    {"workers", set_workers, "1 to 14"},
};

void kc_config_init(struct kc_config *config)
{
    *config = (struct kc_config){.platform = KC_PLATFORM_SGX,
                                 .connections = KC_CORE_SESSIONS_MAX,
                                 .certificate_life = LIFE_DEFAULT,
                                 .log_level = KC_JOURNAL_INFO};
    if (!kc_address_parse("127.0.0.1:8200", &config->listen))
        abort();
}

void kc_config_clear(struct kc_config *config)
{
    for (size_t i = 0; i < config->name_count; i++)
        free(config->name[i]);
    free(config->state);
    free(config->aesm);
    free(config->image);
    free(config->sig);
    *config = (struct kc_config){0};
}

__attribute__((format(printf, 2, 3))) static enum kc_err fail(struct kc_config_error *error,
                                                              const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return KC_ERR_ARGUMENT;
}

enum kc_err kc_config_set(struct kc_config *config, enum kc_config_source source, const char *key,
                          const char *value, struct kc_config_error *error)
{
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strcmp(keys[i].name, key) != 0)
            continue;
        if (keys[i].set(config, source, value))
            return KC_OK;
        return fail(error, "%s: '%.100s' will not do: %s", key, value, keys[i].want);
    }
    return fail(error, "there is no setting '%.100s'", key);
}

/* Without the spaces around it. */
static char *trim(char *text)
{
    text += strspn(text, " \t\r\n");
    size_t len = strlen(text);
    while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
        len--;
    text[len] = '\0';
    return text;
}

static enum kc_err read_line(struct kc_config *config, char *line, struct kc_config_error *error)
{
    line = trim(line);
    if (*line == '\0' || *line == '#')
        return KC_OK;
    char *equals = strchr(line, '=');
    if (equals == NULL)
        return fail(error, "a line is 'key = value', or begins with '#'");
    *equals = '\0';
    return kc_config_set(config, KC_CONFIG_OF_FILE, trim(line), trim(equals + 1), error);
}

enum kc_err kc_config_read_stream(struct kc_config *config, const char *name, FILE *stream,
                                  struct kc_config_error *error)
{
    char *line = NULL;
    size_t cap = 0;
    unsigned number = 0;
    enum kc_err err = KC_OK;
    while (err == KC_OK && getline(&line, &cap, stream) >= 0) {
        struct kc_config_error inner;
        number++;
        err = read_line(config, line, &inner);
        if (err != KC_OK)
            (void)fail(error, "%.200s:%u: %.280s", name, number, inner.text);
    }
    if (err == KC_OK && ferror(stream)) {
        (void)fail(error, "%s: %s", name, strerror(errno));
        err = KC_ERR_IO;
    }
    free(line);
    return err;
}

enum kc_err kc_config_read(struct kc_config *config, const char *path,
                           struct kc_config_error *error)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        bool absent = errno == ENOENT;
        (void)fail(error, "%s: %s", path, strerror(errno));
        return absent ? KC_ERR_ABSENT : KC_ERR_IO;
    }
    enum kc_err err = kc_config_read_stream(config, path, file, error);
    fclose(file);
    return err;
}
