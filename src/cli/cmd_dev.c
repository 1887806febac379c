/*
 * keyclave dev: a service to try things with. A state folder of its own that goes away with it, the
 * simulated platform, initialised by itself: the one place where that happens.
 */
#include <errno.h>
#include <ftw.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "cli/pinning.h"
#include "cli/serving.h"
#include "host/address.h"
#include "loader/loader.h"
#include "sim/pcs_server.h"
#include "sim/state.h"

static const char help[] =
    "usage: keyclave dev [--listen A:P] [--verbose]\n\n"
    "Runs a service on the simulated platform, with a simulated PCS beside it, initialises it, "
    "and\n"
    "prints its token and commands to paste. Everything it makes is in a temporary folder and goes "
    "away with Ctrl-C.\n\n"
    "      --listen A:P   127.0.0.1:8200, or another port if that is taken\n"
    "  -v, --verbose      show the server's log\n"
    "      --help         this text\n\n"
    "exit status: 0 ended as asked, 1 failed, 3 the image is missing, 64 wrong usage\n";

enum { OPTION_LISTEN = 256, OPTION_HELP };

struct dev {
    struct kc_config config;
    bool verbose;
    bool help;
    char folder[128];
    struct kc_sim_state *platform;
    struct kc_sim_pcs *pcs; /* serves the platform's collateral */
    char pcs_url[KC_ADDRESS_TEXT_SIZE + 16];
    struct kc_serving serving;
    struct kc_server_facts facts;
    pthread_t thread; /* asks the service to be initialised, while this one serves */
    bool has_thread;
    int status; /* of that thread */
};

static bool read_options(int argc, char **argv, struct dev *d)
{
    static const struct option names[] = {{"listen", required_argument, NULL, OPTION_LISTEN},
                                          {"verbose", no_argument, NULL, 'v'},
                                          {"help", no_argument, NULL, OPTION_HELP},
                                          {NULL, 0, NULL, 0}};
    struct kc_config_error error;
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, "hv", names, NULL)) != -1) {
        if (c == 'v') {
            d->verbose = true;
        } else if (c == 'h' || c == OPTION_HELP) {
            d->help = true;
        } else if (c != OPTION_LISTEN) {
            return kc_cli_refuse_option("dev", argv);
        } else if (kc_config_set(&d->config, KC_CONFIG_OF_COMMAND_LINE, "listen", optarg, &error) !=
                   KC_OK) {
            kc_cli_say("--%s", error.text);
            return false;
        }
    }
    return optind == argc || kc_cli_refuse_argument("dev", argv);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    (void)status, (void)type, (void)ftw;
    return remove(path);
}

static bool write_policy(const struct dev *d, const char *path)
{
    const struct kc_enclave_identity *identity = kc_enclave_identity(d->serving.proof.enclave);
    char hex[2 * KC_SGX_HASH_SIZE + 1];
    char text[256];
    kc_hex_encode_lower(kc_bytes_of(identity->mrenclave, KC_SGX_HASH_SIZE), hex);
    snprintf(text, sizeof text, "{\"mrenclave\": \"%s\"}\n", hex);
    return kc_cli_write_file(path, kc_bytes_of_text(text), false);
}

static void print_story(const struct dev *d, const char *address, const char *token)
{
    const struct kc_enclave_identity *identity = kc_enclave_identity(d->serving.proof.enclave);
    char program[4096];
    char mrenclave[2 * KC_SGX_HASH_SIZE + 1];
    char kms_id[2 * KC_KMS_ID_SIZE + 1];
    struct kc_client_pin pin;
    bool found = false;
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    program[n > 0 ? n : 0] = '\0';
    kc_hex_encode_lower(kc_bytes_of(identity->mrenclave, KC_SGX_HASH_SIZE), mrenclave);
    if (kc_pinning_load(d->folder, address, &pin, &found) != KC_EXIT_OK || !found)
        return;
    kc_hex_encode_lower(kc_bytes_of(pin.kms_id, sizeof pin.kms_id), kms_id);
    printf("\nA key management service on a simulated enclave. It protects nothing: the processor\n"
           "is a file. Ctrl-C ends it, and everything it made goes with it.\n\n"
           "  address      https://%s\n  measurement  %s\n  kms-id       %s\n  token        %s\n\n"
           "In another terminal:\n\n"
           "  export KEYCLAVE_STATE=%s KEYCLAVE_ADDR=https://%s\n"
           "  export KEYCLAVE_PCS=%s\n"
           "  %s key create mine\n"
           "  echo 'a secret' | %s encrypt mine > secret.txt\n"
           "  %s decrypt mine secret.txt\n\n"
           "Any other client of Vault's transit API verifies it with %s/ca.pem:\n\n"
           "  curl --cacert %s/ca.pem -H 'X-Vault-Token: %s' https://%s/v1/transit/keys/mine\n\n",
           address, mrenclave, kms_id, token, d->folder, address, d->pcs_url, program, program,
           program, d->folder, d->folder, token, address);
    fflush(stdout);
}

