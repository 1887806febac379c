/* keyclave sim: the parts of SGX and of Intel's services that a machine without SGX lacks. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <openssl/sha.h>

#include "base/hex.h"
#include "base/time.h"
#include "cli/cli.h"
#include "cli/simulation.h"
#include "sim/aesm_server.h"
#include "sim/collateral.h"
#include "sim/quoting_enclave.h"
#include "sim/state.h"

#define DEFAULT_DAYS 30

static const char help[] =
    "usage: keyclave sim aesm --socket PATH [--state DIR] [--fault NAME[=CODE]]\n"
    "       keyclave sim collateral DIR [--tdx] [--state DIR] [--at RFC3339] [--days N]\n"
    "                                   [--status STATUS]\n"
    "       keyclave sim td-quote [--report-data HEX] [--state DIR]\n"
    "       keyclave sim pcs [OPTION]...\n"
    "       keyclave sim root [--state DIR]\n\n"
    "Stands in for an SGX machine and for Intel. What it signs proves nothing to anybody who\n"
    "does not name its root; whoever reads the state folder can forge everything.\n\n"
    "  aesm         serves Intel's AESM protocol with a simulated Quoting Enclave, until SIGINT "
    "or\n"
    "               SIGTERM; prints `ready PATH` once it listens\n"
    "  collateral   writes what a verifier needs to judge the TCB of simulated quotes:\n"
    "               root_ca.pem tcb_info.json tcb_chain.pem qe_identity.json\n"
    "               pck_crl.der pck_crl_chain.pem root_ca_crl.der\n"
    "  td-quote     writes a TDX quote to standard output, of a trust domain that nobody ever\n"
    "               ran, to try policies for TDX on; MRTD and RTMRs are SHA-384 of their names\n"
    "  pcs          serves collateral as Intel's PCS does: `keyclave sim pcs --help`\n"
    "  root         prints the simulated root certificate (for verify --trust FILE)\n\n"
    "      --socket PATH     the Unix socket to listen at\n"
    "      --state DIR       the state folder ($KEYCLAVE_STATE, ~/.local/state/keyclave);\n"
    "                        made with new keys where there is none\n"
    "      --fault NAME      for tests: not-initialized-once, error=CODE, silent, truncated, "
    "huge,\n"
    "                        wrong-quote\n"
    "      --tdx             the collateral is for TDX quotes\n"
    "      --report-data HEX what the domain chose: at most 64 bytes, zeros behind them\n"
    "      --at RFC3339      when the collateral is issued (now)\n"
    "      --days N          how long it is valid (30)\n"
    "      --status STATUS   the TCB status of the simulated machine: UpToDate (the default),\n"
    "                        SWHardeningNeeded, ConfigurationNeeded,\n"
    "                        ConfigurationAndSWHardeningNeeded, OutOfDate,\n"
    "                        OutOfDateConfigurationNeeded, Revoked\n\n"
    "exit status: 0 done, 1 failed, 2 a damaged state folder, 64 wrong usage\n";

struct options {
    const char *socket;
    const char *state;
    const char *fault;
    const char *at;
    const char *days;
    const char *status;
    const char *report_data;
    bool is_tdx;
    bool help;
};

static bool read_options(int argc, char **argv, struct options *out)
{
    static const struct option names[] = {
        {"socket", required_argument, NULL, 's'}, {"state", required_argument, NULL, 'd'},
        {"fault", required_argument, NULL, 'f'},  {"at", required_argument, NULL, 'a'},
        {"days", required_argument, NULL, 'n'},   {"status", required_argument, NULL, 't'},
        {"tdx", no_argument, NULL, 'x'},          {"report-data", required_argument, NULL, 'r'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
    };
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, "h", names, NULL)) != -1) {
        const char **slot = c == 's'   ? &out->socket
                            : c == 'd' ? &out->state
                            : c == 'f' ? &out->fault
                            : c == 'a' ? &out->at
                            : c == 'n' ? &out->days
                            : c == 't' ? &out->status
                            : c == 'r' ? &out->report_data
                                       : NULL;
        if (slot != NULL)
            *slot = optarg;
        else if (c == 'h')
            out->help = true;
        else if (c == 'x')
            out->is_tdx = true;
        else
            return kc_cli_refuse_option("sim", argv);
    }
    return true;
}

static bool read_fault(const char *text, struct kc_sim_aesm_options *out)
{
    static const struct {
        const char *name;
        enum kc_sim_aesm_fault fault;
    } faults[] = {
        {"not-initialized-once", KC_SIM_AESM_NOT_INITIALIZED_ONCE},
        {"silent", KC_SIM_AESM_SILENT},
        {"truncated", KC_SIM_AESM_TRUNCATED},
        {"huge", KC_SIM_AESM_HUGE},
        {"wrong-quote", KC_SIM_AESM_WRONG_QUOTE},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        if (strcmp(faults[i].name, text) == 0) {
            out->fault = faults[i].fault;
            return true;
        }
    }
    out->fault = KC_SIM_AESM_ERROR;
    return strncmp(text, "error=", 6) == 0 &&
           kc_simulation_number(text + 6, UINT32_MAX, &out->fault_code) && out->fault_code != 0;
}

static int run_aesm(const struct options *options)
{
    struct kc_sim_aesm_options faults = {KC_SIM_AESM_NO_FAULT, 0};
    struct kc_sim_state *state = NULL;
    struct kc_sim_aesm *server = NULL;
    struct kc_error error = KC_ERROR_NONE;
    sigset_t stop;
    int signal_number = 0;
    if (options->socket == NULL)
        return kc_cli_usage("sim", "sim aesm needs --socket PATH");
    if (options->fault != NULL && !read_fault(options->fault, &faults))
        return kc_cli_usage("sim", "there is no fault '%s'", options->fault);
    int status = kc_simulation_open(options->state, &state);
    if (status != KC_EXIT_OK)
        return status;
    /* Blocked first, so that a signal in between stops the service, and removes its socket. */
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    sigprocmask(SIG_BLOCK, &stop, NULL);
    if (kc_sim_aesm_start(state, options->socket, &faults, &server, &error) != KC_OK) {
        status = error.code == KC_ERR_IO
                     ? kc_cli_fail(KC_EXIT_REFUSED, "%s: %s: %s", options->socket, error.what,
                                   strerror((int)error.at))
                     : kc_cli_fail(KC_EXIT_REFUSED, "%s: %s", options->socket, error.what);
    } else {
        printf("ready %s\n", options->socket);
        fflush(stdout);
        sigwait(&stop, &signal_number);
        kc_sim_aesm_stop(server);
    }
    kc_sim_state_free(state);
    return status;
}

