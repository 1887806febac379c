/* The verdict on the mission document's quote, whole and with one thing changed at a time. */
#include "test.h"

#include "base/time.h"
#include "seed.h"
#include "verify/chain.h"
#include "verify/ecdsa.h"
#include "verify/verify.h"

#define AT        "2025-08-15T05:45:00Z"
#define MRENCLAVE "af3438654b544d7e94b6b538eaf58528a2136f6a107b95b4c442b0afc9c98d83"
#define MRSIGNER  "58272dd3db731d223107a2cd8a9522d84d25aaed904bf6b2345a8af9f9bfbf6d"
#define LENIENT   "{\"allow_debug\": true, \"tcb\": \"ignore\"}"

/* Offsets in the quote (formats/sgx_quote.h). */
#define QUOTE_VERSION    0
#define QUOTE_VENDOR     12
#define QUOTE_USER_DATA  28
#define QUOTE_REPORT     48
#define QUOTE_SIG_LEN    432
#define QUOTE_SIGNATURE  436
#define QUOTE_KEY        500
#define QUOTE_QE_REPORT  564
#define QUOTE_QE_SIG     948
#define QUOTE_AUTH       1014
#define QUOTE_CERT_TYPE  1046
#define QUOTE_CERT       1052
#define REPORT_FLAGS     48
#define REPORT_MRENCLAVE 64
#define REPORT_MRSIGNER  128
#define REPORT_PROD_ID   256
#define REPORT_DATA      320
#define OE_HEADER        16

struct fixture {
    uint8_t *oe_report; /* with room for 512 more bytes */
    size_t quote_len;
    uint8_t held_data[512];
    struct kc_evidence evidence; /* a bare quote */
    struct kc_policy policy;
    struct kc_verify_input input;
    struct kc_verdict *verdict;
};

static void read_held_data(uint8_t out[512])
{
    size_t len = 0;
    size_t n = 0;
    uint8_t *json = test_read_file(TEST_VECTOR("seed/quote.json"), &len);
    const char *key = "\"EnclaveHeldDataHex\": \"";
    const char *hex = strstr((const char *)json, key);
    assert_non_null(hex);
    assert_int_equal(
        kc_hex_decode(kc_bytes_of(hex + strlen(key), 1024), (struct kc_room){out, 512}, &n), KC_OK);
    free(json);
}

static void set_policy(struct fixture *f, const char *json)
{
    struct kc_policy_error error;
    f->policy = kc_policy_default;
    if (json != NULL)
        assert_int_equal(kc_policy_parse(kc_bytes_of_text(json), &f->policy, &error), KC_OK);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    size_t len = 0;
    f->oe_report = realloc(test_seed_quote(&len), 8192);
    f->quote_len = len - OE_HEADER;
    read_held_data(f->held_data);
    f->verdict = malloc(sizeof *f->verdict);
    memset(f->verdict, 0xa5, sizeof *f->verdict);
    f->evidence.wrapping = KC_WRAPPING_QUOTE;
    f->evidence.quote = kc_bytes_of(f->oe_report + OE_HEADER, f->quote_len);
    f->input = (struct kc_verify_input){
        .evidence = &f->evidence, .root_key = kc_chain_intel_root_key, .policy = &f->policy};
    assert_int_equal(kc_time_parse(kc_bytes_of_text(AT), &f->input.now), KC_OK);
    set_policy(f, LENIENT);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    free(f->oe_report);
    free(f->verdict);
    free(f);
    return 0;
}

static uint8_t *quote_of(struct fixture *f)
{
    return f->oe_report + OE_HEADER;
}

/* "check check", in the order of the list. */
static void join(const struct kc_verdict *v, char *out, size_t size)
{
    out[0] = '\0';
    for (size_t i = 0; i < v->failure_count; i++) {
        assert_true(v->failure[i].expected != NULL && v->failure[i].actual != NULL);
        assert_true(strlen(v->failure[i].hint) > 10);
        snprintf(out + strlen(out), size - strlen(out), "%s%s", i == 0 ? "" : " ",
                 v->failure[i].check);
    }
}

