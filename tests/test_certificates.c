/*
 * The service's certificates: as a client judges them, on quotes that are genuine under the
 * simulated root; when they are renewed; and what a host that spoils a renewal gets.
 */
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "core/certificates.h"
#include "core/tls.h"
#include "quoted.h"
#include "ratls/check.h"

#define SKEW 300

/* What a client of this listener is shown. */
static X509 *leaf_of(const struct quoted *f, enum kc_listener listener, X509 **issuer)
{
    SSL *connection = NULL;
    STACK_OF(X509) *chain = NULL;
    assert_int_equal(kc_tls_open(f->b->core->tls, listener, &connection), KC_OK);
    X509 *leaf = SSL_get_certificate(connection);
    assert_non_null(leaf);
    assert_int_equal(X509_up_ref(leaf), 1);
    SSL_get0_chain_certs(connection, &chain);
    *issuer = sk_X509_num(chain) > 0 ? sk_X509_value(chain, 0) : NULL;
    if (*issuer != NULL)
        assert_int_equal(X509_up_ref(*issuer), 1);
    SSL_free(connection);
    return leaf;
}

/* Checks (c) to (k) of the protocol that a certificate can be held to: "" when all hold. */
static const char *judge(const struct quoted *f, X509 *leaf, const uint8_t *kms_id)
{
    static char failure[64];
    uint8_t *der = NULL;
    uint8_t *spki = NULL;
    int der_len = i2d_X509(leaf, &der);
    int spki_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(leaf), &spki);
    struct kc_evidence evidence;
    struct kc_error error = KC_ERROR_NONE;
    struct kc_verdict verdict;
    struct kc_ratls_checks checks;
    struct kc_ratls_connection connection = {.context = KC_RATLS_SERVER,
                                             .from_certificate = true,
                                             .leaf_spki = kc_bytes_of(spki, (size_t)spki_len),
                                             .kms_id_rule = KC_RATLS_KMS_ID_UNINITIALISED};
    if (kms_id != NULL) {
        connection.kms_id_rule = KC_RATLS_KMS_ID_PINNED;
        memcpy(connection.kms_id, kms_id, sizeof connection.kms_id);
    }
    assert_int_equal(kc_evidence_open(kc_bytes_of(der, (size_t)der_len), &evidence, &error), KC_OK);
    assert_int_equal(evidence.wrapping, KC_WRAPPING_DICE);
    const struct kc_verify_input input = {.evidence = &evidence,
                                          .root_key = kc_sim_state_root_key(f->state),
                                          .now = (int64_t)f->now,
                                          .policy = &f->policy};
    kc_verify(&input, &verdict);
    failure[0] = '\0';
    if (verdict.kind != KC_VERDICT_ACCEPTED)
        snprintf(failure, sizeof failure, "%s", verdict.failure[0].check);
    struct kc_room bytes = {NULL, 0};
    struct kc_ratls_evidence opened;
    assert_int_equal(kc_certificates_evidence(f->b->core, &bytes), KC_OK);
    if (failure[0] == '\0' &&
        (!kc_ratls_check_open(kc_bytes_of(bytes.ptr, bytes.len), &connection, &opened, &checks) ||
         !kc_ratls_check_binding(&opened, verdict.facts.report.report_data, &connection, &checks)))
        snprintf(failure, sizeof failure, "%s", kc_ratls_check_first_failure(&checks)->name);
    free(bytes.ptr);
    kc_evidence_clear(&evidence);
    OPENSSL_free(der);
    OPENSSL_free(spki);
    return failure;
}

/* A leaf that is good for `kms_id`, from `not_before` on for QUOTED_LIFE. */
static void expect_leaf(const struct quoted *f, X509 *leaf, uint64_t not_before,
                        const uint8_t *kms_id)
{
    time_t from = (time_t)not_before;
    time_t to = from + QUOTED_LIFE;
    assert_string_equal(judge(f, leaf, kms_id), "");
    assert_int_equal(ASN1_TIME_cmp_time_t(X509_get0_notBefore(leaf), from), 0);
    assert_int_equal(ASN1_TIME_cmp_time_t(X509_get0_notAfter(leaf), to), 0);
    assert_int_equal(X509_check_host(leaf, "localhost", 0, 0, NULL), 1);
    assert_int_equal(X509_check_ip_asc(leaf, "127.0.0.1", 0), 1);
    assert_int_equal(X509_check_ip_asc(leaf, "127.0.0.2", 0), 0);
}

