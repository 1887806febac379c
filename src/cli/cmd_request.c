/* keyclave request: one request of the HTTP API, to a service that has proved itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/reply.h"

#define NAME "request"

#define BODY_MAX ((size_t)1024 * 1024) /* what the service takes */

static const char help[] =
    "usage: keyclave request METHOD PATH [FILE] [OPTION]...\n\n"
    "Sends one request of the HTTP API (docs/protocol.md) to an attested service, with the\n"
    "token, and prints the body of the answer. FILE, or - for standard input, holds the body\n"
    "of the request, JSON. Nothing leaves before every check of the service holds.\n\n"
    "  keyclave request GET /v1/sys/health\n"
    "  keyclave request POST /generate-aes-key\n\n"
    "      --no-token       send none: for routes that need none\n";

static const char exit_help[] =
    "\nexit status: 0 the answer's status is 2xx; 1 refused, by your policy or by the service;\n"
    "2 the service is not genuine; 3 not reached, or the service cannot now (429, 5xx), or\n"
    "something to judge by is missing; 64 wrong usage or policy\n";

enum { OPTION_NO_TOKEN = KC_SERVICE_OPTION_END };

struct options {
    struct kc_service_options service;
    bool no_token;
};

static bool read_options(int argc, char **argv, struct options *out)
{
    static const struct option names[] = {{"no-token", no_argument, NULL, OPTION_NO_TOKEN},
                                          KC_SERVICE_OPTIONS,
                                          KC_SERVICE_KEY_OPTIONS,
                                          {NULL, 0, NULL, 0}};
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (c == OPTION_NO_TOKEN)
            out->no_token = true;
        else if (!kc_service_take(&out->service, c, optarg))
            return kc_cli_refuse_option(NAME, argv);
    }
    return true;
}

static int send_to(const struct kc_service *service, const struct kc_client_request *request)
{
    struct kc_client_answer answer = {0};
    int status = kc_reply_ask(service, request, &answer);
    if (status == KC_EXIT_OK) {
        status = kc_reply_check(service, &answer);
        if (answer.body_len > 0)
            (void)fwrite(answer.body, 1, answer.body_len, stdout);
        if (answer.body_len > 0 && answer.body[answer.body_len - 1] != '\n')
            putchar('\n');
    }
    kc_client_answer_clear(&answer);
    return status;
}

static int act(const struct options *options, const char *method, const char *path,
               const struct kc_room *body)
{
    struct kc_service service;
    char *token = NULL;
    int status = kc_service_open(NAME, &options->service, KC_SERVICE_USE, &service);
    bool open = status == KC_EXIT_OK;
    if (open && !options->no_token)
        token = kc_service_token(NAME, &options->service, &service, &status);
    if (open && (options->no_token || token != NULL)) {
        const struct kc_client_request request = {.method = method,
                                                  .target = path,
                                                  .token = token,
                                                  .body = body->ptr,
                                                  .body_len = body->len};
        status = send_to(&service, &request);
    }
    kc_service_token_free(token);
    kc_service_close(&service);
    return status;
}

static int run(int argc, char **argv)
{
    struct options options = {0};
    struct kc_room body = {NULL, 0};
    if (!read_options(argc, argv, &options))
        return KC_EXIT_USAGE;
    if (options.service.help) {
        printf("%s%s%s%s", help, kc_service_key_help, kc_service_help, exit_help);
        return KC_EXIT_OK;
    }
    if (options.service.json)
        return kc_cli_usage(NAME, "--json: the answer is printed as it comes");
    if (argc - optind < 2 || argc - optind > 3)
        return kc_cli_usage(NAME, "give a method, a path and at most one file");
    if (argv[optind + 1][0] != '/')
        return kc_cli_usage(NAME, "'%s' is no path: it begins with /", argv[optind + 1]);
    if (argc - optind == 3 && !kc_cli_read_file(argv[optind + 2], BODY_MAX, &body))
        return KC_EXIT_UNJUDGED;
    int status = act(&options, argv[optind], argv[optind + 1], &body);
    kc_bytes_wipe(body.ptr, body.len);
    free(body.ptr);
    return status;
}

const struct kc_command kc_cmd_request = {NAME, "send one request to a service that proves itself",
                                          run};
