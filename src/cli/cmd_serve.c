/* keyclave serve: the key management service, in the foreground. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "cli/serving.h"
#include "loader/loader.h"

static const char help[] =
    "usage: keyclave serve --platform sim [OPTION]...\n\n"
    "Starts the enclave and serves it until SIGTERM or Ctrl-C. Prints, once it serves,\n"
    "    ready https://ADDRESS:PORT mrenclave=HEX kms_id=HEX\n"
    "kms_id is zeros until the service is initialised (PUT /v1/sys/init).\n\n"
    "      --platform P         sgx (the default) or sim: without SGX, which protects nothing\n"
    "      --listen A:P         where clients connect (127.0.0.1:8200); port 0: any free one\n"
    "      --listen-ratls A:P   also here, with a self-signed RA-TLS certificate\n"
    "      --name NAME          host name or address that goes into the certificate; repeatable\n"
    "      --state DIR          records, and the simulated machine ($KEYCLAVE_STATE,\n"
    "                           ~/.local/state/keyclave)\n"
    "      --aesm SOCKET        the AESM service (simulation: one is started inside)\n"
    "      --workers N          threads with connections (one a processor; 14 at most)\n"
    "      --connections N      at the same time (512); more wait\n"
    "      --certificate-life S seconds (3600); renewed at half of it\n"
    "      --log-format F       text (the default) or json, on standard error\n"
    "      --log-level L        error, warning, info (the default) or debug\n"
    "      --image FILE, --sig FILE  the signed image and its SIGSTRUCT\n"
    "      --config FILE        lines 'key = value' with the names above (" KC_CONFIG_DEFAULT ",\n"
    "                           if it is there); the command line beats it\n"
    "      --check-config       read the configuration, and say what is wrong with it\n"
    "      --once               end when the first connection that was answered has closed\n"
    "      --trap               end at once if the enclave runs a system call, CPUID or RDTSC\n"
    "      --help               this text\n\n"
    "SIGHUP reads log-level again; all else needs a restart. SIGTERM: answers under way have ten\n"
    "seconds; a second one ends at once.\n\n"
    "exit status: 0 ended as asked, 1 failed, 2 a damaged store or state folder, 3 something is\n"
    "missing: image, hardware; 64 wrong usage or configuration\n";

enum own { OWN_CONFIG = 1, OWN_CHECK, OWN_ONCE, OWN_TRAP, OWN_HELP, OWN_SETTING };

#define SETTING(name)                                                                              \
    {                                                                                              \
        name, required_argument, NULL, OWN_SETTING                                                 \
    }

static const struct option names[] = {SETTING("aesm"),
                                      SETTING("certificate-life"),
                                      SETTING("connections"),
                                      SETTING("image"),
                                      SETTING("listen"),
                                      SETTING("listen-ratls"),
                                      SETTING("log-format"),
                                      SETTING("log-level"),
                                      SETTING("name"),
                                      SETTING("platform"),
                                      SETTING("sig"),
                                      SETTING("state"),
                                      SETTING("workers"),
                                      {"config", required_argument, NULL, OWN_CONFIG},
                                      {"check-config", no_argument, NULL, OWN_CHECK},
                                      {"once", no_argument, NULL, OWN_ONCE},
                                      {"trap", no_argument, NULL, OWN_TRAP},
                                      {"help", no_argument, NULL, OWN_HELP},
                                      {NULL, 0, NULL, 0}};

struct serve {
    int argc;
    char **argv;
    struct kc_config config;
    const char *path; /* of the configuration */
    bool named;       /* on the command line: it must be there */
    bool check;
    bool once;
    bool trap;
    bool help;
    struct kc_serving serving;
};

