#include "client/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/pem.h"

static const struct {
    char step;
    const char *name;
    const char *expected;
    const char *hint;
} own[KC_CLIENT_OWNS] = {
    [KC_CLIENT_OWN_VERSION] = {'a', "tls.version", "TLSv1.3",
                               "before TLS 1.3 an exporter does not cover the certificate; the "
                               "peer is no Keyclave, or something stands between that ends TLS"},
    [KC_CLIENT_OWN_FULL] = {'a', "tls.not_resumed", "a full handshake",
                            "a resumed session shows no certificate and has keys of an earlier "
                            "connection"},
    [KC_CLIENT_OWN_NONCE] = {'b', "nonce", "32 random bytes", "this machine gives no random bytes"},
    [KC_CLIENT_OWN_ANSWER] = {'c', "attest.answer",
                              "status 200 and a JSON object with profile kms-ratls/1 and evidence",
                              "the peer is no Keyclave, cannot have itself quoted at the moment, "
                              "or something stands between"},
    [KC_CLIENT_OWN_TEE] = {'d', "verify.tee", "a quote of an SGX enclave",
                           "kms-ratls/1 binds claims to SGX quotes alone"},
    [KC_CLIENT_OWN_WHOLE] = {'d', "verify.trailing", "a quote and no bytes behind it",
                             "nothing signs these bytes: somebody added them"},
    [KC_CLIENT_OWN_LEAF] = {'l', "ratls.leaf",
                            "a certificate on P-256, self-signed or issued by the service identity "
                            "whose hash is the kms-id",
                            "the certificates that the peer shows are not those of the service "
                            "that the evidence speaks of: clients that trust its CA certificate "
                            "are misled"},
};

/* Of enum kc_ratls_check_id. */
static const char ratls_step[KC_RATLS_CHECKS] = {'c', 'c', 'f', 'g', 'h', 'i', 'j', 'k'};

void kc_client_report_start(struct kc_client_report *report)
{
    kc_client_report_clear(report);
    memset(report, 0, sizeof *report);
    report->leaf_issuer = "";
    report->outcome = KC_CLIENT_UNJUDGED;
    kc_ratls_check_start(&report->ratls);
}

void kc_client_report_own(struct kc_client_report *report, enum kc_client_own check,
                          enum kc_client_state state, const char *actual)
{
    struct kc_client_own_check *c = &report->own[check];
    size_t n = strlen(actual);
    if (n > sizeof c->actual - 1)
        n = sizeof c->actual - 1;
    for (size_t i = 0; i < n; i++)
        c->actual[i] = actual[i] >= 0x20 && actual[i] < 0x7f ? actual[i] : '?';
    c->actual[n] = '\0';
    c->state = state;
}

static void add(struct kc_client_report *report, const struct kc_client_check *check)
{
    if (report->count < KC_CLIENT_ROWS_MAX)
        report->row[report->count++] = *check;
}

static void add_own(struct kc_client_report *report, enum kc_client_own id)
{
    const struct kc_client_own_check *c = &report->own[id];
    add(report, &(struct kc_client_check){
                    .step = own[id].step,
                    .state = c->state,
                    .name = own[id].name,
                    .expected = own[id].expected,
                    .actual = c->actual,
                    .hint = c->state == KC_CLIENT_HOLDS ? "" : own[id].hint,
                });
}

/* What was not asked for cannot hold here: fresh evidence has everything. */
static enum kc_client_state state_of(enum kc_ratls_state state)
{
    switch (state) {
    case KC_RATLS_HOLDS:
        return KC_CLIENT_HOLDS;
    case KC_RATLS_FAILED:
        return KC_CLIENT_FAILED;
    case KC_RATLS_NOT_MADE:
    case KC_RATLS_NOT_ASKED:
        break;
    }
    return KC_CLIENT_NOT_MADE;
}

static void add_ratls(struct kc_client_report *report, enum kc_ratls_check_id from,
                      enum kc_ratls_check_id to)
{
    for (enum kc_ratls_check_id id = from; id <= to; id++) {
        const struct kc_ratls_check *c = &report->ratls.check[id];
        add(report, &(struct kc_client_check){
                        .step = ratls_step[id],
                        .state = state_of(c->state),
                        .name = c->name,
                        .expected = c->expected,
                        .actual = c->actual,
                        .hint = c->hint,
                    });
    }
}

/* The failures of one part of the verdict, each by its own name. False: there is none. */
static bool add_failures(struct kc_client_report *report, char step)
{
    const struct kc_verdict *v = &report->verdict;
    bool any = false;
    for (size_t i = 0; i < v->failure_count; i++) {
        const struct kc_verdict_failure *f = &v->failure[i];
        char its_step = f->weight == KC_WEIGHT_POLICY || v->genuine ? 'e' : 'd';
        if (its_step != step)
            continue;
        add(report,
            &(struct kc_client_check){
                .step = step,
                .state = f->weight == KC_WEIGHT_UNJUDGED ? KC_CLIENT_NOT_MADE : KC_CLIENT_FAILED,
                .name = f->check,
                .expected = f->expected,
                .actual = f->actual,
                .hint = f->hint,
            });
        any = true;
    }
    return any;
}

