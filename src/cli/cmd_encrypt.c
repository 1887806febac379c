/* keyclave encrypt: has an attested service encrypt. */
#include <stdio.h>
#include <stdlib.h>

#include "base/base64.h"
#include "cli/cipher_text.h"

#define NAME "encrypt"

/* What the service takes in one request, 1 MiB, as base64 in its JSON. */
#define PLAINTEXT_MAX ((size_t)768 * 1024 - 64)

static const char help[] =
    "usage: keyclave encrypt NAME [FILE] [OPTION]...\n\n"
    "Encrypts FILE, or standard input, with a key of an attested service and prints the\n"
    "ciphertext, vault:v1:... At most 768 KiB.\n\n";

/* Base64 of a file, to be wiped and freed; NULL after it has said what is wrong. */
static char *read_plaintext(const char *path, size_t *len)
{
    struct kc_room file = {NULL, 0};
    if (!kc_cli_read_file(path, PLAINTEXT_MAX, &file))
        return NULL;
    *len = kc_base64_encoded_len(KC_BASE64, file.len);
    char *text = malloc(*len + 1);
    if (text == NULL)
        kc_cli_say("out of memory");
    else
        kc_base64_encode(KC_BASE64, kc_bytes_of(file.ptr, file.len), text);
    kc_bytes_wipe(file.ptr, file.len);
    free(file.ptr);
    return text;
}

static int run(int argc, char **argv)
{
    struct kc_service_options options = {0};
    struct kc_client_answer answer = {0};
    struct kc_bytes ciphertext = {NULL, 0};
    const char *name = NULL;
    const char *path = NULL;
    size_t len = 0;
    int status = kc_cipher_text_options(NAME, argc, argv, &options, &name, &path);
    if (status != KC_EXIT_OK)
        return status;
    if (options.help) {
        printf("%s%s%s%s", help, kc_service_key_help, kc_service_help, kc_cipher_text_exit_help);
        return KC_EXIT_OK;
    }
    char *text = read_plaintext(path, &len);
    if (text == NULL)
        return KC_EXIT_UNJUDGED;
    status = kc_cipher_text_ask(NAME, &options, name, "plaintext", kc_bytes_of(text, len),
                                "ciphertext", &answer, &ciphertext);
    if (status == KC_EXIT_OK)
        printf(options.json ? "{\"ciphertext\": \"%.*s\"}\n" : "%.*s\n", (int)ciphertext.len,
               (const char *)ciphertext.ptr);
    kc_client_answer_clear(&answer);
    kc_bytes_wipe(text, len);
    free(text);
    return status;
}

const struct kc_command kc_cmd_encrypt = {NAME, "encrypt with a key of a service", run};