/* Once for what is not a setting, then, over those of the file, for the settings. */
static bool read_options(struct serve *s, bool settings, struct kc_config *config)
{
    struct kc_config_error error;
    int index = 0;
    int c;
    opterr = 0;
    optind = 0; /* from the start */
    while ((c = getopt_long(s->argc, s->argv, "h", names, &index)) != -1) {
        switch (c) {
        case OWN_CONFIG:
            s->path = optarg;
            s->named = true;
            break;
        case OWN_CHECK:
            s->check = true;
            break;
        case OWN_ONCE:
            s->once = true;
            break;
        case OWN_TRAP:
            s->trap = true;
            break;
        case 'h':
        case OWN_HELP:
            s->help = true;
            break;
        case OWN_SETTING:
            if (settings && kc_config_set(config, KC_CONFIG_OF_COMMAND_LINE, names[index].name,
                                          optarg, &error) != KC_OK) {
                kc_cli_say("--%s", error.text);
                return false;
            }
            break;
        default:
            return kc_cli_refuse_option("serve", s->argv);
        }
    }
    return optind == s->argc || kc_cli_refuse_argument("serve", s->argv);
}

/* The file, and the command line over it. */
static bool read_config(struct serve *s, struct kc_config *config)
{
    struct kc_config_error error;
    kc_config_init(config);
    enum kc_err err = kc_config_read(config, s->path, &error);
    if (err != KC_OK && (err != KC_ERR_ABSENT || s->named)) {
        kc_cli_say("%s", error.text);
        return false;
    }
    return read_options(s, true, config);
}

static void print_ready(void *context, const struct kc_server_facts *facts)
{
    const struct serve *s = context;
    const struct kc_enclave_identity *identity = kc_enclave_identity(s->serving.proof.enclave);
    char listen[KC_ADDRESS_TEXT_SIZE];
    char mrenclave[2 * KC_SGX_HASH_SIZE + 1];
    char kms_id[2 * KC_KMS_ID_SIZE + 1];
    kc_address_format(&facts->listen, listen);
    kc_hex_encode_lower(kc_bytes_of(identity->mrenclave, KC_SGX_HASH_SIZE), mrenclave);
    kc_hex_encode_lower(kc_bytes_of(facts->kms_id, KC_KMS_ID_SIZE), kms_id);
    printf("ready https://%s mrenclave=%s kms_id=%s", listen, mrenclave, kms_id);
    if (s->config.has_ratls) {
        kc_address_format(&facts->listen_ratls, listen);
        printf(" ratls=https://%s", listen);
    }
    printf("\n");
    fflush(stdout);
}

static void reload(void *context)
{
    struct serve *s = context;
    struct kc_config fresh;
    if (read_config(s, &fresh)) {
        atomic_store(&s->serving.journal.level, fresh.log_level);
        kc_journal_write(&s->serving.journal, KC_JOURNAL_INFO,
                         "log-level was read again; other settings need a restart", NULL);
    }
    kc_config_clear(&fresh);
}

static int serve(struct serve *s)
{
    const struct kc_serving_options options = {.config = &s->config,
                                               .once = s->once,
                                               .trap = s->trap,
                                               .ready = print_ready,
                                               .reload = reload,
                                               .context = s};
    int status = kc_serving_start(&options, &s->serving);
    if (status == KC_EXIT_OK)
        status = kc_serving_run(&s->serving);
    kc_serving_stop(&s->serving);
    return status;
}

static int run(int argc, char **argv)
{
    struct serve s = {.argc = argc, .argv = argv, .path = KC_CONFIG_DEFAULT};
    int status = KC_EXIT_USAGE;
    if (!read_options(&s, false, NULL))
        return KC_EXIT_USAGE;
    if (s.help) {
        fputs(help, stdout);
        return KC_EXIT_OK;
    }
    if (read_config(&s, &s.config))
        status = s.check ? KC_EXIT_OK : serve(&s);
    if (s.check && status == KC_EXIT_OK)
        puts("the configuration is sound");
    kc_config_clear(&s.config);
    return status;
}

const struct kc_command kc_cmd_serve = {
    .name = "serve",
    .summary = "run the key management service",
    .run = run,
};
