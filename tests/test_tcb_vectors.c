/* Statuses of real quotes under Intel's collateral of a fitting day, against expect.json. */
#include "test.h"

#include <dirent.h>
#include <jansson.h>

#include "base/pem.h"
#include "base/time.h"
#include "formats/sgx_quote.h"
#include "verify/chain.h"
#include "verify/collateral.h"
#include "verify/ecdsa.h"
#include "verify/tcb.h"

/* One case: files, and what of its quote a judgement needs. */
struct vector {
    const char *name;
    json_t *expect;
    int64_t at;
    struct kc_bytes bytes[9];
    uint8_t root_key[64];
    struct kc_pck_chain chain;
    struct kc_pck_extension pck;
    struct kc_sgx_quote sgx;
    struct kc_tdx_quote tdx;
    bool is_tdx;
};

enum { QUOTE, TCB_INFO, QE_IDENTITY, TCB_CHAIN, QE_CHAIN, ROOT_CRL, PCK_CRL, PCK_CRL_CHAIN, ROOT };

static const char *const file_names[9] = {
    "quote.bin",       "tcb_info.json", "qe_identity.json",  "tcb_chain.pem", "qe_chain.pem",
    "root_ca_crl.der", "pck_crl.der",   "pck_crl_chain.pem", "root_ca.pem",
};

static struct kc_bytes load(const char *name, const char *file)
{
    char path[512];
    size_t len = 0;
    snprintf(path, sizeof path, SHARED_VECTOR("dcap/%s/%s"), name, file);
    uint8_t *bytes = test_read_file(path, &len);
    return kc_bytes_of(bytes, bytes == NULL ? 0 : len);
}

static void open_quote(struct vector *v)
{
    struct kc_error error = KC_ERROR_NONE;
    v->is_tdx = v->bytes[QUOTE].ptr[0] != 3;
    if ((v->is_tdx ? kc_tdx_quote_decode(v->bytes[QUOTE], &v->tdx, &error)
                   : kc_sgx_quote_decode(v->bytes[QUOTE], &v->sgx, &error)) != KC_OK)
        fail_msg("%s: %s", v->name, error.what);
}

/* False when neither the quote nor the folder has the PCK's chain, in its order. The folder's is
 * taken first: Intel's samples have empty lines in theirs. */
static bool open_chain(struct vector *v)
{
    static uint8_t room[KC_COLLATERAL_PEM_MAX];
    struct kc_error error = KC_ERROR_NONE;
    struct kc_bytes file = load(v->name, "pck_chain.pem");
    bool is_chain = (v->is_tdx ? v->tdx.cert_data_type : v->sgx.cert_data_type) == 5;
    enum kc_err err = KC_ERR_ABSENT;
    if (file.ptr != NULL)
        err = kc_collateral_decode_chain(file, room, &v->chain, &error);
    else if (is_chain)
        err =
            kc_pck_chain_decode(v->is_tdx ? v->tdx.cert_data : v->sgx.cert_data, &v->chain, &error);
    free((void *)(uintptr_t)file.ptr);
    if (err == KC_ERR_ABSENT)
        return false;
    if (err != KC_OK)
        fail_msg("%s: %s", v->name, error.what);
    struct kc_chain_verdict verdict = kc_chain_verify_pck(&v->chain, v->root_key, v->at);
    if (strcmp(v->name, "intel-qvl-tdx4-sample") == 0) {
        assert_int_equal(verdict.fault, KC_CHAIN_SHAPE); /* its root stands second */
        return false;
    }
    if (verdict.fault != KC_CHAIN_GOOD)
        fail_msg("%s: certificate %zu: %s", v->name, verdict.index, verdict.what);
    assert_int_equal(kc_pck_extension_decode(&v->chain.certificate[0], &v->pck, NULL), KC_OK);
    return true;
}

static bool signatures_hold(const struct vector *v)
{
    const struct kc_sgx_quote *s = &v->sgx;
    const struct kc_tdx_quote *t = &v->tdx;
    const uint8_t *pck = v->chain.certificate[0].public_key;
    if (v->is_tdx)
        return kc_ecdsa_p256_verify(pck, t->qe_report_bytes, t->qe_report_signature.ptr) &&
               kc_ecdsa_p256_verify(t->attestation_key.ptr, t->signed_part, t->signature.ptr);
    return kc_ecdsa_p256_verify(pck, s->qe_report_bytes, s->qe_report_signature.ptr) &&
           kc_ecdsa_p256_verify(s->attestation_key.ptr, s->signed_part, s->signature.ptr);
}

