/* keyclave key: makes, lists and shows the keys of a service. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/reply.h"

#define NAME "key"

static const char help[] =
    "usage: keyclave key create NAME [--type TYPE] [OPTION]...\n"
    "       keyclave key list [OPTION]...\n"
    "       keyclave key show NAME [OPTION]...\n\n"
    "Makes, lists and shows keys of an attested service. A key never leaves it.\n\n"
    "      --type TYPE      the kind of key to make (aes256-gcm96)\n";

static const char exit_help[] =
    "\nexit status: 0 done; 1 refused, by your policy or by the service; 2 the service is not\n"
    "genuine; 3 not reached, or something to judge by is missing; 64 wrong usage or policy\n";

enum { OPTION_TYPE = KC_SERVICE_OPTION_END };

struct options {
    struct kc_service_options service;
    const char *type;
};

static bool read_options(int argc, char **argv, struct options *out)
{
    static const struct option names[] = {{"type", required_argument, NULL, OPTION_TYPE},
                                          KC_SERVICE_OPTIONS,
                                          KC_SERVICE_KEY_OPTIONS,
                                          {NULL, 0, NULL, 0}};
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (c == OPTION_TYPE && out->type == NULL)
            out->type = optarg;
        else if (!kc_service_take(&out->service, c, optarg))
            return kc_cli_refuse_option(NAME, argv);
    }
    return true;
}

/* What comes from the service reaches a terminal as printable ASCII alone. */
static void print_clean(const char *text)
{
    for (; *text != '\0'; text++)
        putchar(*text >= 0x20 && *text < 0x7f ? *text : '?');
}

static void print_member(const char *name, const json_t *value)
{
    char *text = json_is_string(value)
                     ? NULL
                     : json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII | JSON_SORT_KEYS);
    print_clean(name);
    printf("%*s ", strlen(name) < 26 ? (int)(26 - strlen(name)) : 0, "");
    print_clean(json_is_string(value) ? json_string_value(value) : text == NULL ? "" : text);
    putchar('\n');
    free(text);
}

static int print_data(const struct kc_service *service, json_t *data, bool json)
{
    const char *name = "";
    json_t *value = NULL;
    if (!json_is_object(data))
        return kc_reply_malformed(service);
    if (json) {
        char *text = json_dumps(data, JSON_INDENT(2) | JSON_ENSURE_ASCII);
        if (text == NULL)
            return kc_cli_fail(KC_EXIT_UNJUDGED, "out of memory");
        puts(text);
        free(text);
        return KC_EXIT_OK;
    }
    json_object_foreach(data, name, value) print_member(name, value);
    return KC_EXIT_OK;
}

static int print_list(const struct kc_service *service, json_t *data, bool json)
{
    json_t *keys = json_object_get(data, "keys");
    if (!json_is_array(keys))
        return kc_reply_malformed(service);
    if (json)
        return print_data(service, data, true);
    for (size_t i = 0; i < json_array_size(keys); i++) {
        const char *name = json_string_value(json_array_get(keys, i));
        print_clean(name == NULL ? "?" : name);
        putchar('\n');
    }
    return KC_EXIT_OK;
}

/* What is printed of a good answer. */
typedef int printer(const struct kc_service *service, json_t *data, bool json);

static int print_answer(const struct kc_service *service, const struct kc_client_answer *answer,
                        printer *print, bool json)
{
    json_t *root = answer->body == NULL ? NULL
                                        : json_loadb((const char *)answer->body, answer->body_len,
                                                     JSON_REJECT_DUPLICATES, NULL);
    int status = print(service, json_object_get(root, "data"), json);
    json_decref(root);
    return status;
}

static int create(const struct kc_service *service, const char *token, const char *target,
                  const struct options *options)
{
    struct kc_client_answer answer = {0};
    const char *type = options->type == NULL ? "aes256-gcm96" : options->type;
    char *body = kc_reply_body("type", kc_bytes_of_text(type));
    if (body == NULL)
        return KC_EXIT_UNJUDGED;
    const struct kc_client_request request = {.method = "POST",
                                              .target = target,
                                              .token = token,
                                              .body = (const unsigned char *)body,
                                              .body_len = strlen(body)};
    int status = kc_reply_ask(service, &request, &answer);
    if (status == KC_EXIT_OK)
        status = kc_reply_check(service, &answer);
    /* Older services answer 204, without what they made. */
    if (status == KC_EXIT_OK && answer.body_len > 0)
        status = print_answer(service, &answer, print_data, options->service.json);
    kc_client_answer_clear(&answer);
    kc_reply_body_free(body);
    return status;
}

static int get(const struct kc_service *service, const char *token, const char *target,
               const struct options *options, bool is_list)
{
    struct kc_client_answer answer = {0};
    const struct kc_client_request request = {.method = "GET", .target = target, .token = token};
    int status = kc_reply_ask(service, &request, &answer);
    /* No keys: the transit API says 404 to that. */
    if (status == KC_EXIT_OK && is_list && answer.status == 404)
        fputs(options->service.json ? "{\n  \"keys\": []\n}\n" : "", stdout);
    else if (status == KC_EXIT_OK) {
        status = kc_reply_check(service, &answer);
        if (status == KC_EXIT_OK)
            status = print_answer(service, &answer, is_list ? print_list : print_data,
                                  options->service.json);
    }
    kc_client_answer_clear(&answer);
    return status;
}

static int act(const struct options *options, const char *what, const char *name)
{
    struct kc_service service;
    char target[256];
    char *token = NULL;
    bool is_list = strcmp(what, "list") == 0;
    int status = kc_service_open(NAME, &options->service, KC_SERVICE_USE, &service);
    if (status == KC_EXIT_OK)
        token = kc_service_token(NAME, &options->service, &service, &status);
    if (token != NULL) {
        snprintf(target, sizeof target, "/v1/transit/keys%s%s", is_list ? "?list=true" : "/",
                 is_list ? "" : name);
        status = strcmp(what, "create") == 0 ? create(&service, token, target, options)
                                             : get(&service, token, target, options, is_list);
    }
    kc_service_token_free(token);
    kc_service_close(&service);
    return status;
}

static bool is_type(const char *type)
{
    return type == NULL || (type[0] != '\0' &&
                            strspn(type, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(type));
}

static int run(int argc, char **argv)
{
    struct options options = {0};
    if (!read_options(argc, argv, &options))
        return KC_EXIT_USAGE;
    if (options.service.help) {
        printf("%s%s%s%s", help, kc_service_key_help, kc_service_help, exit_help);
        return KC_EXIT_OK;
    }
    const char *what = optind < argc ? argv[optind] : "";
    const char *name = optind + 1 < argc ? argv[optind + 1] : NULL;
    bool is_create = strcmp(what, "create") == 0;
    bool is_list = strcmp(what, "list") == 0;
    if ((!is_create && !is_list && strcmp(what, "show") != 0) ||
        argc - optind != (is_list ? 1 : 2) || (options.type != NULL && !is_create))
        return kc_cli_usage(NAME, "these arguments do not fit `key create`, `key list` or `key "
                                  "show`");
    if (name != NULL && !kc_reply_is_name(name))
        return kc_cli_usage(NAME, "'%s' is no name of a key: letters, digits, '.', '_' and '-'",
                            name);
    if (!is_type(options.type))
        return kc_cli_usage(NAME, "--type %s: no type has this name", options.type);
    return act(&options, what, name);
}

const struct kc_command kc_cmd_key = {NAME, "make, list and show keys of a service", run};