static void expect(struct fixture *f, const char *name, const char *verdict, const char *checks)
{
    char got[1024];
    kc_verify(&f->input, f->verdict);
    join(f->verdict, got, sizeof got);
    if (strcmp(kc_verdict_kind_name(f->verdict->kind), verdict) != 0 || strcmp(got, checks) != 0)
        fail_msg("%s: %s [%s], not %s [%s]", name, kc_verdict_kind_name(f->verdict->kind), got,
                 verdict, checks);
    /* No fact of evidence that is not genuine. */
    bool facts = f->verdict->facts.report.mrenclave[0] != 0;
    assert_int_equal(f->verdict->genuine, facts);
    if (f->verdict->kind == KC_VERDICT_INVALID)
        assert_false(f->verdict->genuine);
}

static void judges_by_policy(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *policy, *verdict, *checks;
    } rows[] = {
        {NULL, "refused", "policy.debug policy.tcb"},
        {LENIENT, "accepted", ""},
        {"{\"allow_debug\": true}", "unjudged", "policy.tcb"},
        {"{\"tcb\": \"ignore\"}", "refused", "policy.debug"},
        {"{\"allow_debug\": true, \"tcb\": [\"OutOfDate\"]}", "unjudged", "policy.tcb"},
        {"{\"allow_debug\": true, \"tcb\": \"ignore\", \"mrenclave\": \"" MRENCLAVE "\"}",
         "accepted", ""},
        {"{\"allow_debug\": true, \"tcb\": \"ignore\", \"mrenclave\": [\"" MRSIGNER
         "\", \"" MRENCLAVE "\"], \"mrsigner\": \"" MRSIGNER
         "\", \"isv_prod_id\": 1, \"min_isv_svn\": 1}",
         "accepted", ""},
        {"{\"allow_debug\": true, \"tcb\": \"ignore\", \"min_isv_svn\": 0}", "accepted", ""},
        {"{\"allow_debug\": true, \"tcb\": \"ignore\", \"mrenclave\": \"" MRSIGNER "\"}", "refused",
         "policy.mrenclave"},
        {"{\"allow_debug\": true, \"tcb\": \"ignore\", \"mrsigner\": \"" MRENCLAVE "\"}", "refused",
         "policy.mrsigner"},
        {"{\"allow_debug\": true, \"tcb\": \"ignore\", \"isv_prod_id\": 0}", "refused",
         "policy.isv_prod_id"},
        {"{\"allow_debug\": true, \"tcb\": \"ignore\", \"isv_prod_id\": 257}", "refused",
         "policy.isv_prod_id"},
        {"{\"allow_debug\": true, \"tcb\": \"ignore\", \"min_isv_svn\": 2}", "refused",
         "policy.min_isv_svn"},
        {"{\"mrenclave\": \"" MRSIGNER "\", \"mrsigner\": \"" MRENCLAVE
         "\", \"isv_prod_id\": 2, \"min_isv_svn\": 2}",
         "refused",
         "policy.mrenclave policy.mrsigner policy.isv_prod_id policy.min_isv_svn policy.debug "
         "policy.tcb"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        set_policy(f, rows[i].policy);
        expect(f, rows[i].policy == NULL ? "default" : rows[i].policy, rows[i].verdict,
               rows[i].checks);
        assert_true(f->verdict->genuine);
    }
}

