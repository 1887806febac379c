/* keyclave encrypt-to: a secret for an enclave that has proved itself, and for nobody else. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "cli/cli.h"
#include "cli/judging.h"
#include "cli/judging_facts.h"
#include "core/crypto.h"
#include "formats/oe_claims.h"

#define NAME "encrypt-to"

/* What RSA-2048 with OAEP and SHA-256 takes: 256 - 2 * 32 - 2. */
#define PLAINTEXT_MAX 190
/* GET_EVIDENCE_WITH_PUB_KEY's claim (docs/mission.md). */
#define KEY_CLAIM "Public key hash"

struct command {
    struct kc_judging judging;
    const char *key_path;
    const char *in_path;
    const char *out_path;
    bool base64;
};

static void print_help(void)
{
    fputs("usage: keyclave encrypt-to EVIDENCE --policy F [OPTION]...\n\n"
          "Judges EVIDENCE as `keyclave verify` does and, only if it is accepted, encrypts up to\n"
          "190 bytes to the RSA key that it binds (RSA-OAEP with SHA-256). A policy is required.\n"
          "The key is EnclaveHeldDataHex of quote JSON, or the file of --held-data, or the file\n"
          "of --key for evidence that carries the hash of its key as a custom claim.\n\n",
          stdout);
    fputs(kc_judging_help, stdout);
    fputs("  --key F          the public key in PEM whose hash the evidence carries\n"
          "  --in F           what to encrypt (default: standard input)\n"
          "  --out F          where the ciphertext goes (default: standard output)\n"
          "  --base64         write base64 and a newline in place of the 256 bytes\n\n"
          "exit status: as `keyclave verify`; nothing is written unless it is 0\n",
          stdout);
}

/* The key behind the claim: the file's bytes, zero padded as the enclave hashed them. */
static int load_claimed_key(const struct command *c, struct kc_bytes claim,
                            uint8_t out[KC_PUBLIC_KEY_SIZE])
{
    struct kc_room file = {NULL, 0};
    uint8_t hash[KC_SHA256_SIZE];
    if (c->key_path == NULL)
        return kc_cli_usage(NAME, "this evidence carries the hash of its key alone: give the key "
                                  "with --key F");
    if (!kc_cli_read_file(c->key_path, KC_PUBLIC_KEY_SIZE, &file))
        return KC_EXIT_UNJUDGED;
    memset(out, 0, KC_PUBLIC_KEY_SIZE);
    memcpy(out, file.ptr, file.len);
    free(file.ptr);
    if (kc_crypto_sha256(kc_bytes_of(out, KC_PUBLIC_KEY_SIZE), hash) != KC_OK ||
        !kc_bytes_equal(kc_bytes_of(hash, sizeof hash), claim))
        return kc_cli_fail(KC_EXIT_INVALID,
                           "%s: not the key of this enclave: its SHA-256 over 512 zero-padded "
                           "bytes is not the claim \"" KEY_CLAIM "\"",
                           c->key_path);
    return KC_EXIT_OK;
}

/* The one key that the accepted evidence binds, in PEM, to `out`. */
static int find_key(const struct command *c, uint8_t out[KC_PUBLIC_KEY_SIZE])
{
    const struct kc_judging *j = &c->judging;
    const struct kc_verdict_facts *facts = &j->verdict->facts;
    struct kc_oe_claims claims;
    struct kc_bytes held_data = kc_bytes_of(j->held_data.ptr, j->held_data.len);
    if (j->evidence.has_held_data)
        held_data = j->evidence.held_data;
    if (j->evidence.has_held_data || j->has_held_data) {
        if (c->key_path != NULL)
            return kc_cli_usage(NAME, "--key is for evidence that carries a key's hash; this one "
                                      "binds the key itself");
        if (held_data.len != KC_PUBLIC_KEY_SIZE)
            return kc_cli_fail(KC_EXIT_REFUSED,
                               "the held data is %zu bytes, not a key in 512 zero-padded bytes",
                               held_data.len);
        memcpy(out, held_data.ptr, KC_PUBLIC_KEY_SIZE);
        return KC_EXIT_OK;
    }
    if (facts->has_oe_claims && kc_oe_claims_decode(facts->oe_claims, &claims, NULL) == KC_OK) {
        const struct kc_oe_claim *claim = kc_oe_claims_find(&claims, KEY_CLAIM);
        if (claim != NULL)
            return load_claimed_key(c, claim->value, out);
    }
    return kc_cli_fail(KC_EXIT_REFUSED, "this evidence binds no key; if its report data is the "
                                        "hash of one, give that key with --held-data");
}

static int write_ciphertext(const struct command *c, struct kc_bytes ciphertext)
{
    char text[KC_RSA_OAEP_MAX / 3 * 4 + 8];
    const char *path = c->out_path == NULL ? "-" : c->out_path;
    if (c->base64) {
        size_t n = kc_base64_encoded_len(KC_BASE64, ciphertext.len);
        kc_base64_encode(KC_BASE64, ciphertext, text);
        text[n] = '\n';
        ciphertext = kc_bytes_of(text, n + 1);
    }
    return kc_cli_write_file(path, ciphertext, false) ? KC_EXIT_OK : KC_EXIT_UNJUDGED;
}