static struct vector *open_vector(const char *name)
{
    uint8_t der[KC_CERTIFICATE_MAX_SIZE];
    struct kc_certificate root;
    size_t len = 0;
    struct vector *v = calloc(1, sizeof *v);
    struct kc_bytes text = load(name, "expect.json");
    v->name = name;
    v->expect = json_loadb((const char *)text.ptr, text.len, 0, NULL);
    assert_non_null(v->expect);
    free((void *)(uintptr_t)text.ptr);
    v->at = json_integer_value(json_object_get(v->expect, "at_unix"));
    for (size_t i = 0; i < COUNT_OF(file_names); i++)
        v->bytes[i] = load(name, file_names[i]);
    struct kc_reader r = kc_reader_of(v->bytes[ROOT]);
    assert_int_equal(kc_pem_read(&r, "CERTIFICATE", (struct kc_room){der, sizeof der}, &len, NULL),
                     KC_OK);
    assert_int_equal(kc_certificate_decode(kc_bytes_of(der, len), &root, NULL), KC_OK);
    memcpy(v->root_key, root.public_key, 64);
    open_quote(v);
    return v;
}

static void close_vector(struct vector *v)
{
    for (size_t i = 0; i < COUNT_OF(v->bytes); i++)
        free((void *)(uintptr_t)v->bytes[i].ptr);
    json_decref(v->expect);
    free(v);
}

static const char *text_of(const struct vector *v, const char *key)
{
    return json_string_value(json_object_get(json_object_get(v->expect, "detail"), key));
}

static long number_of(const struct vector *v, const char *key, size_t i)
{
    json_t *value = json_object_get(json_object_get(v->expect, "detail"), key);
    return (long)json_integer_value(json_is_array(value) ? json_array_get(value, i) : value);
}

static void expect_status(const struct vector *v, const char *key, enum kc_tcb_status status)
{
    const char *want = text_of(v, key);
    if (want == NULL || strcmp(want, kc_tcb_status_name(status)) != 0)
        fail_msg("%s: %s is %s, not %s", v->name, key, kc_tcb_status_name(status),
                 want == NULL ? "there" : want);
}

static void expect_advisories(const struct vector *v, const char *key,
                              const struct kc_tcb_rating *rating)
{
    json_t *want = json_object_get(json_object_get(v->expect, "detail"), key);
    struct kc_bytes rest = rating != NULL ? rating->advisories : kc_bytes_of(NULL, 0);
    struct kc_bytes id;
    size_t n = 0;
    for (; kc_tcb_rating_next_advisory(&rest, &id); n++) {
        const char *text = json_string_value(json_array_get(want, n));
        if (text == NULL || !kc_bytes_equal(id, kc_bytes_of_text(text)))
            fail_msg("%s: %s %zu is %.*s, not %s", v->name, key, n, (int)id.len,
                     (const char *)id.ptr, text == NULL ? "there" : text);
    }
    if (n != json_array_size(want))
        fail_msg("%s: %zu of %zu %s", v->name, n, json_array_size(want), key);
}

static void expect_detail(const struct vector *v, const struct kc_tcb *t)
{
    char date[KC_TIME_TEXT_SIZE];
    expect_status(v, "platform", t->platform->status);
    expect_status(v, "sgx_platform", t->sgx_platform);
    expect_status(v, "qe_status", t->qe->status);
    assert_int_equal(t->level, number_of(v, "level", 0));
    kc_time_format(t->platform->date, date);
    assert_string_equal(date, text_of(v, "tcbDate"));
    assert_int_equal(t->tcb_info_evaluation_number, number_of(v, "eval", 0));
    assert_int_equal(t->qe_identity_evaluation_number, number_of(v, "eval", 1));
    expect_advisories(v, "adv", t->platform);
    expect_advisories(v, "modadv", t->module);
    assert_int_equal(t->module != NULL, text_of(v, "module_status") != NULL);
    if (v->is_tdx)
        assert_int_equal(t->module_version, number_of(v, "module", 0));
    if (t->module != NULL)
        expect_status(v, "module_status", t->module->status);
}

