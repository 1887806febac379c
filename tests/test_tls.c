/* What the service's TLS takes and what it refuses, by OpenSSL's own client. */
#include "service_tls.h"

struct fixture {
    struct kc_tls *tls;
    SSL_CTX *context; /* the client's */
    SSL *client;
    SSL *server;
    int alert; /* that ended the client's side; 0: none */
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_int_equal(kc_tls_new(&f->tls), KC_OK);
    f->context = SSL_CTX_new(TLS_client_method());
    *state = f;
    return 0;
}

static void hang_up(struct fixture *f)
{
    SSL_free(f->client);
    SSL_free(f->server);
    f->client = NULL;
    f->server = NULL;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    hang_up(f);
    SSL_CTX_free(f->context);
    kc_tls_free(f->tls);
    free(f);
    return 0;
}

static void connect_to(struct fixture *f, enum kc_listener listener)
{
    hang_up(f);
    assert_int_equal(kc_tls_open(f->tls, listener, &f->server), KC_OK);
    f->client = service_client(f->context);
    /* Each writes to what the other reads. */
    BIO_up_ref(SSL_get_rbio(f->client));
    BIO_up_ref(SSL_get_wbio(f->client));
    SSL_set_bio(f->server, SSL_get_wbio(f->client), SSL_get_rbio(f->client));
}

/* The handshake as far as it goes; true when both ends have finished it. */
static bool shake_hands(struct fixture *f)
{
    f->alert = 0;
    for (int i = 0; i < 8; i++) {
        ERR_clear_error();
        if (SSL_do_handshake(f->client) != 1 && f->alert == 0 && ERR_peek_last_error() != 0)
            f->alert = ERR_GET_REASON(ERR_peek_last_error()) - SSL_AD_REASON_OFFSET;
        ERR_clear_error();
        (void)SSL_do_handshake(f->server);
    }
    return SSL_is_init_finished(f->client) && SSL_is_init_finished(f->server);
}

static void test_no_certificate(void **state)
{
    struct fixture *f = *state;
    SSL *connection = NULL;
    assert_int_equal(kc_tls_open(f->tls, KC_LISTENER_SERVICE, &connection), KC_ERR_STATE);
    service_use_own(f->tls, KC_LISTENER_RATLS);
    assert_int_equal(kc_tls_open(f->tls, KC_LISTENER_SERVICE, &connection), KC_ERR_STATE);
    assert_null(connection);
    connect_to(f, KC_LISTENER_RATLS);
    assert_true(shake_hands(f));
}

/* Each suite and group of ours, and what the server takes when it may choose. */
static void test_suites(void **state)
{
    static const struct {
        const char *suites;
        char groups[16];
        const char *want;
        int group; /* 0: the handshake fails */
    } rows[] = {
        {"TLS_AES_128_GCM_SHA256", "X25519", "TLS_AES_128_GCM_SHA256", NID_X25519},
        {"TLS_AES_256_GCM_SHA384", "P-256", "TLS_AES_256_GCM_SHA384", NID_X9_62_prime256v1},
        {"TLS_CHACHA20_POLY1305_SHA256", "P-256:X25519", "TLS_CHACHA20_POLY1305_SHA256",
         NID_X9_62_prime256v1},
        {"TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256", "X25519",
         "TLS_AES_128_GCM_SHA256", NID_X25519},
        {"TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384", "P-521:P-256",
         "TLS_AES_256_GCM_SHA384", NID_X9_62_prime256v1},
        {"TLS_AES_128_CCM_SHA256", "X25519", "", 0},
        {"TLS_AES_128_GCM_SHA256", "P-384", "", 0},
        {"TLS_AES_128_GCM_SHA256", "X448", "", 0},
    };
    struct fixture *f = *state;
    service_use_own(f->tls, KC_LISTENER_SERVICE);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(SSL_CTX_set_ciphersuites(f->context, rows[i].suites), 1);
        char groups[sizeof rows[i].groups]; /* OpenSSL's macro takes no constant */
        memcpy(groups, rows[i].groups, sizeof groups);
        assert_int_equal(SSL_CTX_set1_groups_list(f->context, groups), 1);
        connect_to(f, KC_LISTENER_SERVICE);
        assert_int_equal(shake_hands(f), rows[i].group != 0);
        if (rows[i].group == 0) {
            assert_int_equal(f->alert, SSL_AD_HANDSHAKE_FAILURE);
            continue;
        }
        assert_string_equal(SSL_get_version(f->client), "TLSv1.3");
        assert_string_equal(SSL_get_cipher_name(f->client), rows[i].want);
        assert_int_equal(SSL_get_negotiated_group(f->client), rows[i].group);
    }
}