static void expect_self_signed(const struct quoted *f, enum kc_listener listener,
                               uint64_t not_before, const uint8_t *kms_id)
{
    X509 *issuer = NULL;
    X509 *leaf = leaf_of(f, listener, &issuer);
    assert_null(issuer);
    assert_int_equal(X509_verify(leaf, X509_get0_pubkey(leaf)), 1);
    expect_leaf(f, leaf, not_before, kms_id);
    X509_free(leaf);
}

static void expect_serving(const struct quoted *f, const uint8_t kms_id[32], uint64_t not_before)
{
    const struct kc_effect *serving = quoted_find(f, KC_EFFECT_SERVING);
    assert_memory_equal(serving->kms_id, kms_id, 32);
    assert_int_equal(serving->not_before, not_before);
    assert_int_equal(serving->not_after, not_before + QUOTED_LIFE);
}

static void test_before_init(void **state)
{
    static const uint8_t zeros[32];
    struct quoted *f = *state;
    SSL *connection = NULL;
    struct kc_room evidence = {NULL, 0};
    assert_int_equal(kc_tls_open(f->b->core->tls, KC_LISTENER_SERVICE, &connection), KC_ERR_STATE);
    assert_int_equal(kc_certificates_evidence(f->b->core, &evidence), KC_ERR_STATE);
    quoted_serve(f, quoted_wanted(f));
    expect_serving(f, zeros, f->now - SKEW);
    expect_self_signed(f, KC_LISTENER_SERVICE, f->now - SKEW, NULL);
    expect_self_signed(f, KC_LISTENER_RATLS, f->now - SKEW, NULL);
}

/* The identity's certificate alone verifies the leaf, as with any TLS client. */
static void expect_issued(const struct quoted *f, X509 *leaf, X509 *issuer)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    assert_int_equal(X509_STORE_add_cert(store, issuer), 1);
    assert_int_equal(X509_STORE_CTX_init(context, store, leaf, NULL), 1);
    X509_STORE_CTX_set_time(context, 0, (time_t)f->now);
    X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER);
    if (X509_verify_cert(context) != 1)
        fail_msg("%s", X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)));
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
}

static void test_after_init(void **state)
{
    struct quoted *f = *state;
    X509 *issuer = NULL;
    uint8_t *der = NULL;
    quoted_serve(f, quoted_wanted(f));
    const struct kc_root *root = quoted_initialise(f);
    boundary_call(f->b, kc_certificates_renew);
    assert_int_equal(f->b->count, 1);
    quoted_serve(f, quoted_wanted(f));
    expect_serving(f, root->kms_id, f->now - SKEW);
    expect_self_signed(f, KC_LISTENER_RATLS, f->now - SKEW, root->kms_id);
    X509 *leaf = leaf_of(f, KC_LISTENER_SERVICE, &issuer);
    expect_leaf(f, leaf, f->now - SKEW, root->kms_id);
    assert_non_null(issuer);
    int len = i2d_X509(issuer, &der);
    assert_int_equal(len, root->certificate_len);
    assert_memory_equal(der, root->certificate, (size_t)len);
    expect_issued(f, leaf, issuer);
    OPENSSL_free(der);
    X509_free(leaf);
    X509_free(issuer);
}

/* A quote with the claims from before init is given up, at whatever point it is. */
static void init_gives_up_the_old_quote(struct quoted *f, bool reported)
{
    uint8_t report[KC_SGX_REPORT_SIZE];
    uint64_t old = quoted_wanted(f);
    if (reported)
        quoted_hand_in_target(f, old, report);
    boundary_call(f->b, kc_certificates_renew); /* the same claims: nothing to do */
    assert_int_equal(f->b->count, 0);
    const struct kc_root *root = quoted_initialise(f);
    boundary_call(f->b, kc_certificates_renew);
    uint64_t new = quoted_wanted(f);
    assert_true(new != old);
    const struct kc_message late = {.type = KC_MESSAGE_QUOTE, .id = old, .code = 1};
    assert_int_equal(boundary_say(f->b, late)->code, KC_REFUSAL_UNKNOWN_ID);
    quoted_serve(f, new);
    expect_serving(f, root->kms_id, f->now - SKEW);
}

static void test_init_gives_up_the_target(void **state)
{
    init_gives_up_the_old_quote(*state, false);
}

static void test_init_gives_up_the_quote(void **state)
{
    init_gives_up_the_old_quote(*state, true);
}

/* Likewise while a thread has it in hand; the certificate's second place serves the new one. */
static struct quoted *in_hand;
static uint8_t meanwhile[1024];
static size_t meanwhile_len;