static void names_every_change(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *name;
        size_t at;
        uint8_t flip;
        const char *verdict, *checks;
    } rows[] = {
        {"version 2", QUOTE_VERSION, 1, "invalid", "quote.shape"},
        {"version 4", QUOTE_VERSION, 7, "invalid", "quote.shape"},
        {"version 5", QUOTE_VERSION, 6, "invalid", "quote.shape"},
        {"key type", 2, 1, "invalid", "quote.shape"},
        {"TEE type", 4, 0x81, "invalid", "quote.shape"},
        {"vendor", QUOTE_VENDOR, 1, "invalid", "qe.vendor quote.signature"},
        {"user data", QUOTE_USER_DATA, 1, "invalid", "quote.signature"},
        {"debug taken away", QUOTE_REPORT + REPORT_FLAGS, 2, "invalid", "quote.signature"},
        {"mrenclave", QUOTE_REPORT + REPORT_MRENCLAVE, 1, "invalid", "quote.signature"},
        {"report data", QUOTE_REPORT + REPORT_DATA, 1, "invalid", "quote.signature"},
        {"length", QUOTE_SIG_LEN, 1, "invalid", "quote.shape"},
        {"signature", QUOTE_SIGNATURE + 5, 1, "invalid", "quote.signature"},
        {"attestation key", QUOTE_KEY, 1, "invalid", "qe.binding quote.signature"},
        {"QE debug", QUOTE_QE_REPORT + REPORT_FLAGS, 2, "invalid", "qe.debug qe.signature"},
        {"QE signer", QUOTE_QE_REPORT + REPORT_MRSIGNER, 1, "invalid", "qe.mrsigner qe.signature"},
        {"QE product", QUOTE_QE_REPORT + REPORT_PROD_ID, 2, "invalid",
         "qe.isv_prod_id qe.signature"},
        {"QE code", QUOTE_QE_REPORT + REPORT_MRENCLAVE, 2, "invalid", "qe.signature"},
        {"QE binding", QUOTE_QE_REPORT + REPORT_DATA, 1, "invalid", "qe.signature qe.binding"},
        {"QE tail", QUOTE_QE_REPORT + REPORT_DATA + 63, 1, "invalid",
         "qe.signature qe.report_data_tail"},
        {"QE signature", QUOTE_QE_SIG + 63, 0x80, "invalid", "qe.signature"},
        {"auth data", QUOTE_AUTH, 1, "invalid", "qe.binding"},
        {"PPID", QUOTE_CERT_TYPE, 5 ^ 3, "unjudged", "chain.present"},
        {"certification data of type 4", QUOTE_CERT_TYPE, 5 ^ 4, "unjudged", "chain.present"},
        {"certification data of type 6", QUOTE_CERT_TYPE, 5 ^ 6, "invalid", "quote.shape"},
        {"PEM label", QUOTE_CERT + 8, 0x20, "invalid", "chain.shape"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        quote_of(f)[rows[i].at] ^= rows[i].flip;
        expect(f, rows[i].name, rows[i].verdict, rows[i].checks);
        quote_of(f)[rows[i].at] ^= rows[i].flip;
    }
    expect(f, "as it was", "accepted", "");
}

/* What is unjudged for want of a chain is still invalid when something else does not hold. */
static void invalid_outweighs_unjudged(void **state)
{
    struct fixture *f = *state;
    quote_of(f)[QUOTE_CERT_TYPE] = 2;
    quote_of(f)[QUOTE_SIGNATURE] ^= 1;
    expect(f, "no chain, bad signature", "invalid", "chain.present quote.signature");
}

static void judges_lengths(void **state)
{
    struct fixture *f = *state;
    for (size_t len = 0; len < f->quote_len; len++) {
        f->evidence.quote.len = len;
        kc_verify(&f->input, f->verdict);
        if (f->verdict->kind != KC_VERDICT_INVALID)
            fail_msg("%zu bytes: %s", len, kc_verdict_kind_name(f->verdict->kind));
    }
}

static void judges_dates(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *at, *verdict, *checks;
    } rows[] = {
        {"2018-05-01T00:00:00Z", "invalid", "chain.not_yet"},
        {"2060-01-01T00:00:00Z", "invalid", "chain.expired"},
        {"0001-01-01T00:00:00Z", "invalid", "chain.not_yet"},
        {"9999-12-31T23:59:59Z", "invalid", "chain.expired"},
        {"2025-01-01T00:00:00Z", "accepted", ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(kc_time_parse(kc_bytes_of_text(rows[i].at), &f->input.now), KC_OK);
        expect(f, rows[i].at, rows[i].verdict, rows[i].checks);
        if (f->verdict->failure_count > 0) {
            assert_non_null(strstr(f->verdict->failure[0].expected, "20"));
            assert_non_null(strstr(f->verdict->failure[0].actual, rows[i].at));
            assert_non_null(strstr(f->verdict->failure[0].hint, "--at"));
        }
    }
    f->input.now = INT64_MIN;
    expect(f, "before all time", "invalid", "chain.not_yet");
    f->input.now = INT64_MAX;
    expect(f, "after all time", "invalid", "chain.expired");
}

