#include "client/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/attest.h"
#include "client/collateral.h"
#include "client/exchange.h"
#include "client/wire.h"
#include "verify/chain.h"
#include "verify/root.h"

#define TIMEOUT     10000u
#define TIMEOUT_MAX 3600000u
#define ANSWER_MAX  ((size_t)8 * 1024 * 1024)

struct kc_client {
    struct kc_client_url url;
    struct kc_policy policy;
    uint8_t root_key[64];
    struct kc_client_collateral own_collateral;
    const struct kc_collateral_pieces *collateral;
    kc_client_collateral_source *source;
    void *source_context;
    bool has_rule;
    enum kc_ratls_kms_id_rule rule;
    uint8_t kms_id[KC_RATLS_HASH_SIZE];
    unsigned timeout;
    size_t answer_max;

    struct kc_client_tls tls; /* open: attested, every check holds */
    struct kc_client_report report;
    char error[1024];
};

struct kc_client *kc_client_new(const char *url)
{
    struct kc_client *client = calloc(1, sizeof *client);
    if (client == NULL || kc_client_url_parse(url, &client->url, NULL) != KC_OK) {
        free(client);
        return NULL;
    }
    client->policy = kc_policy_default;
    memcpy(client->root_key, kc_chain_intel_root_key, sizeof client->root_key);
    client->timeout = TIMEOUT;
    client->answer_max = ANSWER_MAX;
    kc_client_report_start(&client->report);
    kc_client_report_close(&client->report);
    return client;
}

void kc_client_free(struct kc_client *client)
{
    if (client == NULL)
        return;
    kc_client_tls_close(&client->tls);
    kc_client_report_clear(&client->report);
    kc_client_collateral_clear(&client->own_collateral);
    kc_bytes_wipe(client, sizeof *client);
    free(client);
}

static enum kc_client_status fail(struct kc_client *client, enum kc_client_status status,
                                  const char *what)
{
    snprintf(client->error, sizeof client->error, "%s", what);
    return status;
}

static enum kc_client_status fail_with(struct kc_client *client, const struct kc_error *error)
{
    enum kc_client_status status =
        error->code == KC_ERR_ARGUMENT ? KC_CLIENT_USAGE : KC_CLIENT_UNJUDGED;
    if (error->code == KC_ERR_IO && error->at != 0)
        snprintf(client->error, sizeof client->error, "%s: %s: %s", client->url.authority,
                 error->what, strerror((int)error->at));
    else
        snprintf(client->error, sizeof client->error, "%s: %s", client->url.authority, error->what);
    return status;
}

void kc_client_use_policy(struct kc_client *client, const struct kc_policy *policy)
{
    kc_client_tls_close(&client->tls);
    client->policy = *policy;
}

void kc_client_use_root(struct kc_client *client, const uint8_t root_key[64])
{
    kc_client_tls_close(&client->tls);
    memcpy(client->root_key, root_key, sizeof client->root_key);
}

void kc_client_use_collateral(struct kc_client *client,
                              const struct kc_collateral_pieces *collateral)
{
    kc_client_tls_close(&client->tls);
    client->collateral = collateral;
}

void kc_client_use_collateral_source(struct kc_client *client, kc_client_collateral_source *source,
                                     void *context)
{
    kc_client_tls_close(&client->tls);
    client->source = source;
    client->source_context = context;
}

enum kc_client_status kc_client_set_policy(struct kc_client *client, const char *json, size_t len)
{
    struct kc_policy policy;
    struct kc_policy_error error = {{0}, "", "", 0};
    client->error[0] = '\0';
    if (kc_policy_parse(kc_bytes_of(json, len), &policy, &error) != KC_OK) {
        snprintf(client->error, sizeof client->error, "policy: %s%s%s; %s", error.key,
                 error.key[0] == '\0' ? "" : " ", error.what, error.mend);
        return KC_CLIENT_USAGE;
    }
    kc_client_use_policy(client, &policy);
    return KC_CLIENT_OK;
}

enum kc_client_status kc_client_set_root(struct kc_client *client, const char *pem, size_t len)
{
    uint8_t key[64];
    struct kc_error error = KC_ERROR_NONE;
    client->error[0] = '\0';
    if (kc_root_from_pem(kc_bytes_of(pem, len), key, &error) != KC_OK)
        return fail(client, KC_CLIENT_USAGE, error.what);
    kc_client_use_root(client, key);
    return KC_CLIENT_OK;
}

static const struct kc_collateral_pieces *own_collateral(void *context,
                                                         const struct kc_evidence *evidence)
{
    struct kc_client *client = context;
    return kc_client_collateral_get(&client->own_collateral, evidence, client->root_key,
                                    (int64_t)time(NULL));
}

/* How an attempt to set it ended: the client's own is used from then on. */
static enum kc_client_status took_collateral(struct kc_client *client, enum kc_err err,
                                             const struct kc_error *error)
{
    client->error[0] = '\0';
    if (err == KC_OK) {
        kc_client_use_collateral(client, NULL);
        kc_client_use_collateral_source(client, own_collateral, client);
        return KC_CLIENT_OK;
    }
    snprintf(client->error, sizeof client->error, "collateral: %s", error->what);
    return err == KC_ERR_MEMORY ? KC_CLIENT_UNJUDGED : KC_CLIENT_USAGE;
}

