/*
 * The client of e2e_crash.sh: keeps several connections busy with making keys, ends the server in
 * the middle, and finds out later whether the service kept its word.
 *
 * usage: crash_client URL POLICY ROOT TOKEN NOTES make PREFIX COUNT CONNECTIONS KILL-AFTER PID
 *        crash_client URL POLICY ROOT TOKEN NOTES check PREFIX
 *
 * NOTES gets a line "NAME" for each key that was acknowledged, and "NAME CIPHERTEXT" for what was
 * encrypted with it then: its own name.
 */
#include <keyclave/client.h>

#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"

#define CONNECTIONS_MAX 64
#define LINE_SIZE       1024
#define NAME_SIZE       64

struct work {
    const char *url;
    char *policy;
    char *root;
    char *token;
    const char *notes_path;
    int notes;
    const char *prefix;
    unsigned count;
    unsigned kill_after; /* acknowledged keys */
    pid_t server;
    atomic_uint next;
    atomic_uint acknowledged;
};

__attribute__((format(printf, 1, 2))) static _Noreturn void die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("crash_client: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static char *read_file(const char *path)
{
    char *text = calloc(1, LINE_SIZE * 16);
    FILE *f = fopen(path, "r");
    if (text == NULL || f == NULL)
        die("%s: cannot be read", path);
    size_t n = fread(text, 1, LINE_SIZE * 16 - 1, f);
    fclose(f);
    text[n] = '\0';
    return text;
}

static struct kc_client *connect_to(const struct work *work)
{
    struct kc_client *client = kc_client_new(work->url);
    if (client == NULL ||
        kc_client_set_policy(client, work->policy, strlen(work->policy)) != KC_CLIENT_OK ||
        kc_client_set_root(client, work->root, strlen(work->root)) != KC_CLIENT_OK)
        die("%s", client == NULL ? "no client" : kc_client_error(client));
    kc_client_allow_first_contact(client);
    return client;
}

/* The status, and the answer's "data" for the caller to release; 0 without an answer. */
static unsigned ask(struct kc_client *client, const struct work *work, const char *method,
                    const char *target, const char *body, json_t **data)
{
    struct kc_client_answer answer = {0};
    const struct kc_client_request request = {.method = method,
                                              .target = target,
                                              .token = work->token,
                                              .body = (const unsigned char *)body,
                                              .body_len = body == NULL ? 0 : strlen(body)};
    *data = NULL;
    if (kc_client_request(client, &request, &answer) != KC_CLIENT_OK)
        return 0;
    if (answer.body != NULL) {
        json_t *root = json_loadb((const char *)answer.body, answer.body_len, 0, NULL);
        *data = json_incref(json_object_get(root, "data"));
        json_decref(root);
    }
    unsigned status = answer.status;
    kc_client_answer_clear(&answer);
    return status;
}

/* One transit request whose answer has one string; 200 alone writes `out`. */
static unsigned transit(struct kc_client *client, const struct work *work, const char *verb,
                        const char *name, const char *field, const char *value, const char *wanted,
                        char out[LINE_SIZE])
{
    char target[LINE_SIZE];
    char body[2 * LINE_SIZE];
    json_t *data = NULL;
    snprintf(target, sizeof target, "/v1/transit/%s/%s", verb, name);
    snprintf(body, sizeof body, "{\"%s\":\"%s\"}", field, value);
    unsigned status = ask(client, work, "POST", target, body, &data);
    const char *text = json_string_value(json_object_get(data, wanted));
    if (status == 200 && text == NULL)
        die("%s: an answer without %s", target, wanted);
    if (status == 200)
        snprintf(out, LINE_SIZE, "%s", text);
    json_decref(data);
    return status;
}

/* One write, so that lines of several threads stay whole. */
static void note(const struct work *work, const char *name, const char *ciphertext)
{
    char line[LINE_SIZE + NAME_SIZE + 2];
    int n =
        snprintf(line, sizeof line, "%s%s%s\n", name, *ciphertext == '\0' ? "" : " ", ciphertext);
    if (write(work->notes, line, (size_t)n) != n)
        die("%s: cannot be written", work->notes_path);
}

static void *make_some(void *argument)
{
    struct work *work = argument;
    struct kc_client *client = connect_to(work);
    char plain[LINE_SIZE];
    char ciphertext[LINE_SIZE];
    unsigned i;
    while ((i = atomic_fetch_add(&work->next, 1)) < work->count) {
        char name[NAME_SIZE];
        char target[LINE_SIZE];
        json_t *data = NULL;
        snprintf(name, sizeof name, "%s%u", work->prefix, i);
        snprintf(target, sizeof target, "/v1/transit/keys/%s", name);
        unsigned status = ask(client, work, "POST", target, "{}", &data);
        json_decref(data);
        if (status == 0)
            break;
        if (status != 200)
            die("%s: answered %u", target, status);
        note(work, name, "");
        if (atomic_fetch_add(&work->acknowledged, 1) + 1 == work->kill_after)
            (void)kill(work->server, SIGKILL);
        kc_base64_encode(KC_BASE64, kc_bytes_of_text(name), plain);
        if (transit(client, work, "encrypt", name, "plaintext", plain, "ciphertext", ciphertext) ==
            200)
            note(work, name, ciphertext);
    }
    kc_client_free(client);
    return NULL;
}

static void make(struct work *work, unsigned connections)
{
    pthread_t thread[CONNECTIONS_MAX];
    work->notes = open(work->notes_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (work->notes < 0 || connections == 0 || connections > CONNECTIONS_MAX)
        die("%s: cannot be written, or too many connections", work->notes_path);
    for (unsigned i = 0; i < connections; i++) {
        if (pthread_create(&thread[i], NULL, make_some, work) != 0)
            die("no thread");
    }
    for (unsigned i = 0; i < connections; i++)
        pthread_join(thread[i], NULL);
    printf("%u acknowledged\n", atomic_load(&work->acknowledged));
}

/* It is there, whole, and of use. */
static void check_key(struct kc_client *client, const struct work *work, const char *name)
{
    char target[LINE_SIZE];
    char plain[LINE_SIZE];
    char ciphertext[LINE_SIZE];
    char again[LINE_SIZE];
    json_t *data = NULL;
    kc_base64_encode(KC_BASE64, kc_bytes_of_text(name), plain);
    snprintf(target, sizeof target, "/v1/transit/keys/%s", name);
    unsigned status = ask(client, work, "GET", target, NULL, &data);
    if (status != 200 || json_integer_value(json_object_get(data, "latest_version")) != 1)
        die("key %s: answered %u: %s", name, status, kc_client_error(client));
    json_decref(data);
    status = transit(client, work, "encrypt", name, "plaintext", plain, "ciphertext", ciphertext);
    if (status != 200)
        die("key %s does not encrypt: %u", name, status);
    status = transit(client, work, "decrypt", name, "ciphertext", ciphertext, "plaintext", again);
    if (status != 200 || strcmp(plain, again) != 0)
        die("key %s does not decrypt: %u", name, status);
}

/* All that was noted. */
static unsigned check_notes(struct kc_client *client, const struct work *work, json_t *listed)
{
    char line[LINE_SIZE + NAME_SIZE + 2];
    unsigned count = 0;
    FILE *f = fopen(work->notes_path, "r");
    if (f == NULL)
        die("%s: cannot be read", work->notes_path);
    while (fgets(line, sizeof line, f) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *ciphertext = strchr(line, ' ');
        if (ciphertext != NULL)
            *ciphertext++ = '\0';
        if (strncmp(line, work->prefix, strlen(work->prefix)) != 0)
            continue;
        if (json_object_get(listed, line) == NULL)
            die("key %s was acknowledged and is not listed", line);
        if (ciphertext == NULL) {
            count++;
            continue;
        }
        char plain[LINE_SIZE];
        char again[LINE_SIZE] = "";
        kc_base64_encode(KC_BASE64, kc_bytes_of_text(line), plain);
        unsigned status =
            transit(client, work, "decrypt", line, "ciphertext", ciphertext, "plaintext", again);
        if (status != 200 || strcmp(plain, again) != 0)
            die("key %s does not decrypt what it encrypted before: %u", line, status);
    }
    fclose(f);
    return count;
}

/* All names, in pages: each list has a limit. */
static json_t *list_names(struct kc_client *client, const struct work *work)
{
    json_t *names = json_object();
    char target[LINE_SIZE] = "/v1/transit/keys?list=true";
    unsigned status = 200;
    while (status == 200) {
        json_t *data = NULL;
        status = ask(client, work, "GET", target, NULL, &data);
        if (status != 200 && status != 404)
            die("the list of keys: %u: %s", status, kc_client_error(client));
        json_t *keys = json_object_get(data, "keys");
        for (size_t i = 0; i < json_array_size(keys); i++) {
            const char *name = json_string_value(json_array_get(keys, i));
            if (name == NULL || json_object_set_new(names, name, json_true()) != 0)
                die("no memory, or a name that is none");
            snprintf(target, sizeof target, "/v1/transit/keys?list=true&after=%s", name);
        }
        json_decref(data);
    }
    return names;
}

static void check(const struct work *work)
{
    struct kc_client *client = connect_to(work);
    json_t *names = list_names(client, work);
    const char *name = NULL;
    json_t *value = NULL;
    unsigned listed = 0;
    json_object_foreach(names, name, value)
    {
        if (strncmp(name, work->prefix, strlen(work->prefix)) != 0)
            continue;
        check_key(client, work, name);
        listed++;
    }
    unsigned noted = check_notes(client, work, names);
    printf("of '%s': %u acknowledged, %u there, all whole\n", work->prefix, noted, listed);
    json_decref(names);
    kc_client_free(client);
}

int main(int argc, char **argv)
{
    bool makes = argc == 12 && strcmp(argv[6], "make") == 0;
    if (!makes && (argc != 8 || strcmp(argv[6], "check") != 0))
        die("neither make nor check, with what belongs to it");
    struct work work = {.url = argv[1],
                        .policy = read_file(argv[2]),
                        .root = read_file(argv[3]),
                        .token = read_file(argv[4]),
                        .notes_path = argv[5],
                        .prefix = argv[7]};
    work.token[strcspn(work.token, "\n")] = '\0';
    if (makes) {
        work.count = (unsigned)strtoul(argv[8], NULL, 10);
        work.kill_after = (unsigned)strtoul(argv[10], NULL, 10);
        work.server = (pid_t)strtol(argv[11], NULL, 10);
        make(&work, (unsigned)strtoul(argv[9], NULL, 10));
    } else {
        check(&work);
    }
    free(work.policy);
    free(work.root);
    free(work.token);
    return 0;
}
