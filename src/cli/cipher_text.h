/*
 * What `encrypt` and `decrypt` have in common: options, and one request with a secret in it or in
 * its answer. Neither reaches arguments, messages or memory that is not wiped.
 */
#ifndef KC_CLI_CIPHER_TEXT_H
#define KC_CLI_CIPHER_TEXT_H

#include "cli/reply.h"

/* Reads options and the arguments NAME and [FILE]; KC_EXIT_OK with `*help` where help was asked
 * for, otherwise the exit status after it has said what is wrong. */
KC_MUST_USE int kc_cipher_text_options(const char *command, int argc, char **argv,
                                       struct kc_service_options *out, const char **name,
                                       const char **path);

extern const char kc_cipher_text_exit_help[];

/*
 * POST /v1/transit/<command>/<name> {"<field>": text}, and the string of "data" in its answer under
 * `wanted`, a view into the answer. KC_EXIT_OK, or the exit status after it has said why. The
 * caller clears the answer in either case.
 */
KC_MUST_USE int kc_cipher_text_ask(const char *command, const struct kc_service_options *options,
                                   const char *name, const char *field, struct kc_bytes text,
                                   const char *wanted, struct kc_client_answer *answer,
                                   struct kc_bytes *out);

#endif