/* Reads the secret last, when it is known whom it is for. */
static int encrypt(const struct command *c, const uint8_t key[KC_PUBLIC_KEY_SIZE])
{
    struct kc_room plaintext = {NULL, 0};
    uint8_t ciphertext[KC_RSA_OAEP_MAX];
    size_t n = 0;
    struct kc_error error = KC_ERROR_NONE;
    setvbuf(stdin, NULL, _IONBF, 0); /* no copy of the secret in the library's buffer */
    if (!kc_cli_read_file(c->in_path == NULL ? "-" : c->in_path, PLAINTEXT_MAX, &plaintext))
        return KC_EXIT_UNJUDGED;
    enum kc_err err = kc_crypto_rsa_oaep_encrypt(
        kc_bytes_of(key, KC_PUBLIC_KEY_SIZE), kc_bytes_of(plaintext.ptr, plaintext.len),
        (struct kc_room){ciphertext, sizeof ciphertext}, &n, &error);
    kc_bytes_wipe(plaintext.ptr, plaintext.len);
    free(plaintext.ptr);
    if (err != KC_OK)
        return kc_cli_fail_with(KC_EXIT_REFUSED, "the key that the evidence binds", &error);
    return write_ciphertext(c, kc_bytes_of(ciphertext, n));
}

static int judge_and_encrypt(struct command *c, const char *evidence_path)
{
    struct kc_judging *j = &c->judging;
    uint8_t key[KC_PUBLIC_KEY_SIZE];
    int status = KC_EXIT_UNJUDGED;
    if (!kc_judging_run(j, NAME, evidence_path, &status))
        return status;
    if (j->verdict->kind != KC_VERDICT_ACCEPTED) {
        kc_cli_say("%s: the verdict is %s: nothing was encrypted", evidence_path,
                   kc_verdict_kind_name(j->verdict->kind));
        kc_judging_print_failures(j, stderr);
        return kc_judging_exit(j->verdict->kind);
    }
    kc_judging_print_notes(j, stderr);
    status = find_key(c, key);
    return status == KC_EXIT_OK ? encrypt(c, key) : status;
}

enum {
    OPTION_KEY = KC_JUDGING_OPTION_END,
    OPTION_IN,
    OPTION_OUT,
    OPTION_BASE64,
    OPTION_HELP,
};

static const struct option options[] = {
    KC_JUDGING_OPTIONS,
    {"key", required_argument, NULL, OPTION_KEY},
    {"in", required_argument, NULL, OPTION_IN},
    {"out", required_argument, NULL, OPTION_OUT},
    {"base64", no_argument, NULL, OPTION_BASE64},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

/* Takes an option of this command alone; false when there is no such option. */
static bool take(struct command *c, int option, bool *twice)
{
    const char **places[] = {&c->key_path, &c->in_path, &c->out_path};
    if (option == OPTION_BASE64) {
        c->base64 = true;
        return true;
    }
    if (option < OPTION_KEY || option > OPTION_OUT)
        return false;
    const char **place = places[option - OPTION_KEY];
    *twice = *place != NULL;
    *place = optarg;
    return true;
}

/* Whoever reads standard input second finds it empty, and an empty secret encrypts well. */
static bool reads_stdin_twice(const struct command *c, const char *evidence_path)
{
    return kc_judging_stdin_uses(&c->judging, evidence_path) + kc_cli_is_stdin(c->key_path) +
               (c->in_path == NULL || kc_cli_is_stdin(c->in_path)) >
           1;
}

static int run(int argc, char **argv)
{
    struct command c = {0};
    opterr = 0;
    for (;;) {
        bool twice = false;
        int option = getopt_long(argc, argv, "", options, NULL);
        if (option == -1)
            break;
        if (option == OPTION_HELP) {
            print_help();
            return KC_EXIT_OK;
        }
        if (!kc_judging_take(&c.judging, option, optarg, &twice) && !take(&c, option, &twice))
            return kc_cli_usage(NAME, "%s: unknown option, or its value is missing",
                                argv[optind - 1]);
        if (twice)
            return kc_cli_usage(NAME, "%s: its option stands twice", optarg);
    }
    if (argc - optind != 1)
        return kc_cli_usage(NAME, "name the evidence: one file, or - for standard input");
    if (c.judging.policy_path == NULL)
        return kc_cli_usage(NAME, "--policy F is required: without one any enclave would do");
    if (reads_stdin_twice(&c, argv[optind]))
        return kc_cli_usage(NAME, "standard input can be one thing only (without --in it is the "
                                  "plaintext): give the others as files");
    int status = judge_and_encrypt(&c, argv[optind]);
    kc_judging_clear(&c.judging);
    return status;
}

const struct kc_command kc_cmd_encrypt_to = {NAME, "encrypt to an enclave that has proved itself",
                                             run};
