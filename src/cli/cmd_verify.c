/* keyclave verify: judges evidence. */
#include <getopt.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/judging.h"
#include "cli/judging_ear.h"

#define NAME "verify"

static void print_help(void)
{
    fputs("usage: keyclave verify [OPTION]... FILE\n\n"
          "Judges attestation evidence: an SGX or TDX quote or an SEV-SNP report (raw, hex or\n"
          "base64), Azure's HCL report, an Open Enclave report or evidence, quote JSON, or a\n"
          "certificate with evidence. FILE may be - for standard input.\n\n",
          stdout);
    fputs(kc_judging_help, stdout);
    fputs("  --json           print the verdict as one JSON object\n"
          "  --ear            print the verdict as a signed token (EAR, a JWT with ES256)\n"
          "  --ear-key F      the EC P-256 private key that signs it, PEM\n"
          "  --ear-out F      write the token there; the verdict is printed as without --ear\n"
          "  --ear-nonce HEX  the asker's 8 to 64 bytes, for the token\n"
          "  --ear-valid SECONDS\n"
          "                   how long the token is good from now on: 1 to 31536000, else 300\n"
          "  --ear-jwk-out F  write the public half of that key there, a JWK Set\n"
          "  --ear-compat veraison|draft-04\n"
          "                   with the names that readers of veraison and Trustee take, or those\n"
          "                   of draft-ietf-rats-ear-04 in place of -03's\n\n"
          "exit status: 0 accepted; 1 genuine, but refused by the policy; 2 not genuine or\n"
          "malformed; 3 not judged, for something is missing, or accepted and not written out;\n"
          "64 wrong usage or policy\n",
          stdout);
}

enum {
    OPTION_JSON = KC_JUDGING_OPTION_END,
    OPTION_EAR,
    OPTION_EAR_KEY,
    OPTION_EAR_OUT,
    OPTION_EAR_COMPAT,
    OPTION_EAR_NONCE,
    OPTION_EAR_VALID,
    OPTION_EAR_JWK_OUT,
    OPTION_HELP,
};

static const struct option options[] = {
    KC_JUDGING_OPTIONS,
    {"json", no_argument, NULL, OPTION_JSON},
    {"ear", no_argument, NULL, OPTION_EAR},
    {"ear-key", required_argument, NULL, OPTION_EAR_KEY},
    {"ear-out", required_argument, NULL, OPTION_EAR_OUT},
    {"ear-compat", required_argument, NULL, OPTION_EAR_COMPAT},
    {"ear-nonce", required_argument, NULL, OPTION_EAR_NONCE},
    {"ear-valid", required_argument, NULL, OPTION_EAR_VALID},
    {"ear-jwk-out", required_argument, NULL, OPTION_EAR_JWK_OUT},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

struct request {
    struct kc_judging judging;
    struct kc_judging_ear ear;
    bool json;
};

static int verify(struct request *r, const char *path)
{
    struct kc_judging *j = &r->judging;
    bool has_stdout = r->ear.is_wanted && r->ear.out_path == NULL;
    int status = kc_judging_ear_load(&r->ear, NAME);
    if (status != KC_EXIT_OK || !kc_judging_run(j, NAME, path, &status))
        return status;
    status = kc_judging_exit(j->verdict->kind);
    if (r->ear.is_wanted && !kc_judging_ear_write(&r->ear, j))
        return status == KC_EXIT_OK ? KC_EXIT_UNJUDGED : status;
    if (!has_stdout && !r->json)
        kc_judging_print_text(j, stdout);
    else if (!has_stdout && !kc_judging_print_json(j, stdout))
        return kc_cli_fail(KC_EXIT_UNJUDGED, "out of memory");
    return status;
}

/* One option of this command. False for one that it does not have. */
static bool take(struct request *r, int option, const char *value, bool *twice)
{
    const char **places[] = {&r->ear.key_path, &r->ear.out_path, &r->ear.compat,
                             &r->ear.nonce,    &r->ear.valid,    &r->ear.jwk_out_path};
    if (option == OPTION_JSON)
        r->json = true;
    else if (option == OPTION_EAR)
        r->ear.is_wanted = true;
    else if (option >= OPTION_EAR_KEY && option <= OPTION_EAR_JWK_OUT) {
        const char **place = places[option - OPTION_EAR_KEY];
        *twice = *place != NULL;
        *place = value;
    } else
        return kc_judging_take(&r->judging, option, value, twice);
    return true;
}

static int read_options(struct request *r, int argc, char **argv, bool *help)
{
    int option = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        bool twice = false;
        if (option == OPTION_HELP) {
            *help = true;
            return KC_EXIT_OK;
        }
        if (!take(r, option, optarg, &twice))
            return kc_cli_usage(NAME, "%s: unknown option, or its value is missing",
                                argv[optind - 1]);
        if (twice)
            return kc_cli_usage(NAME, "%s: its option stands twice", optarg);
    }
    if (argc - optind != 1)
        return kc_cli_usage(NAME, argc == optind ? "name the evidence: a file, or - for standard "
                                                   "input"
                                                 : "more than one file is named");
    if (kc_judging_stdin_uses(&r->judging, argv[optind]) + kc_cli_is_stdin(r->ear.key_path) > 1)
        return kc_cli_usage(NAME, "standard input can be one thing only: give the others as files");
    if (r->json && r->ear.is_wanted && r->ear.out_path == NULL)
        return kc_cli_usage(NAME, "--json and --ear: name a file for the token with --ear-out");
    return KC_EXIT_OK;
}

static int run(int argc, char **argv)
{
    struct request request = {0};
    bool help = false;
    int status = read_options(&request, argc, argv, &help);
    if (help)
        print_help();
    else if (status == KC_EXIT_OK)
        status = verify(&request, argv[optind]);
    kc_judging_ear_clear(&request.ear);
    kc_judging_clear(&request.judging);
    return status;
}

const struct kc_command kc_cmd_verify = {NAME, "judge attestation evidence", run};
