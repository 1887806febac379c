/* keyclave evidence: the mission document's GET_EVIDENCE_WITH_PUB_KEY. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/proof.h"

static const char help[] =
    "usage: keyclave evidence [--format NAME|UUID] [--out FILE] [--key-out FILE] [OPTION]...\n\n"
    "Starts the enclave in the emulator and makes Open Enclave evidence, with its attestation\n"
    "header, for the enclave's public key. The platform is simulated: who holds the state folder\n"
    "can forge such evidence.\n\n"
    "      --format FORMAT  SGX_ECDSA (the default): quote and the custom claims `Event` and\n"
    "                       `Public key hash`; LEGACY_REPORT_REMOTE, RAW_SGX_QUOTE_ECDSA:\n"
    "                       the quote binds SHA-256 of the 512-byte public key itself\n"
    "      --out FILE       write it there (standard output, unless that is a terminal)\n";

static const char exit_help[] =
    "\nexit status: 0 done, 1 failed, 2 a damaged state folder, 3 image or AESM service is\n"
    "missing, 64 wrong usage\n";

struct options {
    struct kc_proof_options proof;
    const char *format;
    const char *out;
};

static bool read_options(int argc, char **argv, struct options *out)
{
    static const struct option names[] = {{"format", required_argument, NULL, 'f'},
                                          {"out", required_argument, NULL, 'o'},
                                          KC_PROOF_OPTIONS,
                                          {NULL, 0, NULL, 0}};
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, "ho:v", names, NULL)) != -1) {
        if (c == 'f')
            out->format = optarg;
        else if (c == 'o')
            out->out = optarg;
        else if (!kc_proof_take_option(&out->proof, c, optarg))
            return kc_cli_refuse_option("evidence", argv);
    }
    return optind == argc || kc_cli_refuse_argument("evidence", argv);
}

static int make(const struct options *options, enum kc_oe_format format)
{
    const struct kc_bytes no_settings = {NULL, 0};
    struct kc_proof proof = {0};
    struct kc_driver_answer answer = {0};
    struct kc_driver_error error = {0};
    int status = kc_proof_start(&options->proof, &proof);
    if (status == KC_EXIT_OK && kc_driver_evidence(&proof.driver, kc_oe_format_uuid(format),
                                                   no_settings, &answer, &error) != KC_OK)
        status = kc_proof_fail(&error);
    if (status == KC_EXIT_OK &&
        (!kc_proof_write_key(&options->proof, &answer) ||
         !kc_cli_write_file(options->out == NULL ? "-" : options->out,
                            kc_bytes_of(answer.body.ptr, answer.body.len), false)))
        status = KC_EXIT_REFUSED;
    free(answer.body.ptr);
    kc_proof_stop(&proof);
    return status;
}

static int run(int argc, char **argv)
{
    struct options options = {.format = "SGX_ECDSA"};
    enum kc_oe_format format = KC_OE_FORMAT_COUNT;
    if (!read_options(argc, argv, &options))
        return KC_EXIT_USAGE;
    if (options.proof.help) {
        printf("%s%s%s", help, kc_proof_options_help, exit_help);
        return KC_EXIT_OK;
    }
    if (!kc_oe_format_from_text(options.format, &format))
        return kc_cli_usage("evidence",
                            "there is no evidence format '%s'; give SGX_ECDSA, "
                            "LEGACY_REPORT_REMOTE or RAW_SGX_QUOTE_ECDSA",
                            options.format);
    if (options.out == NULL && isatty(STDOUT_FILENO))
        return kc_cli_usage("evidence", "evidence is binary: name a file with --out, or a pipe");
    return make(&options, format);
}

const struct kc_command kc_cmd_evidence = {
    .name = "evidence",
    .summary = "make Open Enclave evidence for the enclave's public key",
    .run = run,
};
