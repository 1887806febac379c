/* keyclave policy: explains, writes and compares policies. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/policy_parts.h"

#define NAME "policy"

static void print_help(void)
{
    fputs("usage: keyclave policy explain [OPTION]... --policy F EVIDENCE\n"
          "       keyclave policy from [OPTION]... EVIDENCE\n"
          "       keyclave policy diff [--json] A B\n\n"
          "explain  lists every clause with what the policy expects and the evidence has\n"
          "from     writes the strictest policy that accepts the evidence, whose clauses you may\n"
          "         then take out; --json tells beside it what could not be named, and why\n"
          "diff     says what policy B accepts that policy A does not\n\n",
          stdout);
    fputs(kc_judging_help, stdout);
    fputs("  --json           one JSON object\n\nkeys:", stdout);
    for (size_t i = 0; i < kc_clause_count; i++)
        printf("%s%s", i % 5 == 0 ? "\n  " : ", ", kc_clauses[i].key);
    fputs("\n\nexit status: explain as `keyclave verify`; from 0 written, 1 no policy accepts it,\n"
          "2 not genuine, 3 not judged; diff 0 nothing, 1 something; 64 wrong usage or policy\n",
          stdout);
}

enum { OPTION_JSON = KC_JUDGING_OPTION_END, OPTION_HELP };

static const struct option options[] = {
    KC_JUDGING_OPTIONS,
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static int explain(struct kc_judging *j, const char *path, bool json)
{
    int status = KC_EXIT_UNJUDGED;
    if (j->policy_path == NULL)
        return kc_cli_usage(NAME, "explain what? name the policy with --policy F");
    if (!kc_judging_run(j, NAME, path, &status))
        return status;
    if (!kc_policy_explain(j, json))
        return kc_cli_fail(KC_EXIT_UNJUDGED, "out of memory");
    return kc_judging_exit(j->verdict->kind);
}

static int from(struct kc_judging *j, const char *path, bool json)
{
    int status = KC_EXIT_UNJUDGED;
    if (j->policy_path != NULL)
        return kc_cli_usage(NAME, "from writes a policy, and reads none: leave --policy out");
    if (!kc_judging_run(j, NAME, path, &status))
        return status;
    const struct kc_verdict *v = j->verdict;
    if (!v->genuine) {
        kc_judging_print_failures(j, stderr);
        return kc_cli_fail(kc_judging_exit(v->kind),
                           "the evidence is not proved genuine: no policy is made of it");
    }
    if (v->facts.has_tcb && v->facts.tcb.status == KC_TCB_REVOKED)
        return kc_cli_fail(KC_EXIT_REFUSED, "the platform is revoked, which no policy may accept");
    return kc_policy_from(j, json) ? KC_EXIT_OK : kc_cli_fail(KC_EXIT_UNJUDGED, "out of memory");
}

static int diff(const struct kc_judging *j, char **paths, bool json)
{
    struct kc_policy *both = calloc(2, sizeof *both);
    bool more = false;
    int status = KC_EXIT_OK;
    if (j->policy_path != NULL || j->trust != NULL || j->at != NULL || j->collateral_path != NULL ||
        j->held_data_path != NULL || j->state != NULL || j->auxblob_path != NULL ||
        j->certificates_path != NULL)
        status = kc_cli_usage(NAME, "diff compares two files and takes --json alone");
    else if (both == NULL)
        status = kc_cli_fail(KC_EXIT_UNJUDGED, "out of memory");
    for (size_t i = 0; status == KC_EXIT_OK && i < 2; i++)
        status = kc_judging_load_policy(paths[i], &both[i], NULL);
    if (status == KC_EXIT_OK && !kc_policy_diff(&both[0], &both[1], json, &more))
        status = kc_cli_fail(KC_EXIT_UNJUDGED, "out of memory");
    free(both);
    return status == KC_EXIT_OK && more ? KC_EXIT_REFUSED : status;
}

static int run_with(struct kc_judging *j, int argc, char **argv, bool json)
{
    int left = argc - optind - 1;
    if (left < 0)
        return kc_cli_usage(NAME, "say what to do: explain, from or diff");
    const char *what = argv[optind];
    char **paths = argv + optind + 1;
    bool is_diff = strcmp(what, "diff") == 0;
    if (!is_diff && strcmp(what, "explain") != 0 && strcmp(what, "from") != 0)
        return kc_cli_usage(NAME, "there is no '%s': explain, from or diff", what);
    if (left != (is_diff ? 2 : 1))
        return kc_cli_usage(NAME,
                            is_diff ? "diff wants two policies" : "name one file of evidence");
    if (is_diff && kc_cli_is_stdin(paths[0]) && kc_cli_is_stdin(paths[1]))
        return kc_cli_usage(NAME, "standard input can be one thing only");
    if (is_diff)
        return diff(j, paths, json);
    if (kc_judging_stdin_uses(j, paths[0]) > 1)
        return kc_cli_usage(NAME, "standard input can be one thing only: give the others as files");
    return strcmp(what, "from") == 0 ? from(j, paths[0], json) : explain(j, paths[0], json);
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
        } else if (option == OPTION_JSON) {
            json = true;
        } else if (option == OPTION_HELP) {
            print_help();
            return KC_EXIT_OK;
        } else {
            return kc_cli_usage(NAME, "%s: unknown option, or its value is missing",
                                argv[optind - 1]);
        }
    }
    int status = run_with(&judging, argc, argv, json);
    kc_judging_clear(&judging);
    return status;
}

const struct kc_command kc_cmd_policy = {NAME, "explain, write or compare policies", run};