static void test_old_versions(void **state)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_1_VERSION, TLS1_VERSION};
    struct fixture *f = *state;
    service_use_own(f->tls, KC_LISTENER_SERVICE);
    SSL_CTX_set_security_level(f->context, 0); /* lets the client offer them */
    for (size_t i = 0; i < COUNT_OF(versions); i++) {
        assert_int_equal(SSL_CTX_set_max_proto_version(f->context, versions[i]), 1);
        connect_to(f, KC_LISTENER_SERVICE);
        assert_false(shake_hands(f));
        assert_int_equal(f->alert, SSL_AD_PROTOCOL_VERSION);
    }
}

static void test_protocols(void **state)
{
    static const struct {
        const char *offered;
        size_t len;
        const char *want; /* NULL: refused */
    } rows[] = {
        {"", 0, ""},
        {"\x08http/1.1", 9, "http/1.1"},
        {"\x02h2\x08http/1.1", 12, "http/1.1"},
        {"\x02h2", 3, NULL},
        {"\x08http/1.0", 9, NULL},
        {"\x09http/1.11", 10, NULL},
    };
    struct fixture *f = *state;
    service_use_own(f->tls, KC_LISTENER_SERVICE);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const unsigned char *chosen = NULL;
        unsigned len = 0;
        assert_int_equal(SSL_CTX_set_alpn_protos(f->context, (const uint8_t *)rows[i].offered,
                                                 (unsigned)rows[i].len),
                         0);
        connect_to(f, KC_LISTENER_SERVICE);
        assert_int_equal(shake_hands(f), rows[i].want != NULL);
        if (rows[i].want == NULL) {
            assert_int_equal(f->alert, SSL_AD_NO_APPLICATION_PROTOCOL);
            continue;
        }
        SSL_get0_alpn_selected(f->client, &chosen, &len);
        assert_int_equal(len, strlen(rows[i].want));
        assert_memory_equal(chosen, rows[i].want, len);
    }
}

/* A session that the client keeps is worth nothing: no ticket comes and nothing is resumed. */
static void test_no_resumption(void **state)
{
    struct fixture *f = *state;
    char byte = 0;
    service_use_own(f->tls, KC_LISTENER_SERVICE);
    SSL_CTX_set_session_cache_mode(f->context, SSL_SESS_CACHE_CLIENT);
    connect_to(f, KC_LISTENER_SERVICE);
    assert_true(shake_hands(f));
    assert_int_equal(BIO_ctrl_pending(SSL_get_rbio(f->client)), 0); /* no ticket waits there */
    assert_int_equal(SSL_read(f->client, &byte, 1), -1);
    SSL_SESSION *kept = SSL_get1_session(f->client);
    assert_int_equal(SSL_SESSION_has_ticket(kept), 0);
    assert_int_equal(SSL_SESSION_is_resumable(kept), 0);
    connect_to(f, KC_LISTENER_SERVICE);
    (void)SSL_set_session(f->client, kept);
    assert_true(shake_hands(f));
    assert_int_equal(SSL_session_reused(f->client), 0);
    assert_int_equal(SSL_session_reused(f->server), 0);
    SSL_SESSION_free(kept);
}

