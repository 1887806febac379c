#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "api.h"
#include "base/hex.h"
#include "core/root.h"
#include "core/token.h"

#define HEALTH "/v1/sys/health"
#define INIT   "/v1/sys/init"

static struct kc_root fake_root = {.kms_id = {0xab, [31] = 0xcd}};

static const struct {
    bool initialised;
    const char *query;
    unsigned status;
} healths[] = {
    {false, "", 501},
    {true, "", 200},
    {true, "standbyok=true&uninitcode=204", 200},
    {false, "uninitcode=200", 200},
    {false, "uninitcode=204", 204},
    {true, "activecode=299", 299},
    {true, "activecode=199", 400},
    {true, "activecode=600", 400},
    {true, "activecode=ok", 400},
};

static void test_health(void **state)
{
    (void)state;
    struct test_api t;
    test_api_setup(&t);
    for (size_t i = 0; i < COUNT_OF(healths); i++) {
        t.core->root = healths[i].initialised ? &fake_root : NULL;
        struct test_ask ask = {.method = KC_HTTP_GET, .path = HEALTH, .query = healths[i].query};
        unsigned status = test_api_ask(&t, &ask);
        if (status != healths[i].status)
            fail_msg("%s: %u", healths[i].query, status);
        if (status == 204)
            assert_int_equal(t.x.answer_len, 0);
        if (status == 204 || status == 400)
            continue;
        assert_int_equal(json_is_true(json_object_get(t.answer, "initialized")),
                         healths[i].initialised);
        assert_true(json_is_false(json_object_get(t.answer, "sealed")));
        assert_true(json_is_false(json_object_get(t.answer, "standby")));
        assert_int_equal(json_integer_value(json_object_get(t.answer, "server_time_utc")),
                         1795405867);
        assert_string_equal(test_api_text(t.answer, "version"), "1.18.0");
        assert_int_equal(json_object_get(t.answer, "kms_id") != NULL, healths[i].initialised);
    }
    test_api_teardown(&t);
}

static void test_status(void **state)
{
    (void)state;
    struct test_api t;
    test_api_setup(&t);
    for (int initialised = 0; initialised < 2; initialised++) {
        t.core->root = initialised ? &fake_root : NULL;
        struct test_ask seal = {.method = KC_HTTP_GET, .path = "/v1/sys/seal-status"};
        assert_int_equal(test_api_ask(&t, &seal), 200);
        assert_string_equal(test_api_text(t.answer, "type"), "sgx");
        assert_string_equal(test_api_text(t.answer, "version"), "1.18.0");
        assert_int_equal(json_is_true(json_object_get(t.answer, "initialized")), initialised);
        struct test_ask init = {.method = KC_HTTP_GET, .path = INIT};
        assert_int_equal(test_api_ask(&t, &init), 200);
        assert_int_equal(json_is_true(json_object_get(t.answer, "initialized")), initialised);
        assert_int_equal(json_object_size(t.answer), 1);
    }
    test_api_teardown(&t);
}

static void check_certificate(const char *pem, const char *kms_id)
{
    uint8_t want[32];
    uint8_t got[32];
    size_t len = 0;
    uint8_t *spki = NULL;
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    assert_non_null(certificate);
    assert_int_equal(kc_hex_decode(kc_bytes_of_text(kms_id), (struct kc_room){want, 32}, &len),
                     KC_OK);
    int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki);
    assert_true(n > 0);
    assert_int_equal(kc_crypto_sha256(kc_bytes_of(spki, (size_t)n), got), KC_OK);
    assert_memory_equal(got, want, 32);
    OPENSSL_free(spki);
    X509_free(certificate);
    BIO_free(bio);
}

static void test_init(void **state)
{
    (void)state;
    struct test_api t;
    struct kc_record_id id;
    struct kc_token_record token;
    test_api_setup(&t);
    assert_int_equal(test_api_post(&t, INIT, "{\"seal_policy\":\"mrenclave\"}", NULL), 200);
    assert_true(json_is_true(json_object_get(t.answer, "initialized")));
    assert_int_equal(json_array_size(json_object_get(t.answer, "keys")), 0);
    check_certificate(test_api_text(t.answer, "ca_certificate"), test_api_text(t.answer, "kms_id"));
    assert_non_null(t.x.new_root);
    assert_int_equal(t.x.new_root->policy, KC_SEAL_MRENCLAVE);
    assert_null(t.core->root); /* not before it is stored */
    assert_int_equal(kc_token_id(kc_bytes_of_text(test_api_text(t.answer, "root_token")), &id),
                     KC_OK);
    assert_int_equal(t.x.write[0].replaces, 0);
    assert_true(kc_record_id_equal(&t.x.write[0].id, &id));
    assert_int_equal(kc_token_record_decode(t.x.write[0].record->body, &token), KC_OK);
    assert_int_equal(token.kind, KC_TOKEN_ROOT);
    assert_int_equal(token.made, 1795405867);
    test_api_teardown(&t);
}

static const struct {
    const char *body;
    unsigned status;
    const char *error; /* how it begins */
} inits[] = {
    {"", 400, "seal_policy must be mrenclave"},
    {"{}", 400, "seal_policy must be mrenclave"},
    {"{\"secret_shares\":5,\"secret_threshold\":3}", 400, "seal_policy must be mrenclave"},
    {"{\"seal_policy\":\"none\"}", 400, "seal_policy must be mrenclave"},
    {"{\"seal_policy\":1}", 400, "JSON: a string"},
    {"{\"seal_policy\":\"mrenclave\",\"pgp_keys\":[\"x\"]}", 400, "pgp_keys"},
    {"{\"seal_policy\":\"mrenclave\",\"root_token_pgp_key\":\"x\"}", 400, "pgp_keys"},
};

static void test_init_refused(void **state)
{
    (void)state;
    static const char good[] = "{\"seal_policy\":\"mrenclave\",\"pgp_keys\":null}";
    struct test_api t;
    test_api_setup(&t);
    for (size_t i = 0; i < COUNT_OF(inits); i++) {
        assert_int_equal(test_api_post(&t, INIT, inits[i].body, NULL), inits[i].status);
        assert_memory_equal(test_api_error(&t), inits[i].error, strlen(inits[i].error));
        assert_null(t.x.new_root);
    }
    t.core->initialising = true;
    assert_int_equal(test_api_post(&t, INIT, good, NULL), 409);
    assert_int_equal(t.x.retry_after, 1);
    t.core->initialising = false;
    t.core->root = &fake_root;
    assert_int_equal(test_api_post(&t, INIT, good, NULL), 400);
    assert_memory_equal(test_api_error(&t), "already initialised", 19);
    test_api_forget(&t);
    assert_false(t.core->initialising); /* let go at the end of the exchange */
    test_api_teardown(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_health),
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_init),
        cmocka_unit_test(test_init_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