static enum kc_err init_meanwhile(void *context, const uint8_t target[KC_SGX_TARGETINFO_SIZE],
                                  const uint8_t report_data[KC_SGX_REPORT_DATA_SIZE],
                                  uint8_t out[KC_SGX_REPORT_SIZE])
{
    struct kc_writer w = kc_writer_of((struct kc_room){meanwhile, sizeof meanwhile});
    in_hand->b->machine.platform.report = test_machine_report;
    (void)quoted_initialise(in_hand);
    kc_certificates_renew(in_hand->b->core, &w);
    meanwhile_len = w.len;
    return test_machine_report(context, target, report_data, out);
}

static void test_init_races_with_the_quote(void **state)
{
    struct quoted *f = *state;
    uint64_t old = quoted_wanted(f);
    in_hand = f;
    f->b->machine.platform.report = init_meanwhile;
    const struct kc_message target = message_target(old);
    boundary_send(f->b, &target, 1);
    assert_int_equal(f->b->count, 0);
    memcpy(f->b->out, meanwhile, meanwhile_len);
    boundary_decode(f->b, meanwhile_len);
    assert_int_equal(f->b->count, 1);
    quoted_serve(f, quoted_wanted(f));
    expect_serving(f, f->b->core->root->kms_id, f->now - SKEW);
}

static void test_renewed_at_half_life(void **state)
{
    struct quoted *f = *state;
    quoted_serve(f, quoted_wanted(f));
    const uint64_t half = f->now - SKEW + QUOTED_LIFE / 2;
    const uint64_t first = f->now - SKEW;
    quoted_tick(f, half - 1);
    assert_int_equal(f->b->count, 0);
    quoted_tick(f, half);
    assert_int_equal(f->b->count, 1);
    uint64_t id = quoted_wanted(f);
    quoted_tick(f, half + 60);
    assert_int_equal(f->b->count, 0);
    /* The old one stays until the new one is there. */
    expect_self_signed(f, KC_LISTENER_SERVICE, first, NULL);
    quoted_serve(f, id);
    expect_self_signed(f, KC_LISTENER_SERVICE, half + 60 - SKEW, NULL);
    expect_self_signed(f, KC_LISTENER_RATLS, half + 60 - SKEW, NULL);
}

static void expect_alarm(const struct quoted *f, uint64_t not_after, enum kc_failure failure)
{
    const struct kc_effect *log = quoted_find(f, KC_EFFECT_LOG);
    assert_int_equal(log->code, KC_LOG_RENEWAL_FAILED);
    assert_int_equal(log->number, not_after);
    assert_int_equal(log->number2, failure);
}

/* Later and later, and an alarm each time; then at once as if nothing had been. */
static void test_failures(void **state)
{
    static const uint32_t waits[] = {10, 20, 40, 80, 160, 320, 600, 600};
    struct quoted *f = *state;
    uint64_t not_after = 0;
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < COUNT_OF(waits); i++) {
            struct kc_message no = {
                .type = KC_MESSAGE_TARGETINFO, .id = quoted_wanted(f), .code = 24 + (uint32_t)i};
            boundary_send(f->b, &no, 1);
            assert_int_equal(f->b->count, 2);
            assert_int_equal(f->b->effect[0].type, KC_EFFECT_FAILED);
            assert_int_equal(f->b->effect[0].detail, no.code);
            expect_alarm(f, not_after, KC_FAILURE_TARGET);
            quoted_tick(f, f->now + waits[i] - 1);
            assert_int_equal(f->b->count, 0);
            quoted_tick(f, f->now + 1);
        }
        quoted_serve(f, quoted_wanted(f));
        not_after = f->now - SKEW + QUOTED_LIFE;
        quoted_tick(f, f->now + QUOTED_LIFE);
    }
}

/* A host that says nothing any more. */
static void test_no_answer(void **state)
{
    struct quoted *f = *state;
    uint64_t old = quoted_wanted(f);
    quoted_tick(f, f->now + KC_CERTIFICATES_QUOTE_TIME - 1);
    assert_int_equal(f->b->count, 0);
    quoted_tick(f, f->now + 1);
    expect_alarm(f, 0, KC_FAILURE_TIME);
    assert_int_equal(boundary_say(f->b, message_target(old))->code, KC_REFUSAL_UNKNOWN_ID);
    quoted_tick(f, f->now + 10);
    quoted_serve(f, quoted_wanted(f));
}

