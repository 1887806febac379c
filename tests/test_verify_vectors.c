/* Verdicts on evidence that others made: real quotes, and certificates that bind well or badly. */
#include "test.h"

#include <jansson.h>

#include "base/pem.h"
#include "base/time.h"
#include "formats/certificate.h"
#include "verify/chain.h"
#include "verify/verify.h"

#define LENIENT "{\"allow_debug\": true, \"tcb\": \"ignore\"}"

/* "check check", in the order of the list; only those that begin with `prefix`. */
static void join(const struct kc_verdict *v, const char *prefix, char *out, size_t size)
{
    out[0] = '\0';
    for (size_t i = 0; i < v->failure_count; i++) {
        if (strncmp(v->failure[i].check, prefix, strlen(prefix)) == 0)
            snprintf(out + strlen(out), size - strlen(out), "%s%s", out[0] == '\0' ? "" : " ",
                     v->failure[i].check);
    }
}

/* Judges a file under `root_key`; false when it is not there. */
static bool judge(const char *path, const uint8_t root_key[64], int64_t now, const char *policy,
                  struct kc_verdict *v)
{
    struct kc_evidence evidence;
    struct kc_error error = KC_ERROR_NONE;
    struct kc_policy_error policy_error;
    struct kc_policy parsed;
    size_t len = 0;
    uint8_t *bytes = test_read_file(path, &len);
    if (bytes == NULL)
        return false;
    assert_int_equal(kc_policy_parse(kc_bytes_of_text(policy), &parsed, &policy_error), KC_OK);
    if (kc_evidence_open(kc_bytes_of(bytes, len), &evidence, &error) == KC_OK) {
        struct kc_verify_input input = {
            .evidence = &evidence, .root_key = root_key, .now = now, .policy = &parsed};
        kc_verify(&input, v);
        kc_evidence_clear(&evidence);
    } else {
        kc_verify_unreadable(&error, v);
    }
    free(bytes);
    return true;
}

static void expect(const char *name, const struct kc_verdict *v, const char *verdict,
                   const char *prefix, const char *checks)
{
    char got[1024];
    join(v, prefix, got, sizeof got);
    if (strcmp(kc_verdict_kind_name(v->kind), verdict) != 0 || strcmp(got, checks) != 0)
        fail_msg("%s: %s [%s], not %s [%s]; first: %s", name, kc_verdict_kind_name(v->kind), got,
                 verdict, checks, v->failure_count > 0 ? v->failure[0].actual : "");
}

/* "at_unix" and "debug" of a case's expect.json; false when it is not there. */
static bool read_case(const char *name, int64_t *at, bool *debug)
{
    char path[512];
    snprintf(path, sizeof path, SHARED_VECTOR("dcap/%s/expect.json"), name);
    json_t *json = json_load_file(path, 0, NULL);
    if (json == NULL)
        return false;
    *at = json_integer_value(json_object_get(json, "at_unix"));
    *debug = json_is_true(json_object_get(json_object_get(json, "detail"), "debug"));
    json_decref(json);
    return true;
}

static void read_root(const char *name, uint8_t out[64])
{
    char path[512];
    uint8_t der[KC_CERTIFICATE_MAX_SIZE];
    struct kc_certificate certificate;
    size_t len = 0;
    size_t n = 0;
    snprintf(path, sizeof path, SHARED_VECTOR("dcap/%s/root_ca.pem"), name);
    uint8_t *pem = test_read_file(path, &len);
    assert_non_null(pem);
    struct kc_reader r = kc_reader_of(kc_bytes_of(pem, len));
    assert_int_equal(kc_pem_read(&r, "CERTIFICATE", (struct kc_room){der, sizeof der}, &n, NULL),
                     KC_OK);
    assert_int_equal(kc_certificate_decode(kc_bytes_of(der, n), &certificate, NULL), KC_OK);
    memcpy(out, certificate.public_key, 64);
    free(pem);
}