/* What an administrator does: attest, then init over that very connection. */
static int initialise(const struct dev *d, const char *address)
{
    char url[KC_ADDRESS_TEXT_SIZE + 16];
    char policy[256];
    char token[256];
    char ca[256];
    char pcs[sizeof d->pcs_url];
    snprintf(url, sizeof url, "https://%s", address);
    snprintf(policy, sizeof policy, "%s/policy.json", d->folder);
    snprintf(token, sizeof token, "%s/token", d->folder);
    snprintf(ca, sizeof ca, "%s/ca.pem", d->folder);
    if (!write_policy(d, policy))
        return KC_EXIT_REFUSED;
    char *arguments[] = {(char[]){"init"},
                         url,
                         (char[]){"--policy"},
                         policy,
                         (char[]){"--trust"},
                         (char[]){"sim"},
                         (char[]){"--state"},
                         (char[]){"DIR"},
                         (char[]){"--pcs"},
                         pcs,
                         (char[]){"--token-out"},
                         token,
                         (char[]){"--ca-out"},
                         ca,
                         NULL};
    char folder[sizeof d->folder];
    memcpy(folder, d->folder, sizeof folder);
    memcpy(pcs, d->pcs_url, sizeof pcs);
    arguments[7] = folder;
    optind = 0; /* nobody else reads options any more */
    int status = kc_cmd_init.run((int)(sizeof arguments / sizeof arguments[0]) - 1, arguments);
    struct kc_room text = {NULL, 0};
    if (status == KC_EXIT_OK && kc_cli_read_file(token, 256, &text)) {
        snprintf(token, sizeof token, "%.*s", (int)strcspn((const char *)text.ptr, "\n"),
                 (const char *)text.ptr);
        print_story(d, address, token);
    }
    free(text.ptr);
    return status;
}

static void *run_init(void *argument)
{
    struct dev *d = argument;
    char address[KC_ADDRESS_TEXT_SIZE];
    kc_address_format(&d->facts.listen, address);
    d->status = initialise(d, address);
    if (d->status != KC_EXIT_OK)
        kc_server_stop(d->serving.server);
    return NULL;
}

/* The thread must leave signals to the server's. */
static void begin_init(void *context, const struct kc_server_facts *facts)
{
    struct dev *d = context;
    sigset_t all;
    sigset_t before;
    d->facts = *facts;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    d->has_thread = pthread_create(&d->thread, NULL, run_init, d) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!d->has_thread)
        kc_server_stop(d->serving.server);
}

static int serve(struct dev *d)
{
    const struct kc_serving_options options = {
        .config = &d->config, .any_port = true, .ready = begin_init, .context = d};
    int status = kc_serving_start(&options, &d->serving);
    if (status == KC_EXIT_OK)
        status = kc_serving_run(&d->serving);
    if (d->has_thread)
        pthread_join(d->thread, NULL);
    if (status == KC_EXIT_OK)
        status = d->status;
    kc_serving_stop(&d->serving);
    return status;
}

/* Collateral as Intel would serve it, so that the service is judged whole from its first day on. */
static int start_pcs(struct dev *d)
{
    static const struct kc_sim_pcs_options options = {.platform = {KC_TCB_UP_TO_DATE, 30}};
    struct kc_error error = KC_ERROR_NONE;
    struct kc_address address;
    struct kc_address bound;
    char text[KC_ADDRESS_TEXT_SIZE];
    if (kc_sim_state_open(d->folder, &d->platform, &error) != KC_OK)
        return kc_cli_fail_with(KC_EXIT_REFUSED, d->folder, &error);
    int fd = kc_address_parse("127.0.0.1:0", &address) ? kc_address_listen(&address, &bound) : -1;
    if (fd < 0)
        return kc_cli_fail(KC_EXIT_REFUSED, "simulated PCS: %s", strerror(errno));
    if (kc_sim_pcs_start(d->platform, fd, &options, &d->pcs, &error) != KC_OK)
        return kc_cli_fail_with(KC_EXIT_REFUSED, "simulated PCS", &error);
    kc_address_format(&bound, text);
    snprintf(d->pcs_url, sizeof d->pcs_url, "http://%s", text);
    return KC_EXIT_OK;
}

static void stop_pcs(struct dev *d)
{
    kc_sim_pcs_stop(d->pcs);
    kc_sim_state_free(d->platform);
}

static int run_in_folder(struct dev *d)
{
    struct kc_config_error error;
    const char *base = getenv("TMPDIR");
    int n = snprintf(d->folder, sizeof d->folder, "%s/keyclave-dev.XXXXXX",
                     base == NULL || *base == '\0' ? "/tmp" : base);
    if (n < 0 || (size_t)n >= sizeof d->folder || mkdtemp(d->folder) == NULL)
        return kc_cli_fail(KC_EXIT_REFUSED, "%s: %s", d->folder, strerror(errno));
    int status = KC_EXIT_REFUSED;
    if (kc_config_set(&d->config, KC_CONFIG_OF_COMMAND_LINE, "state", d->folder, &error) == KC_OK &&
        kc_config_set(&d->config, KC_CONFIG_OF_COMMAND_LINE, "platform", "sim", &error) == KC_OK)
        status = start_pcs(d);
    else
        kc_cli_say("%s", error.text);
    if (status == KC_EXIT_OK)
        status = serve(d);
    stop_pcs(d);
    nftw(d->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    return status;
}

static int run(int argc, char **argv)
{
    struct dev d = {.status = KC_EXIT_OK};
    kc_config_init(&d.config);
    int status = KC_EXIT_USAGE;
    if (read_options(argc, argv, &d)) {
        d.config.log_level = d.verbose ? KC_JOURNAL_INFO : KC_JOURNAL_ERROR;
        status = KC_EXIT_OK;
        if (d.help)
            fputs(help, stdout);
        else
            status = run_in_folder(&d);
    }
    kc_config_clear(&d.config);
    return status;
}

const struct kc_command kc_cmd_dev = {
    .name = "dev",
    .summary = "a service to try things with, on the simulated platform",
    .run = run,
};