static void expect_refusal(const struct vector *v, const char *verdict, const struct kc_tcb *t)
{
    assert_string_equal(verdict, "REJECT: TCB not supported (no level)");
    if (t->fault_count != 1 || strcmp(t->fault[0].check, "tcb.level") != 0)
        fail_msg("%s: %zu faults, first %s", v->name, t->fault_count,
                 t->fault_count == 0 ? "none" : t->fault[0].check);
}

/* Without all pieces nothing fails but that; one case has an identity of a later month. */
static void expect_collateral(const struct vector *v, const struct kc_collateral *c)
{
    bool full = json_is_true(json_object_get(v->expect, "full_collateral"));
    bool later = strcmp(v->name, "sgx3-automata-adl-2025-05") == 0;
    enum kc_collateral_state want = full    ? KC_COLLATERAL_GOOD
                                    : later ? KC_COLLATERAL_BAD
                                            : KC_COLLATERAL_INCOMPLETE;
    if (c->state != want || c->fault_count != c->absent_count + later)
        fail_msg("%s: collateral is %d, %zu faults; last %s: %s", v->name, (int)c->state,
                 c->fault_count, c->fault_count > 0 ? c->fault[c->fault_count - 1].check : "-",
                 c->fault_count > 0 ? c->fault[c->fault_count - 1].what : "-");
    if (later)
        assert_string_equal(c->fault[0].check, "collateral.qe_identity.not_yet");
    if (full)
        assert_true(c->issued <= v->at && v->at <= c->expires);
}

/* True when there was collateral to judge with. */
static bool judge(struct vector *v)
{
    const char *verdict = json_string_value(json_object_get(v->expect, "verdict"));
    struct kc_collateral *c = NULL;
    struct kc_tcb t;
    if (!open_chain(v)) {
        if (strcmp(verdict, "(no collateral)") != 0 && strncmp(verdict, "REJECT", 6) != 0)
            fail_msg("%s: no chain", v->name);
        return false;
    }
    assert_true(signatures_hold(v));
    if (v->bytes[TCB_INFO].ptr == NULL)
        return false;
    struct kc_collateral_pieces pieces = {
        .tcb_info = v->bytes[TCB_INFO],
        .qe_identity = v->bytes[QE_IDENTITY],
        .tcb_chain = v->bytes[TCB_CHAIN],
        .qe_chain = v->bytes[QE_CHAIN],
        .root_crl = v->bytes[ROOT_CRL],
        .pck_crl = v->bytes[PCK_CRL],
        .pck_crl_chain = v->bytes[PCK_CRL_CHAIN],
    };
    struct kc_collateral_input input = {
        .pieces = &pieces,
        .pck_chain = &v->chain,
        .root_key = v->root_key,
        .now = v->at,
    };
    assert_int_equal(kc_collateral_judge(&input, &c), KC_OK);
    expect_collateral(v, c);
    struct kc_tcb_input tcb = {
        .pck = &v->pck,
        .qe_report = v->is_tdx ? &v->tdx.qe_report : &v->sgx.qe_report,
        .td = v->is_tdx ? &v->tdx.td : NULL,
        .td_is_15 = v->is_tdx && v->tdx.body_type == KC_TDX_QUOTE_TD15,
        .tcb_info = c->tcb_info,
        .qe_identity = c->qe_identity,
    };
    kc_tcb_judge(&tcb, &t);
    if (strncmp(verdict, "REJECT", 6) == 0) {
        expect_refusal(v, verdict, &t);
    } else {
        if (t.fault_count > 0 || strcmp(kc_tcb_status_name(t.status), verdict) != 0)
            fail_msg("%s: %s, not %s", v->name,
                     t.fault_count > 0 ? t.fault[0].check : kc_tcb_status_name(t.status), verdict);
        expect_detail(v, &t);
    }
    kc_collateral_free(c);
    return true;
}

static void judges_real_quotes(void **state)
{
    (void)state;
    size_t judged = 0;
    DIR *folder = opendir(SHARED_VECTOR("dcap"));
    if (folder == NULL)
        skip();
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (entry->d_name[0] == '.')
            continue;
        struct vector *v = open_vector(entry->d_name);
        judged += judge(v);
        close_vector(v);
    }
    closedir(folder);
    assert_true(judged >= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(judges_real_quotes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
