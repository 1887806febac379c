/* keyclave report: the mission document's GET_REPORT, quoted and printed in its form. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/proof.h"
#include "formats/quote_json.h"

static const char help[] =
    "usage: keyclave report [--raw FILE] [--key-out FILE] [OPTION]...\n\n"
    "Starts the enclave in the emulator, lets it make a report over its public key, has that\n"
    "quoted over the AESM protocol and prints the quote as JSON, the key as its held data.\n"
    "The platform is simulated: who holds the state folder can forge such quotes.\n\n"
    "      --raw FILE       also write the bare quote\n";

static const char exit_help[] =
    "\nexit status: 0 done, 1 failed, 2 a damaged state folder, 3 image or AESM service is\n"
    "missing, 64 wrong usage\n";

struct options {
    struct kc_proof_options proof;
    const char *raw;
};

static bool read_options(int argc, char **argv, struct options *out)
{
    static const struct option names[] = {
        {"raw", required_argument, NULL, 'r'}, KC_PROOF_OPTIONS, {NULL, 0, NULL, 0}};
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, "hv", names, NULL)) != -1) {
        if (c == 'r')
            out->raw = optarg;
        else if (!kc_proof_take_option(&out->proof, c, optarg))
            return kc_cli_refuse_option("report", argv);
    }
    return optind == argc || kc_cli_refuse_argument("report", argv);
}

/* The JSON of the quote as an Open Enclave remote report; `out` is the caller's to free. */
static enum kc_err encode_json(const struct kc_driver_answer *answer, char **out, size_t *out_len,
                               struct kc_error *error)
{
    const struct kc_oe_report report = {.type = KC_OE_REPORT_REMOTE,
                                        .content = {answer->body.ptr, answer->body.len}};
    struct kc_quote_json json = {0};
    size_t cap = KC_OE_REPORT_HEADER_SIZE + answer->body.len;
    uint8_t *bytes = malloc(cap);
    uint8_t *held_data = malloc(sizeof answer->key);
    enum kc_err err = KC_ERR_MEMORY;
    if (bytes == NULL || held_data == NULL) {
        free(held_data);
        kc_error_set(error, err, "out of memory", 0);
        goto out;
    }
    struct kc_writer w = kc_writer_of((struct kc_room){bytes, cap});
    kc_oe_report_encode(&w, &report);
    err = kc_quote_json_from_report(kc_writer_written(&w), &json, error);
    if (err != KC_OK) {
        free(held_data);
        goto out;
    }
    memcpy(held_data, answer->key, sizeof answer->key);
    json.held_data = held_data;
    json.held_data_len = sizeof answer->key;
    err = kc_quote_json_encode(&json, out, out_len, error);
    kc_quote_json_clear(&json);
out:
    free(bytes);
    return err;
}

static int print(const struct options *options, const struct kc_driver_answer *answer)
{
    struct kc_error error = KC_ERROR_NONE;
    char *text = NULL;
    size_t len = 0;
    if (encode_json(answer, &text, &len, &error) != KC_OK)
        return kc_cli_fail_with(KC_EXIT_REFUSED, "the quote", &error);
    bool ok = fwrite(text, 1, len, stdout) == len && kc_proof_write_key(&options->proof, answer);
    if (ok && options->raw != NULL)
        ok =
            kc_cli_write_file(options->raw, kc_bytes_of(answer->body.ptr, answer->body.len), false);
    free(text);
    return ok ? KC_EXIT_OK : KC_EXIT_REFUSED;
}

static int run(int argc, char **argv)
{
    struct options options = {0};
    struct kc_proof proof = {0};
    struct kc_driver_answer answer = {0};
    struct kc_driver_error error = {0};
    if (!read_options(argc, argv, &options))
        return KC_EXIT_USAGE;
    if (options.proof.help) {
        printf("%s%s%s", help, kc_proof_options_help, exit_help);
        return KC_EXIT_OK;
    }
    int status = kc_proof_start(&options.proof, &proof);
    if (status == KC_EXIT_OK && kc_driver_report(&proof.driver, &answer, &error) != KC_OK)
        status = kc_proof_fail(&error);
    if (status == KC_EXIT_OK)
        status = print(&options, &answer);
    free(answer.body.ptr);
    kc_proof_stop(&proof);
    return status;
}

const struct kc_command kc_cmd_report = {
    .name = "report",
    .summary = "have the enclave quoted and print the quote as JSON",
    .run = run,
};