static void add_verdict(struct kc_client_report *report)
{
    const struct kc_verdict *v = &report->verdict;
    bool accepted = report->has_verdict && v->genuine && v->kind == KC_VERDICT_ACCEPTED;
    bool genuine = report->has_verdict && v->genuine;
    if (genuine || !add_failures(report, 'd'))
        add(report, &(struct kc_client_check){
                        .step = 'd',
                        .state = genuine ? KC_CLIENT_HOLDS : KC_CLIENT_NOT_MADE,
                        .name = "verify.genuine",
                        .expected = "a quote signed below the trusted root",
                        .actual = genuine && v->root_name != NULL ? v->root_name : "",
                        .hint = "",
                    });
    if (accepted || !add_failures(report, 'e'))
        add(report, &(struct kc_client_check){
                        .step = 'e',
                        .state = accepted ? KC_CLIENT_HOLDS : KC_CLIENT_NOT_MADE,
                        .name = "verify.policy",
                        .expected = "an enclave that the policy accepts",
                        .actual = accepted ? "accepted" : "",
                        .hint = "",
                    });
}

/* The gravest finding decides; a check that was not made is one too. */
static enum kc_client_status decide(const struct kc_client_report *report)
{
    enum kc_client_status outcome = KC_CLIENT_OK;
    for (size_t i = 0; i < report->count; i++) {
        const struct kc_client_check *row = &report->row[i];
        if (row->state == KC_CLIENT_HOLDS)
            continue;
        if (row->state == KC_CLIENT_FAILED && row->step != 'e' && row->step != 'k')
            return KC_CLIENT_NOT_GENUINE;
        if (row->state == KC_CLIENT_FAILED)
            outcome = KC_CLIENT_REFUSED;
        else if (outcome == KC_CLIENT_OK)
            outcome = KC_CLIENT_UNJUDGED;
    }
    return outcome == KC_CLIENT_OK && !report->is_held ? KC_CLIENT_NOT_GENUINE : outcome;
}

/* Whether the claims may be told: all but what the policy, the pin and the certificates say. */
static bool is_bound(const struct kc_client_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct kc_client_check *row = &report->row[i];
        if (row->state != KC_CLIENT_HOLDS && strchr("ekl", row->step) == NULL)
            return false;
    }
    return report->has_verdict && report->verdict.genuine;
}

void kc_client_report_close(struct kc_client_report *report)
{
    report->count = 0;
    add_own(report, KC_CLIENT_OWN_VERSION);
    add_own(report, KC_CLIENT_OWN_FULL);
    add_own(report, KC_CLIENT_OWN_NONCE);
    add_own(report, KC_CLIENT_OWN_ANSWER);
    add_ratls(report, KC_RATLS_CHECK_EVIDENCE, KC_RATLS_CHECK_CLAIMS);
    add_verdict(report);
    add_own(report, KC_CLIENT_OWN_TEE);
    add_own(report, KC_CLIENT_OWN_WHOLE);
    add_ratls(report, KC_RATLS_CHECK_REPORT_DATA, KC_RATLS_CHECK_KMS_ID);
    add_own(report, KC_CLIENT_OWN_LEAF);
    report->is_bound = is_bound(report);
    report->outcome = decide(report);
}

const struct kc_client_check *kc_client_report_first_failure(const struct kc_client_report *report)
{
    const struct kc_client_check *not_made = NULL;
    for (size_t i = 0; i < report->count; i++) {
        if (report->row[i].state == KC_CLIENT_FAILED)
            return &report->row[i];
        if (report->row[i].state == KC_CLIENT_NOT_MADE && not_made == NULL)
            not_made = &report->row[i];
    }
    return not_made;
}

char *kc_client_report_service_pem(const struct kc_client_report *report)
{
    if (report->service == NULL)
        return NULL;
    struct kc_bytes der = kc_bytes_of(report->service, report->service_len);
    struct kc_writer count = KC_WRITER_COUNT;
    kc_pem_write(&count, "CERTIFICATE", der);
    char *pem = malloc(count.len + 1);
    if (pem == NULL)
        return NULL;
    struct kc_writer w = kc_writer_of((struct kc_room){(uint8_t *)pem, count.len});
    kc_pem_write(&w, "CERTIFICATE", der);
    pem[count.len] = '\0';
    return pem;
}

void kc_client_report_clear(struct kc_client_report *report)
{
    free(report->service);
    report->service = NULL;
    report->service_len = 0;
}
