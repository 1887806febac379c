/*
 * The server's configuration: lines "key = value" of a file, and options of the same names on the
 * command line, which beat it. Matters of the host alone: nothing here weakens what the enclave
 * promises.
 */
#ifndef KC_HOST_CONFIG_H
#define KC_HOST_CONFIG_H

#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "host/address.h"
#include "host/journal.h"

#define KC_CONFIG_DEFAULT   "/etc/keyclave/keyclave.conf"
#define KC_CONFIG_NAMES_MAX 12

enum kc_platform_choice {
    KC_PLATFORM_SGX,
    KC_PLATFORM_SIM,
};

/* Who sets a value: those of the later one take the place of the earlier one's. */
enum kc_config_source {
    KC_CONFIG_OF_NOBODY,
    KC_CONFIG_OF_FILE,
    KC_CONFIG_OF_COMMAND_LINE,
};

struct kc_config {
    struct kc_address listen;
    struct kc_address listen_ratls;
    bool has_ratls;
    char *name[KC_CONFIG_NAMES_MAX]; /* owned, as all texts here */
    size_t name_count;
    enum kc_config_source names_of;
    char *state; /* NULL: the usual folder */
    char *aesm;  /* NULL: the platform's */
    char *image; /* NULL: the one beside the program */
    char *sig;
    enum kc_platform_choice platform;
    unsigned workers; /* 0: one a processor */
    unsigned connections;
    unsigned certificate_life; /* seconds */
    bool log_json;
    enum kc_journal_level log_level;
};

/* What is wrong, for a reader. */
struct kc_config_error {
    char text[512];
};

void kc_config_init(struct kc_config *config);
void kc_config_clear(struct kc_config *config);

/* One value. KC_ERR_ARGUMENT with `error`. */
KC_MUST_USE enum kc_err kc_config_set(struct kc_config *config, enum kc_config_source source,
                                      const char *key, const char *value,
                                      struct kc_config_error *error);

/* A whole file. KC_ERR_ABSENT: there is none. KC_ERR_ARGUMENT: the text names file and line. */
KC_MUST_USE enum kc_err kc_config_read(struct kc_config *config, const char *path,
                                       struct kc_config_error *error);

/* The same, of an open file; `name` is for the text of an error. */
KC_MUST_USE enum kc_err kc_config_read_stream(struct kc_config *config, const char *name,
                                              FILE *stream, struct kc_config_error *error);

#endif