enum kc_client_status kc_client_set_collateral(struct kc_client *client, const void *file,
                                               size_t len)
{
    struct kc_error error = KC_ERROR_NONE;
    enum kc_err err =
        kc_client_collateral_take(&client->own_collateral, kc_bytes_of(file, len), &error);
    return took_collateral(client, err, &error);
}

enum kc_client_status kc_client_set_pcs(struct kc_client *client, const char *urls,
                                        const char *cache)
{
    struct kc_error error = KC_ERROR_NONE;
    enum kc_err err = kc_client_collateral_name(&client->own_collateral, urls, cache, &error);
    return took_collateral(client, err, &error);
}

static void set_rule(struct kc_client *client, enum kc_ratls_kms_id_rule rule)
{
    kc_client_tls_close(&client->tls);
    client->has_rule = true;
    client->rule = rule;
}

enum kc_client_status kc_client_pin(struct kc_client *client, const unsigned char kms_id[32])
{
    client->error[0] = '\0';
    if (kc_bytes_are_zero(kc_bytes_of(kms_id, KC_RATLS_HASH_SIZE)))
        return fail(client, KC_CLIENT_USAGE, "zeros are no kms-id: no service has it");
    set_rule(client, KC_RATLS_KMS_ID_PINNED);
    memcpy(client->kms_id, kms_id, sizeof client->kms_id);
    return KC_CLIENT_OK;
}

void kc_client_allow_first_contact(struct kc_client *client)
{
    set_rule(client, KC_RATLS_KMS_ID_FIRST_CONTACT);
}

void kc_client_expect_uninitialised(struct kc_client *client)
{
    set_rule(client, KC_RATLS_KMS_ID_UNINITIALISED);
}

enum kc_client_status kc_client_set_timeout(struct kc_client *client, unsigned milliseconds)
{
    client->error[0] = '\0';
    if (milliseconds == 0 || milliseconds > TIMEOUT_MAX)
        return fail(client, KC_CLIENT_USAGE, "a time limit is 1 to 3,600,000 milliseconds");
    client->timeout = milliseconds;
    return KC_CLIENT_OK;
}

void kc_client_set_answer_max(struct kc_client *client, size_t bytes)
{
    client->answer_max = bytes;
}

/* What failed first, in one line, and why collateral is missing if that may be the reason. */
static enum kc_client_status refuse(struct kc_client *client)
{
    const struct kc_client_check *row = kc_client_report_first_failure(&client->report);
    const char *reason =
        client->report.outcome == KC_CLIENT_UNJUDGED ? client->own_collateral.reason : "";
    snprintf(client->error, sizeof client->error, "%s: %s: expected %s, found %s%s%s",
             client->url.authority, row->name, row->expected,
             row->actual[0] == '\0' ? "nothing" : row->actual, reason[0] == '\0' ? "" : "; ",
             reason);
    return client->report.outcome;
}

static enum kc_client_status attest(struct kc_client *client, struct kc_client_tls *tls)
{
    struct kc_client_report *report = &client->report;
    struct kc_error error = KC_ERROR_NONE;
    const struct kc_client_terms terms = {
        .policy = &client->policy,
        .root_key = client->root_key,
        .collateral = client->collateral,
        .source = client->source,
        .source_context = client->source_context,
        .rule = client->rule,
        .kms_id = client->kms_id,
        .now = (int64_t)time(NULL),
        .host = kc_bytes_of_text(client->url.authority),
    };
    enum kc_err err =
        kc_client_attest(tls, &terms, kc_client_wire_deadline(client->timeout), report, &error);
    kc_client_report_close(report);
    if (report->outcome == KC_CLIENT_OK)
        return KC_CLIENT_OK;
    if (err != KC_OK && report->outcome == KC_CLIENT_UNJUDGED)
        return fail_with(client, &error);
    return refuse(client);
}

/* Whoever was met first is the pin from now on; the connection stays. */
static void adopt(struct kc_client *client)
{
    client->rule = KC_RATLS_KMS_ID_PINNED;
    memcpy(client->kms_id, client->report.claims.kms_id, sizeof client->kms_id);
}

