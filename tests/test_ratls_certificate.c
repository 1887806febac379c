/* Certificates that we write: OpenSSL's strict verification and our own decoder take them. */
#include <openssl/x509v3.h>

#include "formats/certificate.h"
#include "formats/dice.h"
#include "ratls/certificate.h"
#include "sim/pki.h"
#include "test.h"

#define NOW        INT64_C(1795400000)
#define QUOTE_SIZE 4600 /* of a machine with a PCK chain; nobody judges it here */

static const uint8_t oid_key_usage[] = {0x55, 0x1d, 0x0f};
static const uint8_t ipv4[4] = {127, 0, 0, 1};
static const uint8_t ipv6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};

#define DNS(text)                                                                                  \
    {                                                                                              \
        KC_RATLS_NAME_DNS,                                                                         \
        {                                                                                          \
            (const uint8_t *)(text), sizeof(text) - 1                                              \
        }                                                                                          \
    }
static const struct kc_ratls_subject_name names[] = {
    DNS("localhost"),
    DNS("kms-1.example.org"),
    {KC_RATLS_NAME_IP, {ipv4, sizeof ipv4}},
    {KC_RATLS_NAME_IP, {ipv6, sizeof ipv6}},
};

/* A key, and how it signs. */
struct key {
    EVP_PKEY *pair;
    uint8_t point[64];
    uint8_t hash[KC_RATLS_HASH_SIZE];
    size_t calls;
    enum kc_err fails_with;
};

struct fixture {
    struct key leaf;
    struct key service;
    struct key other;
    uint8_t quote[QUOTE_SIZE];
    uint8_t der[KC_RATLS_CERTIFICATE_MAX];
    size_t len;
    uint8_t ca[KC_RATLS_CERTIFICATE_MAX];
    size_t ca_len;
};

static enum kc_err sign(void *context, struct kc_bytes message, uint8_t signature[64])
{
    struct key *key = context;
    key->calls++;
    if (key->fails_with == KC_OK)
        assert_true(kc_sim_pki_sign(key->pair, message, signature));
    return key->fails_with;
}

static struct kc_ratls_signer signer_of(struct key *key)
{
    return (struct kc_ratls_signer){key->point, sign, key};
}

static void make_key(struct key *key)
{
    uint8_t spki[KC_RATLS_SPKI_SIZE];
    key->pair = kc_sim_pki_new_key();
    assert_true(kc_sim_pki_public_key(key->pair, key->point));
    kc_ratls_spki_of_p256(key->point, spki);
    assert_int_equal(kc_ratls_key_hash(kc_bytes_of(spki, sizeof spki), key->hash), KC_OK);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    make_key(&f->leaf);
    make_key(&f->service);
    make_key(&f->other);
    const struct kc_ratls_signer signer = signer_of(&f->service);
    memset(f->quote, 0x5a, sizeof f->quote);
    assert_int_equal(kc_ratls_service_write(&signer, NOW - 1000,
                                            (struct kc_room){f->ca, sizeof f->ca}, &f->ca_len,
                                            NULL),
                     KC_OK);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    EVP_PKEY_free(f->leaf.pair);
    EVP_PKEY_free(f->service.pair);
    EVP_PKEY_free(f->other.pair);
    free(f);
    return 0;
}

/* Everything that a row may spoil. */
struct order {
    struct kc_ratls_leaf leaf;
    struct kc_ratls_claims claims;
    struct key *signer;
    size_t room;
    uint8_t bytes[KC_RATLS_CLAIMS_MAX + 1];
};

static void good_order(struct fixture *f, struct key *signer, struct order *o)
{
    *o = (struct order){
        .leaf = {.public_key = f->leaf.point,
                 .serial = {0xff, 1, 2, 3},
                 .not_before = NOW - 300,
                 .not_after = NOW - 300 + KC_RATLS_LEAF_VALIDITY_MAX,
                 .names = names,
                 .name_count = COUNT_OF(names),
                 .quote = kc_bytes_of(f->quote, sizeof f->quote)},
        .claims = {.context = KC_RATLS_SERVER},
        .signer = signer,
        .room = sizeof f->der,
    };
    memcpy(o->claims.kms_id, f->service.hash, sizeof o->claims.kms_id);
    memcpy(o->claims.key_hash, f->leaf.hash, sizeof o->claims.key_hash);
}