/* The right name is no trust; the key decides. */
static void judges_the_root(void **state)
{
    struct fixture *f = *state;
    uint8_t other[64];
    memcpy(other, kc_chain_intel_root_key, sizeof other);
    other[63] ^= 1;
    f->input.root_key = other;
    expect(f, "another root", "invalid", "chain.root");
    assert_non_null(strstr(f->verdict->failure[0].actual, "Intel SGX Root CA"));
    assert_non_null(strstr(f->verdict->failure[0].hint, "--trust"));
    assert_null(f->verdict->root_name);
    memset(other, 0, sizeof other);
    expect(f, "no key", "invalid", "chain.root");
}

static void judges_held_data(void **state)
{
    struct fixture *f = *state;
    f->input.has_held_data = true;
    f->input.held_data = kc_bytes_of(f->held_data, sizeof f->held_data);
    expect(f, "given", "accepted", "");
    f->held_data[511] = 1;
    expect(f, "given and changed", "invalid", "binding.held_data");
    f->held_data[511] = 0;
    f->input.held_data.len = 511;
    expect(f, "one short", "invalid", "binding.held_data");
    f->input.held_data.len = 0;
    expect(f, "empty", "invalid", "binding.held_data");
    f->input.has_held_data = false;

    f->evidence.has_held_data = true;
    f->evidence.held_data = kc_bytes_of(f->held_data, sizeof f->held_data);
    expect(f, "in the evidence", "accepted", "");
    f->held_data[0] ^= 0x80;
    expect(f, "in the evidence, changed", "invalid", "binding.held_data");
}

/* A tail that is not zero is named even though the first half matches. */
static void judges_all_64_bytes(void **state)
{
    struct fixture *f = *state;
    f->evidence.has_held_data = true;
    f->evidence.held_data = kc_bytes_of(f->held_data, sizeof f->held_data);
    quote_of(f)[QUOTE_REPORT + REPORT_DATA + 63] = 1;
    expect(f, "tail", "invalid", "quote.signature binding.report_data_tail");
    f->evidence.has_held_data = false;
    expect(f, "tail of what binds nothing", "invalid", "quote.signature");
}

static void judges_custom_claims(void **state)
{
    struct fixture *f = *state;
    /* The held data plays the claims: report data is its SHA-256 too. */
    f->evidence.wrapping = KC_WRAPPING_OE_EVIDENCE;
    f->evidence.has_oe_claims = true;
    f->evidence.oe_claims = kc_bytes_of(f->held_data, sizeof f->held_data);
    expect(f, "claims", "accepted", "");
    assert_true(f->verdict->facts.has_oe_claims);
    f->evidence.oe_claims.len = 0;
    expect(f, "no claims", "invalid", "binding.oe_claims");
    f->evidence.has_oe_claims = false;
    expect(f, "a format without claims", "accepted", "");
}

static void reports_what_follows(void **state)
{
    struct fixture *f = *state;
    memcpy(quote_of(f) + f->quote_len, f->held_data, sizeof f->held_data);
    f->evidence.quote.len = f->quote_len + sizeof f->held_data;
    expect(f, "claims without a header", "accepted", "");
    assert_true(f->verdict->facts.has_oe_claims);
    assert_int_equal(f->verdict->facts.oe_claims.len, 512);
    assert_int_equal(f->verdict->facts.trailing_len, 0);
    f->evidence.quote.len--;
    expect(f, "others", "accepted", "");
    assert_false(f->verdict->facts.has_oe_claims);
    assert_int_equal(f->verdict->facts.trailing_len, 511);
}