/* Zeros are what a trust domain has for an enclave's measurement, and so they would agree. */
static void refuses_a_domain_that_is_called_an_enclave(void **state)
{
    (void)state;
    static const char name[] = "tdx4-phala-2025-06";
    uint8_t root[64];
    int64_t at = 0;
    bool debug = false;
    size_t len = 0;
    struct kc_policy policy = kc_policy_default;
    policy.tcb_ignored = true;
    if (!read_case(name, &at, &debug))
        skip();
    read_root(name, root);
    uint8_t *quote = test_read_file(SHARED_VECTOR("dcap/tdx4-phala-2025-06/quote.bin"), &len);
    assert_non_null(quote);
    struct kc_evidence evidence = {.quote = kc_bytes_of(quote, len)};
    const struct kc_verify_input input = {
        .evidence = &evidence, .root_key = root, .now = at, .policy = &policy};
    struct kc_verdict *v = malloc(sizeof *v);
    kc_verify(&input, v);
    expect(name, v, "accepted", "", "");
    evidence.wrapping = KC_WRAPPING_QUOTE_JSON;
    evidence.has_stated_identity = true;
    evidence.stated_attributes = 2; /* Open Enclave's: remote */
    kc_verify(&input, v);
    expect(name, v, "invalid", "", "stated.tee");
    free(v);
    free(quote);
}

static void judges_real_quotes(void **state)
{
    (void)state;
    static const struct {
        const char *name, *verdict, *checks;
    } rows[] = {
        {"sgx3-automata-adl-2025-05", "accepted", ""},
        {"sgx3-automata-icx-tcbv2-2025-06", "accepted", ""},
        {"sgx3-mobilecoin-2023-07", "accepted", ""},
        {"sgx3-oasis-icx-2022-12", "accepted", ""},
        {"sgx3-oe-cfl-2022-05", "accepted", ""},
        {"sgx3-phala-adl-2025-06", "accepted", ""},
        {"sgx3-seed-icx-2024-12", "accepted", ""},
        {"sgx3-seed-icx-2025-08", "accepted", ""},
        {"sgx3-trustee-occlum-2025-08", "accepted", ""},
        /* These carry no chain: one an encrypted PPID, one Intel's sample. */
        {"sgx3-oasis-eppid", "unjudged", "chain.present"},
        {"intel-qvl-sgx3-sample", "unjudged", "chain.present"},
        {"tdx4-phala-2025-06", "accepted", ""},
        {"tdx4-trustee-gnr-2025-10", "accepted", ""},
        {"tdx5-automata-alibaba-2025-06", "accepted", ""},
        {"tdx5-oe-relaunch-2025-03", "accepted", ""},
        {"intel-qvl-tdx4-sample", "invalid", "chain.shape qe.mrsigner qe.isv_prod_id"},
    };
    struct kc_verdict *v = malloc(sizeof *v);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char path[512];
        uint8_t root[64];
        int64_t at = 0;
        bool debug = false;
        if (!read_case(rows[i].name, &at, &debug)) {
            free(v);
            skip();
        }
        read_root(rows[i].name, root);
        snprintf(path, sizeof path, SHARED_VECTOR("dcap/%s/quote.bin"), rows[i].name);
        assert_true(judge(path, root, at, LENIENT, v));
        expect(rows[i].name, v, rows[i].verdict, "", rows[i].checks);
        if (!v->genuine)
            continue;
        assert_int_equal(debug, (v->facts.report.attributes.flags & KC_SGX_FLAG_DEBUG) != 0);
        assert_true(judge(path, root, at, "{\"tcb\": [\"UpToDate\"]}", v));
        expect(rows[i].name, v, debug ? "refused" : "unjudged", "",
               debug ? "policy.debug policy.tcb" : "policy.tcb");
        root[0] ^= 1;
        assert_true(judge(path, root, at, LENIENT, v));
        expect(rows[i].name, v, "invalid", "", "chain.root");
    }
    free(v);
}

/* The time of Open Enclave's genuine evidence; its corrupted siblings are not about dates. */
#define OE_TIME 1651363200 /* 2022-05-01T00:00:00Z */

