#include "cli/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "cli/collateral.h"
#include "cli/fetching.h"
#include "cli/pinning.h"

#define DEFAULT_ADDR "https://127.0.0.1:8200"
#define SECONDS_MAX  3600ul

const char kc_service_help[] =
    "      --policy F       which enclaves you accept, as JSON (docs/verification.md);\n"
    "                       $KEYCLAVE_POLICY, else what was pinned\n"
    "      --trust WHAT     the root to trust: intel, sim (the simulated root of the state\n"
    "                       folder), or a file with the root certificate in PEM;\n"
    "                       $KEYCLAVE_TRUST, else what was pinned, else intel\n"
    "      --collateral F|D Intel's collateral, a bundle or a folder; $KEYCLAVE_COLLATERAL\n"
    "      --pcs URL        else it is fetched from this PCS or PCCS; $KEYCLAVE_PCS. Without\n"
    "                       either a policy that asks for TCB levels accepts nothing\n"
    "      --kms-id HEX     the service that it must be; $KEYCLAVE_KMS_ID, else what was pinned\n"
    "      --state DIR      the state folder ($KEYCLAVE_STATE, ~/.local/state/keyclave)\n"
    "      --timeout N      seconds for connecting, for the evidence and for a request (10)\n"
    "      --json           print one JSON object\n";

const char kc_service_key_help[] =
    "      --addr URL       https://HOST:PORT; $KEYCLAVE_ADDR, $VAULT_ADDR, else\n"
    "                       https://127.0.0.1:8200\n"
    "      --token-file F   the token; else $KEYCLAVE_TOKEN, $VAULT_TOKEN, `token` in the state\n"
    "                       folder, ~/.vault-token\n";

bool kc_service_take(struct kc_service_options *options, int letter, const char *value)
{
    const char **place = letter == KC_SERVICE_POLICY       ? &options->policy
                         : letter == KC_SERVICE_TRUST      ? &options->trust
                         : letter == KC_SERVICE_COLLATERAL ? &options->collateral
                         : letter == KC_SERVICE_PCS        ? &options->pcs
                         : letter == KC_SERVICE_KMS_ID     ? &options->kms_id
                         : letter == KC_SERVICE_STATE      ? &options->state
                         : letter == KC_SERVICE_TIMEOUT    ? &options->timeout
                         : letter == KC_SERVICE_ADDR       ? &options->addr
                         : letter == KC_SERVICE_TOKEN_FILE ? &options->token_file
                                                           : NULL;
    if (letter == KC_SERVICE_JSON)
        options->json = true;
    if (letter == KC_SERVICE_HELP)
        options->help = true;
    if (place == NULL)
        return letter == KC_SERVICE_JSON || letter == KC_SERVICE_HELP;
    if (*place != NULL)
        return false;
    *place = value;
    return true;
}