static int write_collateral(const char *folder, const struct kc_sim_collateral_file *files)
{
    int status = KC_EXIT_OK;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return kc_cli_fail(KC_EXIT_REFUSED, "%s: %s", folder, strerror(errno));
    for (size_t i = 0; status == KC_EXIT_OK && i < KC_SIM_COLLATERAL_FILES; i++) {
        char *path = NULL;
        if (asprintf(&path, "%s/%s", folder, files[i].name) < 0)
            return kc_cli_fail(KC_EXIT_REFUSED, "out of memory");
        if (!kc_cli_write_file(path, kc_bytes_of(files[i].ptr, files[i].len), false))
            status = KC_EXIT_REFUSED;
        free(path);
    }
    return status;
}

static int run_collateral(const struct options *options, const char *folder)
{
    struct kc_sim_collateral_options what = {(int64_t)time(NULL), DEFAULT_DAYS, KC_TCB_UP_TO_DATE,
                                             options->is_tdx};
    struct kc_sim_collateral_file files[KC_SIM_COLLATERAL_FILES];
    struct kc_sim_state *state = NULL;
    struct kc_error error = KC_ERROR_NONE;
    if (options->at != NULL && kc_time_parse(kc_bytes_of_text(options->at), &what.issued) != KC_OK)
        return kc_cli_usage("sim", "--at %s: not a time such as 2026-01-31T12:00:00Z", options->at);
    if (options->days != NULL && !kc_simulation_number(options->days, 36500, &what.days))
        return kc_cli_usage("sim", "--days %s: not a number from 1 to 36500", options->days);
    if (options->status != NULL &&
        !kc_tcb_status_from_text(kc_bytes_of_text(options->status), &what.status))
        return kc_cli_usage("sim", "--status %s: no TCB status has this name", options->status);
    int status = kc_simulation_open(options->state, &state);
    if (status != KC_EXIT_OK)
        return status;
    enum kc_err err = kc_sim_collateral_make(state, &what, files, &error);
    if (err == KC_ERR_ARGUMENT)
        status = kc_cli_usage("sim", "%s", error.what);
    else if (err != KC_OK)
        status = kc_cli_fail_with(KC_EXIT_REFUSED, "collateral", &error);
    if (err == KC_OK) {
        status = write_collateral(folder, files);
        kc_sim_collateral_clear(files);
    }
    kc_sim_state_free(state);
    return status;
}

