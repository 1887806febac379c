/*
 * The model server as a program, for tests of the command line: a service without secrets, whose
 * ciphertext is the plaintext in base64.
 * usage: model_kms STATE-FOLDER new|NUMBER-OF-A-LIE
 * Prints `ready PORT KMS-ID` and ends with its standard input; then prints the plaintext that it
 * has seen.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hex.h"
#include "base/pem.h"
#include "model_server.h"
#include "sim/state.h"

#define TOKEN    "kct.model-token"
#define KEYS     "/v1/transit/keys/"
#define KEYS_MAX 16

struct kms {
    struct model_server *server;
    bool initialised;
    char keys[KEYS_MAX][64];
    size_t key_count;
};

static void escape_lines(const uint8_t *text, size_t len, char *out)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\n') {
            *out++ = '\\';
            *out++ = 'n';
        } else {
            *out++ = (char)text[i];
        }
    }
    *out = '\0';
}

static unsigned init(struct kms *kms, const char *body, char *out)
{
    uint8_t kms_id[32];
    char hex[65];
    uint8_t pem[4096];
    char escaped[8192];
    size_t len = 0;
    bool is_cut =
        strcmp(body, "{\"seal_policy\":\"mrsigner\"}") == 0; /* says less than it should */
    if (kms->initialised || (!is_cut && strcmp(body, "{\"seal_policy\":\"mrenclave\"}") != 0)) {
        sprintf(out, "{\"errors\":[\"%s\"]}", kms->initialised ? "again" : "bad body");
        return 400;
    }
    kms->initialised = true;
    model_server_set_initialised(kms->server, true);
    model_server_kms_id(kms->server, kms_id);
    kc_hex_encode_lower(kc_bytes_of(kms_id, 32), hex);
    if (is_cut) {
        sprintf(out, "{\"root_token\":\"" TOKEN "\",\"kms_id\":\"%s\"}", hex);
        return 200;
    }
    const uint8_t *der = model_server_identity(kms->server, &len);
    struct kc_writer w = kc_writer_of((struct kc_room){pem, sizeof pem});
    kc_pem_write(&w, "CERTIFICATE", kc_bytes_of(der, len));
    escape_lines(pem, w.len, escaped);
    sprintf(out, "{\"root_token\":\"" TOKEN "\",\"kms_id\":\"%s\",\"ca_certificate\":\"%s\"}", hex,
            escaped);
    return 200;
}

static bool has_key(const struct kms *kms, const char *name)
{
    for (size_t i = 0; i < kms->key_count; i++) {
        if (strcmp(kms->keys[i], name) == 0)
            return true;
    }
    return false;
}

static unsigned key_of(struct kms *kms, const char *method, const char *name, char *out)
{
    if (strcmp(method, "POST") == 0 && kms->key_count < KEYS_MAX)
        snprintf(kms->keys[kms->key_count++], sizeof kms->keys[0], "%s", name);
    if (!has_key(kms, name)) {
        strcpy(out, "{\"errors\":[]}");
        return 404;
    }
    sprintf(out,
            "{\"data\":{\"name\":\"%s\",\"type\":\"aes256-gcm96\",\"latest_version\":1,"
            "\"keys\":{\"1\":1700000000}}}",
            name);
    return 200;
}

static unsigned list(const struct kms *kms, char *out)
{
    if (kms->key_count == 0) {
        strcpy(out, "{\"errors\":[]}");
        return 404;
    }
    strcpy(out, "{\"data\":{\"keys\":[");
    for (size_t i = 0; i < kms->key_count; i++)
        sprintf(out + strlen(out), "%s\"%s\"", i == 0 ? "" : ",", kms->keys[i]);
    strcat(out, "]}}");
    return 200;
}

/* Takes `prefix` off the only string of the body, and puts the rest behind another one. */
static unsigned turn(const char *body, const char *prefix, const char *key, const char *new_prefix,
                     char *out)
{
    const char *value = strstr(body, "\":\"");
    if (value == NULL || strncmp(value + 3, prefix, strlen(prefix)) != 0) {
        strcpy(out, "{\"errors\":[\"invalid ciphertext\"]}");
        return 400;
    }
    value += 3 + strlen(prefix);
    sprintf(out, "{\"data\":{\"%s\":\"%s%.*s\"}}", key, new_prefix, (int)(strlen(value) - 2),
            value);
    return 200;
}

static unsigned handle(void *context, const char *method, const char *target, const char *token,
                       const char *body, char *out)
{
    struct kms *kms = context;
    if (strcmp(target, "/v1/sys/init") == 0 && strcmp(method, "PUT") == 0)
        return init(kms, body, out);
    if (strcmp(token, TOKEN) != 0) {
        strcpy(out, "{\"errors\":[\"permission denied\"]}");
        return 403;
    }
    if (strcmp(target, "/v1/transit/keys?list=true") == 0)
        return list(kms, out);
    if (strncmp(target, KEYS, strlen(KEYS)) == 0)
        return key_of(kms, method, target + strlen(KEYS), out);
    if (strncmp(target, "/v1/transit/encrypt/", 20) == 0)
        return turn(body, "", "ciphertext", "vault:v1:", out);
    return turn(body, "vault:v1:", "plaintext", "", out);
}

int main(int argc, char **argv)
{
    static struct kms kms;
    static struct model_seen seen;
    struct kc_sim_state *state = NULL;
    struct kc_error error = KC_ERROR_NONE;
    uint8_t kms_id[32];
    char hex[65];
    char byte;
    if (argc != 3 || kc_sim_state_open(argv[1], &state, &error) != KC_OK)
        return 64;
    bool is_new = strcmp(argv[2], "new") == 0;
    struct model_options options = {.state = state,
                                    .lie = is_new ? MODEL_HONEST : (enum model_lie)atoi(argv[2]),
                                    .uninitialised = is_new,
                                    .handler = handle,
                                    .handler_context = &kms};
    kms.initialised = !is_new;
    kms.server = model_server_start(&options);
    if (kms.server == NULL)
        return 1;
    model_server_kms_id(kms.server, kms_id);
    kc_hex_encode_lower(kc_bytes_of(kms_id, 32), hex);
    printf("ready %u %s\n", model_server_port(kms.server), hex);
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    model_server_seen(kms.server, &seen);
    model_server_stop(kms.server);
    fwrite(seen.plaintext, 1, seen.len, stdout);
    kc_sim_state_free(state);
    return 0;
}