/* Open connections keep the certificate that they began with. */
static void test_exchange_of_certificates(void **state)
{
    struct fixture *f = *state;
    uint8_t issuer_point[64];
    uint8_t der[KC_RATLS_CERTIFICATE_MAX];
    uint8_t ca[KC_RATLS_CERTIFICATE_MAX];
    size_t ca_len = 0;
    struct kc_tls *identity = NULL; /* only its key is wanted */
    assert_int_equal(kc_tls_new(&identity), KC_OK);
    memcpy(issuer_point, kc_tls_public_key(identity), sizeof issuer_point);
    const struct kc_ratls_signer signer = {issuer_point, kc_tls_sign, identity};
    assert_int_equal(kc_ratls_service_write(&signer, SERVICE_NOW, (struct kc_room){ca, sizeof ca},
                                            &ca_len, NULL),
                     KC_OK);
    service_use_own(f->tls, KC_LISTENER_SERVICE);
    connect_to(f, KC_LISTENER_SERVICE);
    size_t len = service_leaf(kc_tls_public_key(f->tls), &signer, der);
    assert_int_equal(
        kc_tls_use(f->tls, KC_LISTENER_SERVICE, kc_bytes_of(der, len), kc_bytes_of(ca, ca_len)),
        KC_OK);
    assert_true(shake_hands(f));
    assert_int_equal(sk_X509_num(SSL_get_peer_cert_chain(f->client)), 1);
    connect_to(f, KC_LISTENER_SERVICE);
    assert_true(shake_hands(f));
    assert_int_equal(sk_X509_num(SSL_get_peer_cert_chain(f->client)), 2);
    X509 *root = sk_X509_value(SSL_get_peer_cert_chain(f->client), 1);
    EVP_PKEY *root_key = X509_get0_pubkey(root);
    assert_int_equal(X509_verify(SSL_get0_peer_certificate(f->client), root_key), 1);
    kc_tls_free(identity);
}

static void test_wrong_certificates(void **state)
{
    struct fixture *f = *state;
    uint8_t der[KC_RATLS_CERTIFICATE_MAX + 1];
    SSL *connection = NULL;
    struct kc_tls *other = NULL;
    const struct kc_bytes none = {NULL, 0};
    const struct kc_ratls_signer signer = {kc_tls_public_key(f->tls), kc_tls_sign, f->tls};
    assert_int_equal(kc_tls_new(&other), KC_OK);
    size_t len = service_leaf(kc_tls_public_key(f->tls), &signer, der);
    const struct {
        struct kc_tls *tls;
        struct kc_bytes leaf, issuer;
    } rows[] = {
        {other, {der, len}, none}, /* another key's */
        {f->tls, none, none},
        {f->tls, {der, len - 1}, none},
        {f->tls, {der, len + 1}, none},
        {f->tls, {der, len}, {der, len - 1}},
        {f->tls, {der, len}, {der, len + 1}},
    };
    der[len] = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(kc_tls_use(rows[i].tls, KC_LISTENER_SERVICE, rows[i].leaf, rows[i].issuer),
                         KC_ERR_CRYPTO);
        assert_int_equal(kc_tls_open(rows[i].tls, KC_LISTENER_SERVICE, &connection), KC_ERR_STATE);
    }
    kc_tls_free(other);
}

static void test_exporter(void **state)
{
    struct fixture *f = *state;
    static const uint8_t nonce[32] = "a nonce of exactly 32 characters";
    uint8_t ours[32] = {0};
    uint8_t theirs[32];
    const struct kc_bytes view = {nonce, sizeof nonce};
    service_use_own(f->tls, KC_LISTENER_SERVICE);
    connect_to(f, KC_LISTENER_SERVICE);
    assert_int_equal(kc_tls_export(f->server, view, ours), KC_ERR_STATE);
    assert_true(kc_bytes_are_zero(kc_bytes_of(ours, sizeof ours)));
    assert_true(shake_hands(f));
    assert_int_equal(kc_tls_export(f->server, view, ours), KC_OK);
    assert_int_equal(SSL_export_keying_material(f->client, theirs, sizeof theirs,
                                                "EXPERIMENTAL-kms-ratls-v1", 25, nonce,
                                                sizeof nonce, 1),
                     1);
    assert_memory_equal(ours, theirs, sizeof ours);
    assert_int_equal(kc_tls_export(f->server, kc_bytes_of(nonce, 16), ours), KC_OK);
    assert_memory_not_equal(ours, theirs, sizeof ours);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_no_certificate, setup, teardown),
        cmocka_unit_test_setup_teardown(test_suites, setup, teardown),
        cmocka_unit_test_setup_teardown(test_old_versions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_protocols, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_resumption, setup, teardown),
        cmocka_unit_test_setup_teardown(test_exchange_of_certificates, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wrong_certificates, setup, teardown),
        cmocka_unit_test_setup_teardown(test_exporter, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