static void judges_stated_identity(void **state)
{
    struct fixture *f = *state;
    struct kc_evidence *e = &f->evidence;
    size_t n = 0;
    e->has_stated_identity = true;
    assert_int_equal(
        kc_hex_decode(kc_bytes_of_text(MRENCLAVE), (struct kc_room){e->stated_mrenclave, 32}, &n),
        KC_OK);
    assert_int_equal(
        kc_hex_decode(kc_bytes_of_text(MRSIGNER), (struct kc_room){e->stated_mrsigner, 32}, &n),
        KC_OK);
    e->stated_product_id[0] = 1;
    e->stated_security_version = 1;
    e->stated_attributes = 3;
    expect(f, "agrees", "accepted", "");
    e->stated_mrenclave[31] ^= 1;
    expect(f, "mrenclave", "invalid", "stated.mrenclave");
    e->stated_mrenclave[31] ^= 1;
    e->stated_mrsigner[0] ^= 1;
    expect(f, "mrsigner", "invalid", "stated.mrsigner");
    e->stated_mrsigner[0] ^= 1;
    e->stated_product_id[15] = 1;
    expect(f, "product id, its padding", "invalid", "stated.product_id");
    e->stated_product_id[15] = 0;
    e->stated_security_version = 0x10001;
    expect(f, "security version over 16 bits", "invalid", "stated.security_version");
    e->stated_security_version = 1;
    e->stated_attributes = 2;
    expect(f, "debug not stated", "invalid", "stated.attributes");
    e->stated_attributes = 7;
    expect(f, "an attribute too many", "invalid", "stated.attributes");
    e->stated_mrenclave[0] = 0;
    e->stated_mrsigner[0] = 0;
    e->stated_product_id[0] = 0;
    e->stated_security_version = 0;
    expect(f, "all", "invalid",
           "stated.mrenclave stated.mrsigner stated.product_id stated.security_version "
           "stated.attributes");
}

static void says_why_bytes_are_unreadable(void **state)
{
    struct fixture *f = *state;
    static const struct {
        struct kc_error error;
        const char *verdict, *check;
    } rows[] = {
        {{KC_ERR_MALFORMED, "of no form", 7}, "invalid", "evidence.shape"},
        {{KC_ERR_UNSUPPORTED, "a TDX quote", 0}, "unjudged", "evidence.supported"},
        {{KC_ERR_MEMORY, "", 0}, "unjudged", "verifier.memory"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char got[128];
        kc_verify_unreadable(&rows[i].error, f->verdict);
        join(f->verdict, got, sizeof got);
        assert_string_equal(kc_verdict_kind_name(f->verdict->kind), rows[i].verdict);
        assert_string_equal(got, rows[i].check);
        assert_false(f->verdict->genuine);
    }
}

/* The longest text there can be: two full lists that do not match. */
static void long_lists_fit(void **state)
{
    struct fixture *f = *state;
    f->policy.mrenclave.count = KC_POLICY_LIST_MAX;
    f->policy.mrsigner.count = KC_POLICY_LIST_MAX;
    expect(f, "lists", "refused", "policy.mrenclave policy.mrsigner");
    assert_int_equal(strlen(f->verdict->failure[1].expected),
                     KC_POLICY_LIST_MAX * 64 + (KC_POLICY_LIST_MAX - 1) * strlen(" or "));
    assert_string_equal(f->verdict->failure[1].actual, MRSIGNER);
}

int main(void)
{
#define ROW(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ROW(judges_by_policy),     ROW(names_every_change),     ROW(invalid_outweighs_unjudged),
        ROW(judges_lengths),       ROW(judges_dates),           ROW(judges_the_root),
        ROW(judges_held_data),     ROW(judges_all_64_bytes),    ROW(judges_custom_claims),
        ROW(reports_what_follows), ROW(judges_stated_identity), ROW(says_why_bytes_are_unreadable),
        ROW(long_lists_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
