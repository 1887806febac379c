/* A report as JSON and as lines of text. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/time.h"
#include "client/report.h"

static const char *const state_names[] = {
    [KC_CLIENT_NOT_MADE] = "not made",
    [KC_CLIENT_FAILED] = "failed",
    [KC_CLIENT_HOLDS] = "holds",
};

static const char *outcome_name(enum kc_client_status outcome)
{
    switch (outcome) {
    case KC_CLIENT_OK:
        return "ok";
    case KC_CLIENT_REFUSED:
        return "refused";
    case KC_CLIENT_NOT_GENUINE:
        return "not genuine";
    case KC_CLIENT_UNJUDGED:
    case KC_CLIENT_USAGE:
        break;
    }
    return "unjudged";
}

/* jansson takes NULL values as failures and frees what it is given: one check at the end. */
static void set(json_t *object, const char *key, json_t *value, bool *ok)
{
    if (json_object_set_new(object, key, value) != 0)
        *ok = false;
}

static json_t *hash(const uint8_t bytes[32])
{
    char text[65];
    kc_hex_encode_lower(kc_bytes_of(bytes, 32), text);
    return json_string(text);
}

static json_t *time_of(int64_t seconds)
{
    char text[KC_TIME_TEXT_SIZE];
    kc_time_format(seconds, text);
    return json_string(text);
}

static json_t *checks_of(const struct kc_client_report *report, bool *ok)
{
    json_t *list = json_array();
    for (size_t i = 0; i < report->count; i++) {
        const struct kc_client_check *row = &report->row[i];
        json_t *object = json_object();
        set(object, "step", json_stringn(&row->step, 1), ok);
        set(object, "name", json_string(row->name), ok);
        set(object, "state", json_string(state_names[row->state]), ok);
        set(object, "expected", json_string(row->expected), ok);
        set(object, "actual", json_string(row->actual), ok);
        set(object, "hint", json_string(row->hint), ok);
        if (json_array_append_new(list, object) != 0)
            *ok = false;
    }
    return list;
}

static json_t *leaf_of(const struct kc_client_report *report, bool *ok)
{
    if (!report->has_leaf)
        return json_null();
    json_t *leaf = json_object();
    set(leaf, "not_before", time_of(report->leaf_not_before), ok);
    set(leaf, "not_after", time_of(report->leaf_not_after), ok);
    set(leaf, "issuer", json_string(report->leaf_issuer), ok);
    return leaf;
}

/* Evidence that is not genuine, or of another connection, says nothing: null. */
static json_t *service_of(const struct kc_client_report *report, bool *ok)
{
    const struct kc_sgx_report_body *body = &report->verdict.facts.report;
    bool debug = (body->attributes.flags & KC_SGX_FLAG_DEBUG) != 0;
    if (!report->is_bound)
        return json_null();
    json_t *service = json_object();
    char *pem = kc_client_report_service_pem(report);
    set(service, "root", json_string(report->verdict.root_name), ok);
    set(service, "kms_id", hash(report->claims.kms_id), ok);
    set(service, "mrenclave", hash(body->mrenclave), ok);
    set(service, "mrsigner", hash(body->mrsigner), ok);
    set(service, "isv_prod_id", json_integer(body->isv_prod_id), ok);
    set(service, "isv_svn", json_integer(body->isv_svn), ok);
    set(service, "debug", json_boolean(debug), ok);
    set(service, "leaf", leaf_of(report, ok), ok);
    set(service, "certificate", report->service == NULL ? json_null() : json_string(pem), ok);
    free(pem);
    return service;
}

char *kc_client_report_write_json(const struct kc_client_report *report, const char *error)
{
    bool ok = true;
    json_t *object = json_object();
    set(object, "outcome", json_string(outcome_name(report->outcome)), &ok);
    set(object, "error", json_string(error), &ok);
    set(object, "checks", checks_of(report, &ok), &ok);
    set(object, "service", service_of(report, &ok), &ok);
    char *text = ok ? json_dumps(object, JSON_INDENT(2) | JSON_ENSURE_ASCII) : NULL;
    json_decref(object);
    return text;
}

static void write_hash(FILE *out, const char *name, const uint8_t bytes[32])
{
    char text[65];
    kc_hex_encode_lower(kc_bytes_of(bytes, 32), text);
    fprintf(out, "%-12s %s\n", name, text);
}

static void write_service(FILE *out, const struct kc_client_report *report)
{
    const struct kc_sgx_report_body *body = &report->verdict.facts.report;
    char from[KC_TIME_TEXT_SIZE];
    char to[KC_TIME_TEXT_SIZE];
    fputc('\n', out);
    fprintf(out, "%-12s %s\n", "root", report->verdict.root_name);
    if (kc_bytes_are_zero(kc_bytes_of(report->claims.kms_id, sizeof report->claims.kms_id)))
        fprintf(out, "%-12s none: nobody has initialised this service\n", "kms-id");
    else
        write_hash(out, "kms-id", report->claims.kms_id);
    write_hash(out, "MRENCLAVE", body->mrenclave);
    write_hash(out, "MRSIGNER", body->mrsigner);
    fprintf(out, "%-12s %u, security version %u\n", "product", body->isv_prod_id, body->isv_svn);
    fprintf(out, "%-12s %s\n", "debug",
            (body->attributes.flags & KC_SGX_FLAG_DEBUG) != 0
                ? "YES: the host can read this enclave's memory"
                : "no");
    if (report->has_leaf) {
        kc_time_format(report->leaf_not_before, from);
        kc_time_format(report->leaf_not_after, to);
        fprintf(out, "%-12s from %s to %s, issued by %s\n", "certificate", from, to,
                strcmp(report->leaf_issuer, "self") == 0 ? "itself" : "the service identity");
    }
}

static void write_failure(FILE *out, const struct kc_client_check *row)
{
    fprintf(out,
            "      expected  %s\n"
            "      actual    %s\n",
            row->expected, row->actual[0] == '\0' ? "nothing" : row->actual);
    if (row->hint[0] != '\0')
        fprintf(out, "      hint      %s\n", row->hint);
}

char *kc_client_report_write_text(const struct kc_client_report *report, const char *error)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        return NULL;
    for (size_t i = 0; i < report->count; i++) {
        const struct kc_client_check *row = &report->row[i];
        fprintf(out, "%c  %-22s %s\n", row->step, row->name, state_names[row->state]);
        bool says_why = row->state == KC_CLIENT_FAILED || row->actual[0] != '\0';
        if (row->state != KC_CLIENT_HOLDS && says_why)
            write_failure(out, row);
    }
    if (report->is_bound)
        write_service(out, report);
    if (error[0] != '\0')
        fprintf(out, "\n%s\n", error);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}