static void encode_claims(struct order *o)
{
    struct kc_writer w = kc_writer_of((struct kc_room){o->bytes, sizeof o->bytes});
    kc_ratls_claims_encode(&w, &o->claims);
    assert_false(kc_writer_failed(&w));
    o->leaf.claims = kc_bytes_of(o->bytes, w.len);
}

static enum kc_err write_leaf(struct fixture *f, struct order *o, struct kc_error *error)
{
    const struct kc_ratls_signer signer = signer_of(o->signer);
    return kc_ratls_leaf_write(&o->leaf, &signer, (struct kc_room){f->der, o->room}, &f->len,
                               error);
}

static X509 *openssl_of(const uint8_t *der, size_t len)
{
    const uint8_t *next = der;
    X509 *certificate = d2i_X509(NULL, &next, (long)len);
    assert_non_null(certificate);
    assert_ptr_equal(next, der + len);
    return certificate;
}

/* OpenSSL's verdict on a server that shows `leaf` alone, with `trusted` as all that is trusted. */
static int verify_as_client(X509 *leaf, X509 *trusted, int64_t now, int purpose)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    assert_int_equal(X509_STORE_add_cert(store, trusted), 1);
    assert_int_equal(X509_STORE_CTX_init(context, store, leaf, NULL), 1);
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
    X509_VERIFY_PARAM_set_time(param, (time_t)now);
    assert_int_equal(X509_VERIFY_PARAM_set_purpose(param, purpose), 1);
    (void)X509_verify_cert(context);
    int error = X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    return error;
}

