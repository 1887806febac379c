#include "cli/reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "formats/json.h"

#define NAME_MAX_LEN 128

int kc_reply_ask(const struct kc_service *service, const struct kc_client_request *request,
                 struct kc_client_answer *answer)
{
    enum kc_client_status status = kc_client_request(service->client, request, answer);
    return status == KC_CLIENT_OK ? KC_EXIT_OK : kc_service_fail(service, status);
}

/* A terminal obeys what is not printable. */
static void say_error(const struct kc_service *service, unsigned status, const char *text)
{
    char clean[512];
    size_t n = 0;
    for (; text[n] != '\0' && n < sizeof clean - 1; n++)
        clean[n] = (char)(text[n] >= 0x20 && text[n] < 0x7f ? text[n] : '?');
    clean[n] = '\0';
    kc_cli_say("%s: status %u%s%s", kc_service_name(service), status, n == 0 ? "" : ": ", clean);
}

int kc_reply_check(const struct kc_service *service, const struct kc_client_answer *answer)
{
    if (answer->status < 300)
        return KC_EXIT_OK;
    json_t *root = answer->body == NULL ? NULL
                                        : json_loadb((const char *)answer->body, answer->body_len,
                                                     JSON_REJECT_DUPLICATES, NULL);
    json_t *errors = json_object_get(root, "errors");
    for (size_t i = 0; i < json_array_size(errors); i++) {
        const char *text = json_string_value(json_array_get(errors, i));
        say_error(service, answer->status, text == NULL ? "" : text);
    }
    if (json_array_size(errors) == 0)
        say_error(service, answer->status, "");
    json_decref(root);
    return answer->status == 429 || answer->status >= 500 ? KC_EXIT_UNJUDGED : KC_EXIT_REFUSED;
}

static struct kc_bytes raw_string(struct kc_json *j)
{
    struct kc_bytes text = kc_json_skip(j);
    if (text.len < 2 || text.ptr[0] != '"') {
        kc_json_fail(j, "not a string");
        return kc_bytes_of(NULL, 0);
    }
    return kc_bytes_of(text.ptr + 1, text.len - 2);
}

/* The string of that name in the object that comes next. */
static bool find_string(struct kc_json *j, const char *name, bool raw, struct kc_bytes *out)
{
    struct kc_json_scope object;
    struct kc_bytes key;
    bool found = false;
    kc_json_object_begin(j, &object);
    while (kc_json_object_next(j, &object, &key)) {
        if (kc_bytes_equal(key, kc_bytes_of_text(name))) {
            *out = raw ? raw_string(j) : kc_json_string(j);
            found = true;
        } else {
            (void)kc_json_skip(j);
        }
    }
    return found && !kc_json_failed(j);
}

bool kc_reply_string(const struct kc_client_answer *answer, bool in_data, const char *name,
                     struct kc_bytes *out)
{
    struct kc_json j;
    struct kc_json_scope object;
    struct kc_bytes key;
    bool found = false;
    kc_json_init(&j, kc_bytes_of(answer->body, answer->body_len));
    if (!in_data) {
        found = find_string(&j, name, false, out);
        return kc_json_done(&j, NULL) == KC_OK && found;
    }
    kc_json_object_begin(&j, &object);
    while (kc_json_object_next(&j, &object, &key)) {
        if (kc_bytes_equal(key, kc_bytes_of_text("data")))
            found = find_string(&j, name, false, out);
        else
            (void)kc_json_skip(&j);
    }
    return kc_json_done(&j, NULL) == KC_OK && found;
}

bool kc_reply_raw_string(const struct kc_client_answer *answer, const char *name,
                         struct kc_bytes *out)
{
    struct kc_json j;
    kc_json_init(&j, kc_bytes_of(answer->body, answer->body_len));
    bool found = find_string(&j, name, true, out);
    return kc_json_done(&j, NULL) == KC_OK && found;
}

int kc_reply_malformed(const struct kc_service *service)
{
    return kc_cli_fail(KC_EXIT_INVALID, "%s: the service's answer cannot be read",
                       kc_service_name(service));
}

bool kc_reply_is_name(const char *name)
{
    size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    return n > 0 && n <= NAME_MAX_LEN && name[n] == '\0' && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0;
}

char *kc_reply_body(const char *key, struct kc_bytes text)
{
    size_t len = strlen(key) + text.len + 8;
    char *body = malloc(len);
    if (body == NULL) {
        kc_cli_say("out of memory");
        return NULL;
    }
    int n = snprintf(body, len, "{\"%s\":\"", key);
    if (text.len > 0)
        memcpy(body + n, text.ptr, text.len);
    memcpy(body + (size_t)n + text.len, "\"}", 3);
    return body;
}

void kc_reply_body_free(char *body)
{
    if (body != NULL)
        kc_bytes_wipe(body, strlen(body));
    free(body);
}
