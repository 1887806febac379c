/* keyclave attest: what a service proves of itself. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/service.h"

#define NAME "attest"

static const char help[] =
    "usage: keyclave attest URL [--policy F] [--pin] [--ca-out F] [OPTION]...\n\n"
    "Connects to a service (https://HOST:PORT), has it prove over that very connection which\n"
    "enclave it is, and shows every check. Nothing but a random number is sent.\n\n"
    "      --pin            remember the service when all checks hold: its kms-id and the code\n"
    "                       that was met. The policy must name mrenclave or mrsigner, and\n"
    "                       another kms-id that is pinned must be replaced by --kms-id\n"
    "      --ca-out F       write the service identity's certificate, PEM: what other TLS clients\n"
    "                       verify this service with\n";

static const char exit_help[] =
    "\nexit status: 0 all checks hold; 1 a genuine enclave that the policy does not accept, or\n"
    "another service than the pinned one; 2 not genuine; 3 not reached, or something to judge by\n"
    "is missing; 64 wrong usage or policy\n";

enum { OPTION_PIN = KC_SERVICE_OPTION_END, OPTION_CA_OUT };

struct options {
    struct kc_service_options service;
    const char *ca_out;
    bool pin;
};

static bool read_options(int argc, char **argv, struct options *out)
{
    static const struct option names[] = {{"pin", no_argument, NULL, OPTION_PIN},
                                          {"ca-out", required_argument, NULL, OPTION_CA_OUT},
                                          KC_SERVICE_OPTIONS,
                                          {NULL, 0, NULL, 0}};
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (c == OPTION_PIN)
            out->pin = true;
        else if (c == OPTION_CA_OUT && out->ca_out == NULL)
            out->ca_out = optarg;
        else if (!kc_service_take(&out->service, c, optarg))
            return kc_cli_refuse_option(NAME, argv);
    }
    return true;
}

static int print_report(const struct kc_service *service, bool json)
{
    char *text =
        json ? kc_client_report_json(service->client) : kc_client_report_text(service->client);
    if (text == NULL)
        return kc_cli_fail(KC_EXIT_UNJUDGED, "out of memory");
    printf("%s%s", text, json ? "\n" : "");
    free(text);
    return KC_EXIT_OK;
}

static int write_ca(const struct kc_service *service, const char *path)
{
    char *pem = kc_client_service_certificate(service->client);
    if (pem == NULL)
        return kc_cli_fail(KC_EXIT_REFUSED,
                           "%s shows no certificate of its service identity: the listener's leaf "
                           "signs itself, or nobody has initialised the service",
                           kc_service_name(service));
    bool ok = kc_cli_write_file(path, kc_bytes_of_text(pem), false);
    free(pem);
    return ok ? KC_EXIT_OK : KC_EXIT_REFUSED;
}

static int pin(const struct kc_service *service)
{
    uint8_t kms_id[32];
    if (!kc_client_kms_id(service->client, kms_id))
        return kc_cli_fail(KC_EXIT_UNJUDGED, "the service has proved no kms-id");
    return kc_service_pin(service, kms_id);
}

/* A pin says "this code": whoever accepts any code has nothing to pin. */
static int check_pin(const struct kc_service *service)
{
    if (!kc_policy_names_enclave(&service->judging.policy))
        return kc_cli_usage(NAME, "--pin needs a policy that names mrenclave or mrsigner: any "
                                  "enclave would do otherwise");
    return KC_EXIT_OK;
}

static int attest(const struct options *options)
{
    struct kc_service service;
    int status = kc_service_open(NAME, &options->service, KC_SERVICE_ATTEST, &service);
    if (status == KC_EXIT_OK && options->pin)
        status = check_pin(&service);
    if (status == KC_EXIT_OK) {
        status = (int)kc_client_connect(service.client);
        int printed = print_report(&service, options->service.json);
        status = status == KC_EXIT_OK ? printed : status;
        if (status == KC_EXIT_OK && options->ca_out != NULL)
            status = write_ca(&service, options->ca_out);
        if (status == KC_EXIT_OK && options->pin)
            status = pin(&service);
        if (status == KC_EXIT_OK && !service.is_held && !options->pin)
            kc_cli_say("this kms-id is not pinned: whether it is the service that you mean, "
                       "compare it with what its administrator says, then give --pin");
    }
    kc_service_close(&service);
    return status;
}

static int run(int argc, char **argv)
{
    struct options options = {0};
    if (!read_options(argc, argv, &options))
        return KC_EXIT_USAGE;
    if (options.service.help) {
        printf("%s%s%s", help, kc_service_help, exit_help);
        return KC_EXIT_OK;
    }
    if (argc - optind != 1)
        return kc_cli_usage(NAME, "name one service: https://HOST:PORT");
    options.service.addr = argv[optind];
    return attest(&options);
}

const struct kc_command kc_cmd_attest = {NAME, "have a service prove what it is", run};