static void check_names(X509 *leaf)
{
    assert_int_equal(X509_check_host(leaf, "localhost", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(leaf, "kms-1.example.org", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(leaf, "kms-2.example.org", 0, 0, NULL), 0);
    assert_int_equal(X509_check_host(leaf, "Keyclave server", 0, 0, NULL), 0);
    assert_int_equal(X509_check_ip_asc(leaf, "127.0.0.1", 0), 1);
    assert_int_equal(X509_check_ip_asc(leaf, "2001:db8::1", 0), 1);
    assert_int_equal(X509_check_ip_asc(leaf, "127.0.0.2", 0), 0);
}

/* What our own decoder sees of a leaf, the evidence included. */
static void check_decoded(struct fixture *f, const struct order *o)
{
    struct kc_certificate seen;
    struct kc_bytes value = {0};
    struct kc_dice_evidence evidence;
    bool critical = true;
    struct kc_error error = KC_ERROR_NONE;
    if (kc_certificate_decode(kc_bytes_of(f->der, f->len), &seen, &error) != KC_OK)
        fail_msg("%s at %zu", error.what, (size_t)error.at);
    assert_true(seen.key_is_p256 && seen.signature_is_ecdsa_sha256);
    assert_memory_equal(seen.public_key, f->leaf.point, 64);
    assert_true(seen.has_basic_constraints && seen.basic_constraints_critical && !seen.is_ca);
    assert_true(seen.has_key_usage);
    assert_int_equal(seen.key_usage, KC_KEY_USAGE_DIGITAL_SIGNATURE);
    assert_false(seen.has_unknown_critical);
    assert_int_equal(seen.serial.len, KC_RATLS_SERIAL_SIZE);
    assert_int_equal(seen.not_before, o->leaf.not_before);
    assert_int_equal(seen.not_after, o->leaf.not_after);
    assert_true(kc_bytes_equal(seen.subject_key_id, kc_bytes_of(f->leaf.hash, 32)));
    assert_true(kc_bytes_equal(seen.authority_key_id, kc_bytes_of(o->signer->hash, 32)));
    assert_true(
        kc_bytes_equal(seen.subject_common_name,
                       kc_bytes_of_text(o->claims.context == KC_RATLS_SERVER ? "Keyclave server"
                                                                             : "Keyclave client")));
    assert_true(
        kc_certificate_find_extension(&seen, kc_bytes_of(oid_key_usage, 3), &value, &critical));
    assert_true(critical);
    assert_true(
        kc_certificate_find_extension(&seen, kc_bytes_of(kc_dice_oid, 6), &value, &critical));
    assert_false(critical);
    /* 04 82 hh ll: the one length form that Gramine's reader takes. */
    assert_int_equal(value.ptr[-4], 0x04);
    assert_int_equal(value.ptr[-3], 0x82);
    assert_int_equal(value.ptr[-2] << 8 | value.ptr[-1], value.len);
    assert_int_equal(kc_dice_evidence_decode(value, &evidence, NULL), KC_OK);
    assert_true(kc_bytes_equal(evidence.quote, o->leaf.quote));
    assert_true(kc_bytes_equal(evidence.claims, o->leaf.claims));
}

static void test_issued(void **state)
{
    struct fixture *f = *state;
    struct order o;
    good_order(f, &f->service, &o);
    encode_claims(&o);
    f->service.calls = 0;
    assert_int_equal(write_leaf(f, &o, NULL), KC_OK);
    assert_int_equal(f->service.calls, 1);
    check_decoded(f, &o);
    X509 *leaf = openssl_of(f->der, f->len);
    X509 *ca = openssl_of(f->ca, f->ca_len);
    check_names(leaf);
    assert_int_equal(verify_as_client(leaf, ca, NOW, X509_PURPOSE_SSL_SERVER), X509_V_OK);
    assert_int_equal(verify_as_client(leaf, ca, NOW - 400, X509_PURPOSE_SSL_SERVER),
                     X509_V_ERR_CERT_NOT_YET_VALID);
    assert_int_equal(verify_as_client(leaf, ca, NOW + 86400, X509_PURPOSE_SSL_SERVER),
                     X509_V_ERR_CERT_HAS_EXPIRED);
    assert_int_not_equal(verify_as_client(leaf, ca, NOW, X509_PURPOSE_SSL_CLIENT), X509_V_OK);
    X509_free(leaf);
    X509_free(ca);
}

/* Another service's CA does not vouch for the leaf. */
static void test_issued_elsewhere(void **state)
{
    struct fixture *f = *state;
    struct order o;
    uint8_t der[KC_RATLS_CERTIFICATE_MAX];
    size_t n = 0;
    const struct kc_ratls_signer other = signer_of(&f->other);
    good_order(f, &f->service, &o);
    encode_claims(&o);
    assert_int_equal(write_leaf(f, &o, NULL), KC_OK);
    assert_int_equal(
        kc_ratls_service_write(&other, NOW - 1000, (struct kc_room){der, sizeof der}, &n, NULL),
        KC_OK);
    X509 *leaf = openssl_of(f->der, f->len);
    X509 *ca = openssl_of(der, n);
    assert_int_not_equal(verify_as_client(leaf, ca, NOW, X509_PURPOSE_SSL_SERVER), X509_V_OK);
    X509_free(leaf);
    X509_free(ca);
}

static void test_self_signed(void **state)
{
    struct fixture *f = *state;
    struct order o;
    good_order(f, &f->leaf, &o);
    memset(o.claims.kms_id, 0, sizeof o.claims.kms_id); /* before it is initialised */
    encode_claims(&o);
    assert_int_equal(write_leaf(f, &o, NULL), KC_OK);
    check_decoded(f, &o);
    X509 *leaf = openssl_of(f->der, f->len);
    check_names(leaf);
    assert_int_equal(X509_NAME_cmp(X509_get_subject_name(leaf), X509_get_issuer_name(leaf)), 0);
    assert_int_equal(X509_verify(leaf, f->leaf.pair), 1);
    assert_int_equal(X509_verify(leaf, f->service.pair), 0);
    assert_int_equal(verify_as_client(leaf, leaf, NOW, X509_PURPOSE_SSL_SERVER), X509_V_OK);
    X509_free(leaf);
}

static void test_client(void **state)
{
    struct fixture *f = *state;
    struct order o;
    good_order(f, &f->leaf, &o);
    o.claims.context = KC_RATLS_CLIENT;
    encode_claims(&o);
    assert_int_equal(write_leaf(f, &o, NULL), KC_OK);
    check_decoded(f, &o);
    X509 *leaf = openssl_of(f->der, f->len);
    assert_int_equal(verify_as_client(leaf, leaf, NOW, X509_PURPOSE_SSL_CLIENT), X509_V_OK);
    assert_int_not_equal(verify_as_client(leaf, leaf, NOW, X509_PURPOSE_SSL_SERVER), X509_V_OK);
    X509_free(leaf);
}

static void test_service(void **state)
{
    struct fixture *f = *state;
    struct kc_certificate seen;
    X509 *ca = openssl_of(f->ca, f->ca_len);
    assert_int_equal(verify_as_client(ca, ca, NOW, X509_PURPOSE_ANY), X509_V_OK);
    assert_int_equal(X509_verify(ca, f->service.pair), 1);
    assert_int_equal(X509_check_ca(ca), 1);
    assert_int_equal(X509_get_pathlen(ca), 0);
    X509_free(ca);
    assert_int_equal(kc_certificate_decode(kc_bytes_of(f->ca, f->ca_len), &seen, NULL), KC_OK);
    assert_int_equal(seen.not_after, INT64_C(253402300799));
    assert_true(kc_bytes_equal(seen.subject, seen.issuer));
    assert_int_equal(seen.subject_common_name.len, 33);
    assert_true(kc_bytes_equal(seen.subject_key_id, kc_bytes_of(f->service.hash, 32)));
}

static void spoil_room(struct fixture *f, struct order *o)
{
    (void)f;
    o->room = 5000;
}
static void spoil_room_at_end(struct fixture *f, struct order *o)
{
    /* Room for what is signed, not for the signature. */
    assert_int_equal(write_leaf(f, o, NULL), KC_OK);
    o->room = f->len - 40;
}
static void spoil_signer(struct fixture *f, struct order *o)
{
    f->other.fails_with = KC_ERR_CRYPTO;
    o->signer = &f->other;
    memcpy(o->claims.kms_id, f->other.hash, 32);
}
static void spoil_fresh(struct fixture *f, struct order *o)
{
    (void)f;
    o->claims.fresh = true;
    o->claims.nonce_len = 32;
}
static void spoil_key(struct fixture *f, struct order *o)
{
    memcpy(o->claims.key_hash, f->other.hash, 32);
}
static void spoil_kms_id(struct fixture *f, struct order *o)
{
    memcpy(o->claims.kms_id, f->other.hash, 32);
}
static void spoil_zero_kms_id(struct fixture *f, struct order *o)
{
    (void)f;
    memset(o->claims.kms_id, 0, 32);
}
static void spoil_long(struct fixture *f, struct order *o)
{
    (void)f;
    o->leaf.not_after++;
}
static void spoil_empty(struct fixture *f, struct order *o)
{
    (void)f;
    o->leaf.not_after = o->leaf.not_before;
}
static void spoil_times(struct fixture *f, struct order *o)
{
    (void)f;
    o->leaf.not_before = INT64_MIN;
    o->leaf.not_after = INT64_MAX;
}
static void spoil_before_1970(struct fixture *f, struct order *o)
{
    (void)f;
    o->leaf.not_before = -1;
    o->leaf.not_after = 100;
}
static void spoil_after_9999(struct fixture *f, struct order *o)
{
    (void)f;
    o->leaf.not_before = INT64_C(253402300799);
    o->leaf.not_after = INT64_C(253402300800);
}
static void spoil_no_names(struct fixture *f, struct order *o)
{
    (void)f;
    o->leaf.name_count = 0;
}
static void spoil_many_names(struct fixture *f, struct order *o)
{
    static struct kc_ratls_subject_name many[KC_RATLS_NAMES_MAX + 1];
    (void)f;
    for (size_t i = 0; i < COUNT_OF(many); i++)
        many[i] = names[0];
    o->leaf.names = many;
    o->leaf.name_count = COUNT_OF(many);
}
static void spoil_name(struct fixture *f, struct order *o)
{
    static const struct kc_ratls_subject_name bad[] = {DNS("localhost"), DNS("*.example.org")};
    (void)f;
    o->leaf.names = bad;
    o->leaf.name_count = COUNT_OF(bad);
}
static void spoil_small_quote(struct fixture *f, struct order *o)
{
    (void)f;
    o->leaf.quote.len = 128; /* 255 bytes with tags and claims */
}
static void spoil_large_quote(struct fixture *f, struct order *o)
{
    static uint8_t large[KC_RATLS_EVIDENCE_MAX];
    (void)f;
    o->leaf.quote = kc_bytes_of(large, sizeof large);
}

static const struct {
    const char *name;
    void (*spoil)(struct fixture *f, struct order *o);
    enum kc_err want;
} faults[] = {
    {"room too small", spoil_room, KC_ERR_ROOM},
    {"no room for the signature", spoil_room_at_end, KC_ERR_ROOM},
    {"signer fails", spoil_signer, KC_ERR_CRYPTO},
    {"fresh claims", spoil_fresh, KC_ERR_ARGUMENT},
    {"claims of another key", spoil_key, KC_ERR_ARGUMENT},
    {"claims of another service", spoil_kms_id, KC_ERR_ARGUMENT},
    {"issued by no service", spoil_zero_kms_id, KC_ERR_ARGUMENT},
    {"24 hours and a second", spoil_long, KC_ERR_ARGUMENT},
    {"valid for no time", spoil_empty, KC_ERR_ARGUMENT},
    {"all of time", spoil_times, KC_ERR_ARGUMENT},
    {"from before 1970", spoil_before_1970, KC_ERR_ARGUMENT},
    {"to after 9999", spoil_after_9999, KC_ERR_ARGUMENT},
    {"no names", spoil_no_names, KC_ERR_ARGUMENT},
    {"17 names", spoil_many_names, KC_ERR_ARGUMENT},
    {"a wildcard", spoil_name, KC_ERR_ARGUMENT},
    {"evidence under 256 bytes", spoil_small_quote, KC_ERR_ARGUMENT},
    {"evidence over 8192 bytes", spoil_large_quote, KC_ERR_ARGUMENT},
};

static void test_faults(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        struct order o;
        struct kc_error error = KC_ERROR_NONE;
        good_order(f, &f->service, &o);
        encode_claims(&o);
        faults[i].spoil(f, &o);
        encode_claims(&o);
        f->len = 12345;
        enum kc_err err = write_leaf(f, &o, &error);
        if (err != faults[i].want || error.code != err)
            fail_msg("%s: %s (%s)", faults[i].name, kc_error_name(err), error.what);
        assert_int_equal(f->len, 12345);
    }
    struct order o;
    good_order(f, &f->service, &o);
    encode_claims(&o);
    o.leaf.claims.len--;
    assert_int_equal(write_leaf(f, &o, NULL), KC_ERR_MALFORMED);
}

/* The largest leaf fits the room that the header promises. */
static void test_largest(void **state)
{
    struct fixture *f = *state;
    /* Less tag, array, two heads and the claims: 8192 bytes in all. */
    static const uint8_t quote[KC_RATLS_EVIDENCE_MAX - 128 + 1];
    struct kc_ratls_subject_name many[KC_RATLS_NAMES_MAX];
    uint8_t dns[253];
    struct order o;
    memset(dns, 'a', sizeof dns);
    for (size_t i = 63; i < sizeof dns; i += 64)
        dns[i] = '.';
    for (size_t i = 0; i < COUNT_OF(many); i++)
        many[i] = (struct kc_ratls_subject_name){KC_RATLS_NAME_DNS, {dns, sizeof dns}};
    good_order(f, &f->service, &o);
    encode_claims(&o);
    o.leaf.names = many;
    o.leaf.name_count = COUNT_OF(many);
    o.leaf.quote = kc_bytes_of(quote, sizeof quote - 1);
    assert_int_equal(write_leaf(f, &o, NULL), KC_OK);
    check_decoded(f, &o);
    X509_free(openssl_of(f->der, f->len));
    o.leaf.quote.len++;
    assert_int_equal(write_leaf(f, &o, NULL), KC_ERR_ARGUMENT);
    o.leaf.quote.len = 129; /* the least: 256 bytes */
    assert_int_equal(write_leaf(f, &o, NULL), KC_OK);
    check_decoded(f, &o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_issued, setup, teardown),
        cmocka_unit_test_setup_teardown(test_issued_elsewhere, setup, teardown),
        cmocka_unit_test_setup_teardown(test_self_signed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_client, setup, teardown),
        cmocka_unit_test_setup_teardown(test_service, setup, teardown),
        cmocka_unit_test_setup_teardown(test_faults, setup, teardown),
        cmocka_unit_test_setup_teardown(test_largest, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
