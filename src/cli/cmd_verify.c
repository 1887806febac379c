/* keyclave verify: judges evidence. */
#include <getopt.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/judging.h"

#define NAME "verify"

static void print_help(void)
{
    fputs("usage: keyclave verify [OPTION]... FILE\n\n"
          "Judges attestation evidence: an SGX or TDX quote or an SEV-SNP report (raw, hex or\n"
          "base64), Azure's HCL report, an Open Enclave report or evidence, quote JSON, or a\n"
          "certificate with evidence. FILE may be - for standard input.\n\n",
          stdout);
    fputs(kc_judging_help, stdout);
    fputs("  --json           print the verdict as one JSON object\n\n"
          "exit status: 0 accepted; 1 genuine, but refused by the policy; 2 not genuine or\n"
          "malformed; 3 not judged, for something is missing, or accepted and not written out;\n"
          "64 wrong usage or policy\n",
          stdout);
}

enum { OPTION_JSON = KC_JUDGING_OPTION_END, OPTION_HELP };

static const struct option options[] = {
    KC_JUDGING_OPTIONS,
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static int verify(struct kc_judging *j, const char *path, bool json)
{
    int status = KC_EXIT_UNJUDGED;
    if (!kc_judging_run(j, NAME, path, &status))
        return status;
    if (!json)
        kc_judging_print_text(j, stdout);
    else if (!kc_judging_print_json(j, stdout))
        return kc_cli_fail(KC_EXIT_UNJUDGED, "out of memory");
    return kc_judging_exit(j->verdict->kind);
}

static int run(int argc, char **argv)
{
    struct kc_judging judging = {0};
    bool json = false;
    opterr = 0;
    for (;;) {
        bool twice = false;
        int option = getopt_long(argc, argv, "", options, NULL);
        if (option == -1)
            break;
        if (kc_judging_take(&judging, option, optarg, &twice)) {
            if (twice)
                return kc_cli_usage(NAME, "%s: its option stands twice", optarg);
            continue;
        }
        switch (option) {
        case OPTION_JSON:
            json = true;
            break;
        case OPTION_HELP:
            print_help();
            return KC_EXIT_OK;
        default:
            return kc_cli_usage(NAME, "%s: unknown option, or its value is missing",
                                argv[optind - 1]);
        }
    }
    if (argc - optind != 1)
        return kc_cli_usage(NAME, argc == optind ? "name the evidence: a file, or - for standard "
                                                   "input"
                                                 : "more than one file is named");
    if (kc_judging_stdin_uses(&judging, argv[optind]) > 1)
        return kc_cli_usage(NAME, "standard input can be one thing only: give the others as files");
    int status = verify(&judging, argv[optind], json);
    kc_judging_clear(&judging);
    return status;
}

const struct kc_command kc_cmd_verify = {NAME, "judge attestation evidence", run};
