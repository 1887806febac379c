/* keyclave decrypt: has an attested service decrypt. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "cli/cipher_text.h"

#define NAME "decrypt"

#define CIPHERTEXT_MAX ((size_t)1024 * 1024)

static const char help[] =
    "usage: keyclave decrypt NAME [FILE] [OPTION]...\n\n"
    "Decrypts the ciphertext in FILE, or on standard input (vault:v1:...), with a key of an\n"
    "attested service and writes the plaintext, byte for byte, to standard output.\n\n";

/* One line of it: characters that base64 and its prefix have. */
static bool is_ciphertext(struct kc_bytes text)
{
    static const char prefix[] = "vault:v";
    if (text.len < sizeof prefix || memcmp(text.ptr, prefix, sizeof prefix - 1) != 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_word && strchr(":+/=", c) == NULL)
            return false;
    }
    return true;
}

static struct kc_bytes trim(struct kc_bytes text)
{
    while (text.len > 0 && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r'))
        text.len--;
    return text;
}

static int print_plaintext(struct kc_bytes text, bool json)
{
    size_t n = 0;
    setvbuf(stdout, NULL, _IONBF, 0); /* a buffer would keep a copy that nobody wipes */
    if (json) {
        printf("{\"plaintext\": \"%.*s\"}\n", (int)text.len, (const char *)text.ptr);
        return KC_EXIT_OK;
    }
    struct kc_room out = {malloc(kc_base64_decoded_max(text.len) + 1),
                          kc_base64_decoded_max(text.len)};
    int status = KC_EXIT_OK;
    if (out.ptr == NULL)
        status = kc_cli_fail(KC_EXIT_UNJUDGED, "out of memory");
    else if (kc_base64_decode(KC_BASE64, text, out, &n) != KC_OK)
        status = kc_cli_fail(KC_EXIT_INVALID, "the service's answer is not base64");
    else
        status =
            kc_cli_write_file("-", kc_bytes_of(out.ptr, n), true) ? KC_EXIT_OK : KC_EXIT_UNJUDGED;
    if (out.ptr != NULL)
        kc_bytes_wipe(out.ptr, out.len);
    free(out.ptr);
    return status;
}

static int decrypt(const struct kc_service_options *options, const char *name,
                   struct kc_bytes ciphertext)
{
    struct kc_client_answer answer = {0};
    struct kc_bytes plaintext = {NULL, 0};
    if (!is_ciphertext(ciphertext))
        return kc_cli_usage(NAME, "the input is no ciphertext: one line that begins with vault:v");
    int status = kc_cipher_text_ask(NAME, options, name, "ciphertext", ciphertext, "plaintext",
                                    &answer, &plaintext);
    if (status == KC_EXIT_OK)
        status = print_plaintext(plaintext, options->json);
    kc_client_answer_clear(&answer);
    return status;
}

static int run(int argc, char **argv)
{
    struct kc_service_options options = {0};
    struct kc_room file = {NULL, 0};
    const char *name = NULL;
    const char *path = NULL;
    int status = kc_cipher_text_options(NAME, argc, argv, &options, &name, &path);
    if (status != KC_EXIT_OK)
        return status;
    if (options.help) {
        printf("%s%s%s%s", help, kc_service_key_help, kc_service_help, kc_cipher_text_exit_help);
        return KC_EXIT_OK;
    }
    if (!kc_cli_read_file(path, CIPHERTEXT_MAX, &file))
        return KC_EXIT_UNJUDGED;
    status = decrypt(&options, name, trim(kc_bytes_of(file.ptr, file.len)));
    free(file.ptr);
    return status;
}

const struct kc_command kc_cmd_decrypt = {NAME, "decrypt with a key of a service", run};