static void judges_open_enclave(void **state)
{
    (void)state;
    static const struct {
        const char *path, *verdict, *prefix, *checks;
    } rows[] = {
        {SHARED_VECTOR("open-enclave/evidence.bin"), "accepted", "", ""},
        {SHARED_VECTOR("open-enclave/sgx_report_bad.bin"), "invalid", "", "chain.link"},
        {SHARED_VECTOR("open-enclave/sgx_cert_ec_bad.der"), "invalid", "", "chain.shape"},
        {SHARED_VECTOR("open-enclave/sgx_cert_rsa_bad.der"), "invalid", "chain", "chain.shape"},
    };
    struct kc_verdict *v = malloc(sizeof *v);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (!judge(rows[i].path, kc_chain_intel_root_key, OE_TIME, LENIENT, v)) {
            free(v);
            skip();
        }
        expect(rows[i].path, v, rows[i].verdict, rows[i].prefix, rows[i].checks);
    }
    free(v);
}

/*
 * No quote in these is genuine (README beside them), so that all are invalid; what counts is
 * which checks of the binding fail.
 */
static void judges_ratls_bindings(void **state)
{
    (void)state;
    static const struct {
        const char *path, *checks;
    } rows[] = {
        {SHARED_VECTOR("ratls/ok_p256_sha256.der"), ""},
        {SHARED_VECTOR("ratls/ok_p384_sha384.der"), ""},
        {SHARED_VECTOR("ratls/ok_sha512_nonce.der"), ""},
        {SHARED_VECTOR("ratls/both.der"), ""},
        {SHARED_VECTOR("ratls/kms_cert.der"), ""},
        {SHARED_VECTOR("ratls/kms_fresh.der"), ""},
        {SHARED_VECTOR("ratls/crit_ext.der"), ""},
        {SHARED_VECTOR("ratls/attack_oracle.der"), ""},
        {SHARED_VECTOR("ratls/bad_no_pubkey_hash.der"), "binding.pubkey_hash"},
        {SHARED_VECTOR("ratls/bad_dup_pubkey_hash.der"), "binding.claims_shape"},
        {SHARED_VECTOR("ratls/bad_dup_rev.der"), "binding.claims_shape"},
        {SHARED_VECTOR("ratls/bad_wrong_pubkey.der"), "binding.pubkey_hash"},
        {SHARED_VECTOR("ratls/small_first_half_only.der"), "binding.report_data_tail"},
        {SHARED_VECTOR("ratls/rsa_like_p521.der"), "binding.key_kind"},
    };
    struct kc_verdict *v = malloc(sizeof *v);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (!judge(rows[i].path, kc_chain_intel_root_key, OE_TIME, LENIENT, v)) {
            free(v);
            skip();
        }
        expect(rows[i].path, v, "invalid", "binding.", rows[i].checks);
        assert_true(v->has_format);
    }
    free(v);
}

/* Real certificates: whatever becomes of their old chains, what they bind holds. */
static void judges_real_certificates(void **state)
{
    (void)state;
    static const struct {
        const char *path, *at, *verdict, *checks;
    } rows[] = {
        {SHARED_VECTOR("ratls/gramine-cert.pem"), "2024-01-01T00:00:00Z", "accepted", ""},
        {SHARED_VECTOR("ratls/intel-sgxsdk-cert.pem"), "2024-01-01T00:00:00Z", "accepted", ""},
        {SHARED_VECTOR("ratls/rats-tls-cert.pem"), "2024-01-01T00:00:00Z", "accepted", ""},
    };
    struct kc_verdict *v = malloc(sizeof *v);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t at = 0;
        assert_int_equal(kc_time_parse(kc_bytes_of_text(rows[i].at), &at), KC_OK);
        if (!judge(rows[i].path, kc_chain_intel_root_key, at, LENIENT, v)) {
            free(v);
            skip();
        }
        expect(rows[i].path, v, rows[i].verdict, "", rows[i].checks);
        assert_true(v->facts.has_dice_claims);
    }
    free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_real_quotes),
        cmocka_unit_test(refuses_a_domain_that_is_called_an_enclave),
        cmocka_unit_test(judges_open_enclave),
        cmocka_unit_test(judges_ratls_bindings),
        cmocka_unit_test(judges_real_certificates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
