#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/simulation.h"
#include "host/address.h"
#include "sim/pcs_server.h"

#define NAME         "sim pcs"
#define DEFAULT_DAYS 30
#define DAYS_MAX     36500

static const char help[] =
    "usage: keyclave sim pcs [--listen ADDRESS:PORT] [--state DIR] [--days N] [--status STATUS]\n"
    "                        [--fault KIND[:N][@PIECE]]...\n\n"
    "Serves the collateral of simulated quotes over HTTP, as Intel's PCS and its caches do (REST\n"
    "version 4), until SIGINT or SIGTERM. Prints `ready http://ADDRESS:PORT` once it listens, "
    "then\n"
    "a line for each request: method, target, status.\n\n"
    "      --listen A:P     where (127.0.0.1:0, which is any free port)\n"
    "      --state DIR      the state folder ($KEYCLAVE_STATE, ~/.local/state/keyclave)\n"
    "      --days N         how long collateral is valid (30)\n"
    "      --status STATUS  the TCB status of the simulated machine, as of `sim collateral`\n"
    "      --fault KIND     for tests, up to 8 times; of several the first that fits:\n"
    "                       404, 429, 500, redirect, slow, silent, truncated, huge, wrong-chain,\n"
    "                       no-chain, expired, changed, hex, pem. :N for the first N requests\n"
    "                       alone; @PIECE for tcb, identity, pckcrl or rootcacrl alone\n\n"
    "exit status: 0 stopped, 1 failed, 2 a damaged state folder, 64 wrong usage\n";

struct arguments {
    const char *listen;
    const char *state;
    bool help;
    struct kc_sim_pcs_options pcs;
};

static bool take(struct arguments *out, int letter, const char *value)
{
    struct kc_sim_pcs_options *pcs = &out->pcs;
    switch (letter) {
    case 'l':
        out->listen = value;
        return true;
    case 'd':
        out->state = value;
        return true;
    case 'n':
        return kc_simulation_number(value, DAYS_MAX, &pcs->platform.days) && pcs->platform.days > 0;
    case 't':
        return kc_tcb_status_from_text(kc_bytes_of_text(value), &pcs->platform.status) &&
               pcs->platform.status != KC_TCB_TD_RELAUNCH_ADVISED &&
               pcs->platform.status != KC_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED;
    case 'f':
        return pcs->fault_count < KC_SIM_PCS_FAULTS_MAX &&
               kc_sim_pcs_fault_parse(value, &pcs->fault[pcs->fault_count++]);
    case 'h':
        out->help = true;
        return true;
    default:
        return false;
    }
}

static int read_arguments(int argc, char **argv, struct arguments *out)
{
    static const struct option names[] = {
        {"listen", required_argument, NULL, 'l'},
        {"state", required_argument, NULL, 'd'},
        {"days", required_argument, NULL, 'n'},
        {"status", required_argument, NULL, 't'},
        {"fault", required_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int letter;
    opterr = 0;
    while ((letter = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (letter == '?')
            return kc_cli_usage("sim", "%s: unknown option, or its value is missing",
                                argv[optind - 1]);
        if (!take(out, letter, optarg))
            return kc_cli_usage("sim", "%s: not a value of its option", optarg);
    }
    if (optind < argc)
        return kc_cli_usage("sim", "'%s' is one argument too many", argv[optind]);
    return KC_EXIT_OK;
}

/* Waits for SIGINT or SIGTERM, which are blocked. */
static int serve(const struct kc_sim_state *state, const struct arguments *arguments, int fd,
                 const struct kc_address *bound, const sigset_t *stop)
{
    struct kc_sim_pcs *server = NULL;
    struct kc_error error = KC_ERROR_NONE;
    char address[KC_ADDRESS_TEXT_SIZE];
    int number = 0;
    kc_address_format(bound, address);
    printf("ready http://%s\n", address);
    fflush(stdout);
    if (kc_sim_pcs_start(state, fd, &arguments->pcs, &server, &error) != KC_OK)
        return kc_cli_fail_with(KC_EXIT_REFUSED, NAME, &error);
    sigwait(stop, &number);
    kc_sim_pcs_stop(server);
    return KC_EXIT_OK;
}

static int listen_and_serve(const struct arguments *arguments)
{
    struct kc_address address;
    struct kc_address bound;
    struct kc_sim_state *state = NULL;
    sigset_t stop;
    if (!kc_address_parse(arguments->listen, &address))
        return kc_cli_usage("sim", "--listen %s: not an address such as 127.0.0.1:0",
                            arguments->listen);
    int status = kc_simulation_open(arguments->state, &state);
    if (status != KC_EXIT_OK)
        return status;
    /* Blocked first, so that a signal in between stops the service too. */
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    sigprocmask(SIG_BLOCK, &stop, NULL);
    int fd = kc_address_listen(&address, &bound);
    if (fd < 0)
        status = kc_cli_fail(KC_EXIT_REFUSED, "%s: %s", arguments->listen, strerror(errno));
    else
        status = serve(state, arguments, fd, &bound, &stop);
    kc_sim_state_free(state);
    return status;
}

int kc_simulation_pcs(int argc, char **argv)
{
    struct arguments arguments = {
        .listen = "127.0.0.1:0",
        .pcs = {.platform = {KC_TCB_UP_TO_DATE, DEFAULT_DAYS}, .log = stdout},
    };
    int status = read_arguments(argc, argv, &arguments);
    if (status != KC_EXIT_OK)
        return status;
    if (arguments.help) {
        fputs(help, stdout);
        return KC_EXIT_OK;
    }
    return listen_and_serve(&arguments);
}