/* A domain with the module that the simulated collateral rates. */
static bool make_domain(const char *report_data, struct kc_td_report *out)
{
    static const uint8_t svn[] = {5, 1, 6};
    static const char *const names[] = {"mrtd", "rtmr0", "rtmr1", "rtmr2", "rtmr3"};
    uint8_t *places[] = {out->mrtd, out->rtmr[0], out->rtmr[1], out->rtmr[2], out->rtmr[3]};
    size_t len = 0;
    *out = (struct kc_td_report){.td_attributes = KC_TD_ATTRIBUTES_SEPT_VE_DISABLE, .xfam = 0xe7};
    memcpy(out->tee_tcb_svn, svn, sizeof svn);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        SHA384((const uint8_t *)names[i], strlen(names[i]), places[i]);
    return report_data == NULL ||
           kc_hex_decode(kc_bytes_of_text(report_data),
                         (struct kc_room){out->report_data, sizeof out->report_data},
                         &len) == KC_OK;
}

static int run_td_quote(const struct options *options)
{
    struct kc_sim_state *state = NULL;
    struct kc_td_report domain;
    uint8_t quote[KC_SIM_QUOTE_MAX];
    size_t len = 0;
    if (!make_domain(options->report_data, &domain))
        return kc_cli_usage("sim", "--report-data %s: not up to 64 bytes in hexadecimal",
                            options->report_data);
    int status = kc_simulation_open(options->state, &state);
    if (status != KC_EXIT_OK)
        return status;
    if (!kc_sim_qe_td_quote(state, &domain, (struct kc_room){quote, sizeof quote}, &len))
        status = kc_cli_fail(KC_EXIT_REFUSED, "the quote could not be signed");
    else if (!kc_cli_write_file("-", kc_bytes_of(quote, len), false))
        status = KC_EXIT_REFUSED;
    kc_sim_state_free(state);
    return status;
}

static int run_root(const struct options *options)
{
    struct kc_sim_state *state = NULL;
    int status = kc_simulation_open(options->state, &state);
    if (status != KC_EXIT_OK)
        return status;
    char *pem = kc_sim_state_root_pem(state);
    if (pem == NULL)
        status = kc_cli_fail(KC_EXIT_REFUSED, "out of memory");
    else if (!kc_cli_write_file("-", kc_bytes_of_text(pem), false))
        status = KC_EXIT_REFUSED;
    free(pem);
    kc_sim_state_free(state);
    return status;
}

static int run(int argc, char **argv)
{
    struct options options = {0};
    if (argc > 1 && strcmp(argv[1], "pcs") == 0)
        return kc_simulation_pcs(argc - 1, argv + 1);
    if (!read_options(argc, argv, &options))
        return KC_EXIT_USAGE;
    if (options.help) {
        fputs(help, stdout);
        return KC_EXIT_OK;
    }
    const char *what = optind < argc ? argv[optind++] : "";
    int left = argc - optind;
    bool for_aesm = options.socket != NULL || options.fault != NULL;
    bool for_collateral =
        options.at != NULL || options.days != NULL || options.status != NULL || options.is_tdx;
    bool for_quote = options.report_data != NULL;
    if (strcmp(what, "td-quote") == 0 && left == 0 && !for_aesm && !for_collateral)
        return run_td_quote(&options);
    if (strcmp(what, "aesm") == 0 && left == 0 && !for_collateral && !for_quote)
        return run_aesm(&options);
    if (strcmp(what, "collateral") == 0 && left == 1 && !for_aesm && !for_quote)
        return run_collateral(&options, argv[optind]);
    if (strcmp(what, "root") == 0 && left == 0 && !for_aesm && !for_collateral && !for_quote)
        return run_root(&options);
    return kc_cli_usage("sim",
                        "these arguments do not fit `sim aesm`, `collateral`, `pcs`, `td-quote` or "
                        "`root`");
}

const struct kc_command kc_cmd_sim = {
    "sim",
    "stand in for SGX and for Intel's services",
    run,
};
