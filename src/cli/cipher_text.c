#include "cli/cipher_text.h"

#include <stdio.h>
#include <string.h>

const char kc_cipher_text_exit_help[] =
    "\nexit status: 0 done; 1 refused, by your policy or by the service; 2 the service is not\n"
    "genuine, or its answer cannot be read; 3 not reached, or something is missing; 64 wrong\n"
    "usage or policy\n";

int kc_cipher_text_options(const char *command, int argc, char **argv,
                           struct kc_service_options *out, const char **name, const char **path)
{
    static const struct option names[] = {
        KC_SERVICE_OPTIONS, KC_SERVICE_KEY_OPTIONS, {NULL, 0, NULL, 0}};
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (!kc_service_take(out, c, optarg))
            return kc_cli_refuse_option(command, argv) ? KC_EXIT_OK : KC_EXIT_USAGE;
    }
    if (out->help)
        return KC_EXIT_OK;
    if (argc - optind < 1 || argc - optind > 2)
        return kc_cli_usage(command, "name a key, and a file or nothing for standard input");
    *name = argv[optind];
    *path = argc - optind == 2 ? argv[optind + 1] : "-";
    if (!kc_reply_is_name(*name))
        return kc_cli_usage(command, "'%s' is no name of a key: letters, digits, '.', '_' and '-'",
                            *name);
    if (kc_cli_is_stdin(*path) + kc_cli_is_stdin(out->policy) + kc_cli_is_stdin(out->trust) +
            kc_cli_is_stdin(out->token_file) >
        1)
        return kc_cli_usage(command,
                            "standard input can be one thing only: give the others as files");
    return KC_EXIT_OK;
}

static int ask(const struct kc_service *service, const char *token, const char *target,
               const char *body, const char *wanted, struct kc_client_answer *answer,
               struct kc_bytes *out)
{
    const struct kc_client_request request = {.method = "POST",
                                              .target = target,
                                              .token = token,
                                              .body = (const unsigned char *)body,
                                              .body_len = strlen(body)};
    int status = kc_reply_ask(service, &request, answer);
    if (status == KC_EXIT_OK)
        status = kc_reply_check(service, answer);
    if (status == KC_EXIT_OK && !kc_reply_string(answer, true, wanted, out))
        status = kc_reply_malformed(service);
    return status;
}

int kc_cipher_text_ask(const char *command, const struct kc_service_options *options,
                       const char *name, const char *field, struct kc_bytes text,
                       const char *wanted, struct kc_client_answer *answer, struct kc_bytes *out)
{
    struct kc_service service;
    char target[256];
    char *token = NULL;
    char *body = NULL;
    int status = kc_service_open(command, options, KC_SERVICE_USE, &service);
    snprintf(target, sizeof target, "/v1/transit/%s/%s", command, name);
    if (status == KC_EXIT_OK)
        token = kc_service_token(command, options, &service, &status);
    if (token != NULL) {
        body = kc_reply_body(field, text);
        status = body == NULL ? KC_EXIT_UNJUDGED
                              : ask(&service, token, target, body, wanted, answer, out);
    }
    kc_reply_body_free(body);
    kc_service_token_free(token);
    kc_service_close(&service);
    return status;
}