/* Genuine reports, but quotes that cannot be used. */
static void test_quotes_that_do_not_fit(void **state)
{
    static const struct {
        const char *name;
        size_t at; /* of a byte to change; 0: none */
        size_t chain;
        enum kc_failure want;
    } rows[] = {
        {"another enclave's", 112, 4, KC_FAILURE_QUOTE_MRENCLAVE},
        {"another key's", 368, 4, KC_FAILURE_QUOTE_REPORT_DATA},
        {"too large for a certificate", 0, 8192, KC_FAILURE_CERTIFICATE},
    };
    struct quoted *f = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        static uint8_t quote[TEST_QUOTE_SIZE + 8192];
        uint8_t report[KC_SGX_REPORT_SIZE];
        uint64_t id = quoted_wanted(f);
        uint32_t signature = (uint32_t)(TEST_QUOTE_SIZE - 436 - 4 + rows[i].chain);
        quoted_hand_in_target(f, id, report);
        test_quote_of(report, quote);
        quote[rows[i].at] ^= rows[i].at == 0 ? 0 : 1;
        for (int k = 0; k < 4; k++) {
            quote[432 + k] = (uint8_t)(signature >> (8 * k));
            quote[1016 + k] = (uint8_t)(rows[i].chain >> (8 * k));
        }
        const struct kc_message message = {
            .type = KC_MESSAGE_QUOTE, .id = id, .body = {quote, 436 + signature}};
        boundary_send(f->b, &message, 1);
        if (quoted_find(f, KC_EFFECT_LOG)->number2 != rows[i].want)
            fail_msg("%s: failure %u", rows[i].name,
                     (unsigned)quoted_find(f, KC_EFFECT_LOG)->number2);
        expect_alarm(f, 0, rows[i].want);
        quoted_tick(f, f->now + KC_CERTIFICATES_RETRY_MAX);
    }
    quoted_serve(f, quoted_wanted(f));
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        enum kc_err want;
    } rows[] = {
        {"", 0, KC_ERR_MALFORMED},
        {"\0\1a", 3, KC_OK},
        {"\0\1a\0\1b", 6, KC_OK},
        {"\1\4\0\0\0\0", 6, KC_OK},
        {"\0\1", 2, KC_ERR_MALFORMED},       /* cut short */
        {"\0\0", 2, KC_ERR_MALFORMED},       /* empty */
        {"\2\1a", 3, KC_ERR_MALFORMED},      /* no such kind */
        {"\1\3\0\0\0", 5, KC_ERR_MALFORMED}, /* no address */
        {"\0\1*", 3, KC_ERR_MALFORMED},      /* wildcard */
        {"\0\1a\0", 4, KC_ERR_MALFORMED},    /* a kind alone */
        {"\0\7"
         "1.2.3.4",
         9, KC_ERR_MALFORMED}, /* an address as a name */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kc_certificates *made = NULL;
        if (kc_certificates_new(kc_bytes_of(rows[i].bytes, rows[i].len), QUOTED_LIFE, &made) !=
            rows[i].want)
            fail_msg("row %zu", i);
        kc_certificates_free(made);
    }
    uint8_t many[3 * 17];
    for (size_t i = 0; i < 17; i++)
        memcpy(many + 3 * i, "\0\1a", 3);
    struct kc_certificates *made = NULL;
    assert_int_equal(kc_certificates_new(kc_bytes_of(many, 3 * 17), QUOTED_LIFE, &made),
                     KC_ERR_MALFORMED);
    assert_int_equal(kc_certificates_new(kc_bytes_of(many, 3 * 16), QUOTED_LIFE, &made), KC_OK);
    kc_certificates_free(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_before_init, quoted_setup, quoted_teardown),
        cmocka_unit_test_setup_teardown(test_after_init, quoted_setup, quoted_teardown),
        cmocka_unit_test_setup_teardown(test_init_gives_up_the_target, quoted_setup,
                                        quoted_teardown),
        cmocka_unit_test_setup_teardown(test_init_gives_up_the_quote, quoted_setup,
                                        quoted_teardown),
        cmocka_unit_test_setup_teardown(test_init_races_with_the_quote, quoted_setup,
                                        quoted_teardown),
        cmocka_unit_test_setup_teardown(test_renewed_at_half_life, quoted_setup, quoted_teardown),
        cmocka_unit_test_setup_teardown(test_failures, quoted_setup, quoted_teardown),
        cmocka_unit_test_setup_teardown(test_no_answer, quoted_setup, quoted_teardown),
        cmocka_unit_test_setup_teardown(test_quotes_that_do_not_fit, quoted_setup, quoted_teardown),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
