/* A verdict as the JSON object that docs/verification.md describes. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "cli/judging.h"
#include "cli/judging_tcb.h"
#include "formats/dice.h"
#include "formats/oe_claims.h"

/* jansson takes NULL values as failures and frees what it is given: one check at the end. */
static void set(json_t *object, const char *key, json_t *value, bool *ok)
{
    if (json_object_set_new(object, key, value) != 0)
        *ok = false;
}

static json_t *hex(struct kc_bytes bytes)
{
    char *text = malloc(2 * bytes.len + 1);
    if (text == NULL)
        return NULL;
    kc_hex_encode_lower(bytes, text);
    json_t *value = json_stringn(text, 2 * bytes.len);
    free(text);
    return value;
}

static void set_hex(json_t *object, const char *key, const void *ptr, size_t len, bool *ok)
{
    set(object, key, hex(kc_bytes_of(ptr, len)), ok);
}

static void set_number(json_t *object, const char *key, uint64_t number, bool *ok)
{
    set(object, key, json_integer((json_int_t)number), ok);
}

/* One claim of evidence: its name, which no JSON key may hold if it is not text. */
static bool set_claim(json_t *object, struct kc_bytes name, struct kc_bytes value)
{
    char *key = malloc(name.len + 1);
    bool ok = key != NULL && memchr(name.ptr, 0, name.len) == NULL;
    if (ok) {
        memcpy(key, name.ptr, name.len);
        key[name.len] = '\0';
        ok = json_object_set_new(object, key, hex(value)) == 0;
    }
    free(key);
    return ok;
}

static json_t *oe_claims(struct kc_bytes buffer)
{
    struct kc_oe_claims claims;
    json_t *object = json_object();
    bool ok = kc_oe_claims_decode(buffer, &claims, NULL) == KC_OK;
    for (size_t i = 0; ok && i < claims.count; i++)
        ok = set_claim(object, claims.claim[i].name, claims.claim[i].value);
    if (ok)
        return object;
    json_decref(object);
    return json_null();
}

static json_t *dice_claims(struct kc_bytes map)
{
    struct kc_dice_claims claims;
    json_t *object = json_object();
    bool ok = kc_dice_claims_decode(map, &claims, NULL) == KC_OK;
    for (size_t i = 0; ok && i < claims.count; i++)
        ok = set_claim(object, claims.claim[i].name, claims.claim[i].value);
    if (ok)
        return object;
    json_decref(object);
    return json_null();
}

/* 16 bytes as they stand in the report: flags, then XFRM, little endian. */
static json_t *attributes(const struct kc_sgx_attributes *in)
{
    uint8_t bytes[16];
    struct kc_writer w = kc_writer_of((struct kc_room){bytes, sizeof bytes});
    kc_writer_u64(&w, in->flags);
    kc_writer_u64(&w, in->xfrm);
    return hex(kc_writer_written(&w));
}

static void set_report(json_t *object, const struct kc_sgx_report_body *report, bool *ok)
{
    bool debug = (report->attributes.flags & KC_SGX_FLAG_DEBUG) != 0;
    set_hex(object, "mrenclave", report->mrenclave, sizeof report->mrenclave, ok);
    set_hex(object, "mrsigner", report->mrsigner, sizeof report->mrsigner, ok);
    set_number(object, "isv_prod_id", report->isv_prod_id, ok);
    set_number(object, "isv_svn", report->isv_svn, ok);
    set(object, "debug", json_boolean(debug), ok);
    set(object, "attributes", attributes(&report->attributes), ok);
    set_number(object, "misc_select", report->misc_select, ok);
    set_hex(object, "report_data", report->report_data, sizeof report->report_data, ok);
    set_hex(object, "cpu_svn", report->cpu_svn, sizeof report->cpu_svn, ok);
    set_hex(object, "config_id", report->config_id, sizeof report->config_id, ok);
    set_number(object, "config_svn", report->config_svn, ok);
    set_hex(object, "isv_ext_prod_id", report->isv_ext_prod_id, sizeof report->isv_ext_prod_id, ok);
    set_hex(object, "isv_family_id", report->isv_family_id, sizeof report->isv_family_id, ok);
}

/* Evidence that is not genuine claims nothing: null, so that no reader takes a claim for a fact. */
static json_t *claims_of(const struct kc_verdict *v, bool *ok)
{
    const struct kc_verdict_facts *facts = &v->facts;
    if (!v->genuine)
        return json_null();
    json_t *object = json_object();
    set_report(object, &facts->report, ok);
    set_number(object, "qe_svn", facts->qe_svn, ok);
    set_number(object, "pce_svn", facts->pce_svn, ok);
    set_hex(object, "fmspc", facts->fmspc, sizeof facts->fmspc, ok);
    set_hex(object, "pce_id", facts->pce_id, sizeof facts->pce_id, ok);
    if (facts->has_oe_claims) {
        set(object, "custom_claims", oe_claims(facts->oe_claims), ok);
        set_hex(object, "custom_claims_buffer", facts->oe_claims.ptr, facts->oe_claims.len, ok);
    }
    if (facts->has_dice_claims)
        set(object, "custom_claims", dice_claims(facts->dice_claims), ok);
    set_number(object, "trailing_bytes", facts->trailing_len, ok);
    return object;
}

static json_t *failures_of(const struct kc_verdict *v, bool *ok)
{
    json_t *list = json_array();
    for (size_t i = 0; i < v->failure_count; i++) {
        const struct kc_verdict_failure *failure = &v->failure[i];
        json_t *object = json_object();
        set(object, "check", json_string(failure->check), ok);
        set(object, "expected", json_string(failure->expected), ok);
        set(object, "actual", json_string(failure->actual), ok);
        set(object, "hint", json_string(failure->hint), ok);
        if (json_array_append_new(list, object) != 0)
            *ok = false;
    }
    return list;
}

static json_t *evidence_of(const struct kc_judging *j, bool *ok)
{
    const struct kc_verdict *v = j->verdict;
    json_t *object = json_object();
    set(object, "format", v->has_format ? json_string(v->format) : json_null(), ok);
    set(object, "wrapping",
        j->is_open ? json_string(kc_evidence_wrapping_name(j->evidence.wrapping)) : json_null(),
        ok);
    set(object, "tee", v->has_format ? json_string(v->tee) : json_null(), ok);
    return object;
}

bool kc_judging_print_json(const struct kc_judging *j, FILE *out)
{
    bool ok = true;
    json_t *object = json_object();
    set(object, "verdict", json_string(kc_verdict_kind_name(j->verdict->kind)), &ok);
    set(object, "failures", failures_of(j->verdict, &ok), &ok);
    set(object, "evidence", evidence_of(j, &ok), &ok);
    set(object, "claims", claims_of(j->verdict, &ok), &ok);
    set(object, "tcb", kc_judging_tcb_json(j->verdict), &ok);
    char *text = ok ? json_dumps(object, JSON_INDENT(2) | JSON_ENSURE_ASCII) : NULL;
    json_decref(object);
    if (text == NULL)
        return false;
    fprintf(out, "%s\n", text);
    free(text);
    return true;
}