/* An option, else a variable that is set and not empty, else NULL. */
static const char *named(const char *option, const char *variable)
{
    const char *value = getenv(variable);
    if (option != NULL)
        return option;
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static const char *address(const struct kc_service_options *options)
{
    const char *addr = named(options->addr, "KEYCLAVE_ADDR");
    addr = named(addr, "VAULT_ADDR");
    return addr == NULL ? DEFAULT_ADDR : addr;
}

static bool read_kms_id(const char *text, uint8_t out[32])
{
    size_t n = 0;
    return kc_hex_decode(kc_bytes_of_text(text), (struct kc_room){out, 32}, &n) == KC_OK && n == 32;
}

static bool read_timeout(const char *text, unsigned *milliseconds)
{
    char *end = NULL;
    unsigned long n = strtoul(text, &end, 10);
    if (text[0] < '1' || text[0] > '9' || *end != '\0' || n > SECONDS_MAX)
        return false;
    *milliseconds = (unsigned)n * 1000;
    return true;
}

/* What the peer will be judged by: named things first, then what was pinned. */
static int load_judging(const char *command, const struct kc_service_options *options,
                        enum kc_service_purpose purpose, struct kc_service *out)
{
    struct kc_judging *j = &out->judging;
    j->policy_path = named(options->policy, "KEYCLAVE_POLICY");
    j->trust = named(options->trust, "KEYCLAVE_TRUST");
    j->collateral_path = named(options->collateral, "KEYCLAVE_COLLATERAL");
    j->state = options->state;
    if (options->pcs != NULL && !kc_bases_add(&j->fetching.pcs, options->pcs))
        j->fetching.bad_url = options->pcs;
    out->has_policy = j->policy_path != NULL;
    if (!out->has_policy &&
        (purpose == KC_SERVICE_INIT || (purpose == KC_SERVICE_USE && !out->is_pinned)))
        return kc_cli_usage(command,
                            "which enclave do you expect at %s? Name a policy with --policy F "
                            "(`keyclave measure` prints the MRENCLAVE of an image)%s",
                            kc_service_name(out),
                            purpose == KC_SERVICE_USE ? ", or pin the service once with `keyclave "
                                                        "attest URL --policy F --pin`"
                                                      : "");
    int status = kc_judging_load(j, command);
    if (status != KC_EXIT_OK)
        return status;
    if (!out->has_policy && out->is_pinned)
        j->policy = kc_client_pin_policy(&out->pin);
    if (purpose != KC_SERVICE_ATTEST && !kc_policy_names_enclave(&j->policy))
        return kc_cli_usage(command,
                            "the policy names neither mrenclave nor mrsigner: anybody's own "
                            "enclave would do, and may claim any kms-id");
    if (!j->has_root_key)
        return kc_cli_usage(command, "--trust %s: not the root of an SGX enclave, as services are",
                            j->trust);
    if (j->trust == NULL && out->is_pinned)
        memcpy(j->root_key, out->pin.root_key, sizeof j->root_key);
    return KC_EXIT_OK;
}

static int set_rule(const char *command, const struct kc_service_options *options,
                    enum kc_service_purpose purpose, struct kc_service *out)
{
    const char *text =
        purpose == KC_SERVICE_INIT ? options->kms_id : named(options->kms_id, "KEYCLAVE_KMS_ID");
    uint8_t kms_id[32];
    if (text != NULL && purpose == KC_SERVICE_INIT)
        return kc_cli_usage(command, "a service that is to be initialised has no kms-id yet");
    if (text != NULL && !read_kms_id(text, kms_id))
        return kc_cli_usage(command, "--kms-id: not 64 hexadecimal digits");
    if (text == NULL && out->is_pinned)
        memcpy(kms_id, out->pin.kms_id, sizeof kms_id);
    out->is_held = text != NULL || out->is_pinned;
    if (purpose == KC_SERVICE_INIT)
        kc_client_expect_uninitialised(out->client);
    else if (out->is_held && kc_client_pin(out->client, kms_id) != KC_CLIENT_OK)
        return kc_cli_usage(command, "--kms-id: %s", kc_client_error(out->client));
    else if (!out->is_held && purpose == KC_SERVICE_ATTEST)
        kc_client_allow_first_contact(out->client);
    else if (!out->is_held)
        return kc_cli_usage(command,
                            "which service do you expect at %s? Its kms-id is not pinned: give "
                            "--kms-id HEX, or pin it once with `keyclave attest URL --policy F "
                            "--pin`",
                            kc_service_name(out));
    return KC_EXIT_OK;
}

/* For the client: collateral for the evidence that it has just received, kept until the next. */
static const struct kc_collateral_pieces *fetch(void *context, const struct kc_evidence *evidence)
{
    struct kc_judging *j = context;
    kc_cli_collateral_free(j->collateral);
    j->collateral = kc_fetching_run(j, evidence);
    return j->collateral == NULL ? NULL : &j->collateral->pieces;
}

int kc_service_open(const char *command, const struct kc_service_options *options,
                    enum kc_service_purpose purpose, struct kc_service *out)
{
    struct kc_error error = KC_ERROR_NONE;
    unsigned milliseconds = 0;
    const char *url = address(options);
    *out = (struct kc_service){0};
    if (kc_client_url_parse(url, &out->url, &error) != KC_OK)
        return kc_cli_usage(command, "'%s' %s", url, error.what);
    out->client = kc_client_new(url);
    out->folder = kc_cli_state_folder(options->state);
    if (out->client == NULL || out->folder == NULL)
        return kc_cli_fail(KC_EXIT_UNJUDGED, "the client could not be set up");
    int status = kc_pinning_load(out->folder, out->url.authority, &out->pin, &out->is_pinned);
    if (status == KC_EXIT_OK)
        status = load_judging(command, options, purpose, out);
    if (status == KC_EXIT_OK)
        status = set_rule(command, options, purpose, out);
    if (status != KC_EXIT_OK)
        return status;
    if (options->timeout != NULL &&
        (!read_timeout(options->timeout, &milliseconds) ||
         kc_client_set_timeout(out->client, milliseconds) != KC_CLIENT_OK))
        return kc_cli_usage(command, "--timeout %s: not a number of seconds from 1 to 3600",
                            options->timeout);
    kc_client_use_policy(out->client, &out->judging.policy);
    kc_client_use_root(out->client, out->judging.root_key);
    kc_client_use_collateral(
        out->client, out->judging.collateral == NULL ? NULL : &out->judging.collateral->pieces);
    if (out->judging.collateral == NULL && kc_fetching_is_on(&out->judging.fetching, false))
        kc_client_use_collateral_source(out->client, fetch, &out->judging);
    return KC_EXIT_OK;
}

void kc_service_close(struct kc_service *service)
{
    kc_client_free(service->client);
    kc_judging_clear(&service->judging);
    free(service->folder);
    *service = (struct kc_service){0};
}

const char *kc_service_name(const struct kc_service *service)
{
    return service->url.authority;
}

int kc_service_fail(const struct kc_service *service, enum kc_client_status status)
{
    const struct kc_client_report *report = kc_client_report_of(service->client);
    const struct kc_client_check *row = kc_client_report_first_failure(report);
    kc_cli_say("%s", kc_client_error(service->client));
    if (row != NULL && row->hint[0] != '\0')
        kc_cli_say("%s", row->hint);
    if (row != NULL && report->outcome != KC_CLIENT_UNJUDGED)
        kc_cli_say("nothing was sent; `keyclave attest https://%s` shows every check",
                   kc_service_name(service));
    return (int)status;
}

int kc_service_pin(const struct kc_service *service, const uint8_t kms_id[32])
{
    const struct kc_client_report *report = kc_client_report_of(service->client);
    const struct kc_policy *policy = &service->judging.policy;
    struct kc_client_pin pin = {
        .tcb_ignored = policy->tcb_ignored,
        .tcb_accepted = policy->tcb_accepted,
        .allow_debug = policy->allow_debug,
    };
    memcpy(pin.authority, service->url.authority, sizeof pin.authority);
    memcpy(pin.kms_id, kms_id, sizeof pin.kms_id);
    memcpy(pin.mrenclave, report->verdict.facts.report.mrenclave, sizeof pin.mrenclave);
    memcpy(pin.root_key, service->judging.root_key, sizeof pin.root_key);
    return kc_pinning_store(service->folder, &pin);
}