static enum kc_client_status connect_anew(struct kc_client *client)
{
    struct kc_client_tls tls = {0};
    struct kc_error error = KC_ERROR_NONE;
    kc_client_tls_close(&client->tls);
    kc_client_report_start(&client->report);
    enum kc_err err =
        kc_client_tls_open(&client->url, kc_client_wire_deadline(client->timeout), &tls, &error);
    if (err == KC_ERR_UNSUPPORTED)
        kc_client_report_own(&client->report, KC_CLIENT_OWN_VERSION, KC_CLIENT_FAILED,
                             "an older version");
    kc_client_report_close(&client->report);
    if (err == KC_ERR_UNSUPPORTED)
        return refuse(client);
    if (err == KC_ERR_MALFORMED) {
        snprintf(client->error, sizeof client->error, "%s: no TLS connection: %s",
                 client->url.authority, error.what);
        return KC_CLIENT_UNJUDGED;
    }
    if (err != KC_OK)
        return fail_with(client, &error);
    enum kc_client_status status = attest(client, &tls);
    if (status != KC_CLIENT_OK) {
        kc_client_tls_close(&tls);
        return status;
    }
    client->tls = tls;
    if (client->rule == KC_RATLS_KMS_ID_FIRST_CONTACT)
        adopt(client);
    return KC_CLIENT_OK;
}

enum kc_client_status kc_client_connect(struct kc_client *client)
{
    client->error[0] = '\0';
    if (!client->has_rule)
        return fail(client, KC_CLIENT_USAGE,
                    "no service is pinned, and neither a first contact nor initialising is asked "
                    "for");
    return kc_client_tls_is_idle(&client->tls) ? KC_CLIENT_OK : connect_anew(client);
}

static bool changes_nothing(enum kc_http_method method)
{
    return method == KC_HTTP_GET || method == KC_HTTP_HEAD || method == KC_HTTP_LIST;
}

/* Once; `*again` says that the same may be tried over a new connection. */
static enum kc_client_status request_once(struct kc_client *client,
                                          const struct kc_client_exchange *exchange,
                                          struct kc_client_answer *answer, bool *again)
{
    struct kc_client_reply reply = {0};
    struct kc_error error = KC_ERROR_NONE;
    enum kc_err err = kc_client_exchange_run(
        &client->tls, exchange, kc_client_wire_deadline(client->timeout), &reply, &error);
    *again =
        err == KC_ERR_IO && !reply.answered && (!reply.left || changes_nothing(exchange->method));
    if (err != KC_OK || !reply.keep_alive)
        kc_client_tls_close(&client->tls);
    if (err != KC_OK)
        return fail_with(client, &error);
    *answer = (struct kc_client_answer){reply.status, reply.body.ptr, reply.body.len};
    return KC_CLIENT_OK;
}

enum kc_client_status kc_client_request(struct kc_client *client,
                                        const struct kc_client_request *request,
                                        struct kc_client_answer *answer)
{
    struct kc_client_exchange exchange = {
        .target = kc_bytes_of_text(request->target),
        .host = kc_bytes_of_text(client->url.authority),
        .body = kc_bytes_of(request->body, request->body_len),
        .answer_max = client->answer_max,
    };
    client->error[0] = '\0';
    if (!kc_policy_names_enclave(&client->policy))
        return fail(client, KC_CLIENT_USAGE,
                    "the policy names neither mrenclave nor mrsigner: anybody's own enclave would "
                    "do, and may claim any kms-id");
    if (!kc_http_method_find(kc_bytes_of_text(request->method), &exchange.method))
        return fail(client, KC_CLIENT_USAGE, "there is no such method");
    if (request->token != NULL)
        exchange.token = kc_bytes_of_text(request->token);
    bool again = true;
    enum kc_client_status status = KC_CLIENT_UNJUDGED;
    for (int i = 0; i < 2 && again; i++) {
        status = kc_client_connect(client);
        if (status != KC_CLIENT_OK)
            return status;
        if (!kc_client_tls_is_idle(&client->tls))
            return fail(client, KC_CLIENT_UNJUDGED,
                        "the service ends its connections behind the evidence: none is left to "
                        "send a request over");
        status = request_once(client, &exchange, answer, &again);
    }
    if (status == KC_CLIENT_OK)
        client->error[0] = '\0';
    return status;
}

void kc_client_answer_clear(struct kc_client_answer *answer)
{
    if (answer->body != NULL)
        kc_bytes_wipe(answer->body, answer->body_len);
    free(answer->body);
    *answer = (struct kc_client_answer){0};
}

const struct kc_client_report *kc_client_report_of(const struct kc_client *client)
{
    return &client->report;
}

size_t kc_client_check_count(const struct kc_client *client)
{
    return client->report.count;
}

struct kc_client_check kc_client_check_at(const struct kc_client *client, size_t index)
{
    return client->report.row[index];
}

char *kc_client_report_json(const struct kc_client *client)
{
    return kc_client_report_write_json(&client->report, client->error);
}

char *kc_client_report_text(const struct kc_client *client)
{
    return kc_client_report_write_text(&client->report, client->error);
}

int kc_client_kms_id(const struct kc_client *client, unsigned char kms_id[32])
{
    if (client->report.outcome != KC_CLIENT_OK)
        return 0;
    memcpy(kms_id, client->report.claims.kms_id, KC_RATLS_HASH_SIZE);
    return 1;
}

char *kc_client_service_certificate(const struct kc_client *client)
{
    return client->report.outcome == KC_CLIENT_OK ? kc_client_report_service_pem(&client->report)
                                                  : NULL;
}

const char *kc_client_error(const struct kc_client *client)
{
    return client->error;
}
