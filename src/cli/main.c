/* keyclave(1): finds the subcommand and runs it. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/cli.h"
#include "version.h"

static const struct kc_command *const commands[] = {
    &kc_cmd_attest,  &kc_cmd_collateral, &kc_cmd_decrypt,  &kc_cmd_dev,    &kc_cmd_doctor,
    &kc_cmd_encrypt, &kc_cmd_encrypt_to, &kc_cmd_evidence, &kc_cmd_init,   &kc_cmd_inspect,
    &kc_cmd_key,     &kc_cmd_measure,    &kc_cmd_policy,   &kc_cmd_report, &kc_cmd_request,
    &kc_cmd_serve,   &kc_cmd_sign,       &kc_cmd_sim,      &kc_cmd_verify, NULL, /* end */
};

static void print_help(FILE *out)
{
    fputs("usage: keyclave COMMAND [OPTION]... [ARGUMENT]...\n\n"
          "Proves what an SGX enclave is, and judges such proofs.\n\n"
          "commands:\n",
          out);
    for (size_t i = 0; commands[i] != NULL; i++)
        fprintf(out, "  %-12s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n`keyclave COMMAND --help` explains a command.\n"
          "exit status: 0 accepted or done, 1 refused or failed, 2 not genuine or malformed,\n"
          "3 something is missing or could not be written, 64 wrong usage\n",
          out);
}

static const struct kc_command *find(const char *name)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}

/*
 * A file that is opened must not get the number of a standard stream that the caller closed. What
 * fills its place is opened the wrong way round, so that using the stream still fails.
 */
static bool fill_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        int mode = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", mode) != fd)
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    /* Tokens, plaintext, the simulated enclave: none of it for a file that outlives the program. */
    const struct rlimit no_core = {0, 0};
    if (!fill_standard_streams() || setrlimit(RLIMIT_CORE, &no_core) != 0)
        return KC_EXIT_UNJUDGED;
    if (argc < 2) {
        print_help(stderr);
        return KC_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return KC_EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("keyclave " KC_VERSION);
        return KC_EXIT_OK;
    }
    const struct kc_command *command = find(argv[1]);
    if (command == NULL)
        return kc_cli_usage(NULL, "there is no command '%s'", argv[1]);
    int status = command->run(argc - 1, argv + 1);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    /* A failure stays what it was: evidence found invalid must not end as merely refused. */
    return kc_cli_fail(status == KC_EXIT_OK ? KC_EXIT_UNJUDGED : status,
                       "standard output: could not write everything");
}
