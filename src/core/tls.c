#include "core/tls.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "ratls/binder.h"

#define LISTENERS      (KC_LISTENER_RATLS + 1)
#define COORDINATE     32
#define DER_SIGNATURE  80 /* ECDSA-Sig-Value over P-256 has 72 bytes at most */
#define UNCOMPRESSED   (1 + 2 * COORDINATE)
#define UNCOMPRESSED_4 4

struct kc_tls {
    EVP_PKEY *key;
    uint8_t public_key[2 * COORDINATE];
    pthread_mutex_t lock;        /* over the next: held to take or exchange a pointer */
    SSL_CTX *context[LISTENERS]; /* NULL: no certificate yet */
};

/* AES-128 first: it is as strong as the rest of the handshake (P-256, X25519), and the fastest. */
static const char suites[] =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
static const uint8_t http_1_1[] = {'h', 't', 't', 'p', '/', '1', '.', '1'};

static enum kc_err make_key(struct kc_tls *tls)
{
    uint8_t point[UNCOMPRESSED];
    size_t len = 0;
    tls->key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    if (tls->key == NULL ||
        EVP_PKEY_get_octet_string_param(tls->key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point,
                                        sizeof point, &len) != 1 ||
        len != sizeof point || point[0] != UNCOMPRESSED_4)
        return KC_ERR_CRYPTO;
    memcpy(tls->public_key, point + 1, sizeof tls->public_key);
    return KC_OK;
}

enum kc_err kc_tls_new(struct kc_tls **out)
{
    struct kc_tls *tls = calloc(1, sizeof *tls);
    if (tls == NULL)
        return KC_ERR_MEMORY;
    if (pthread_mutex_init(&tls->lock, NULL) != 0) {
        free(tls);
        return KC_ERR_MEMORY;
    }
    enum kc_err err = make_key(tls);
    if (err != KC_OK) {
        kc_tls_free(tls);
        return err;
    }
    *out = tls;
    return KC_OK;
}

void kc_tls_free(struct kc_tls *tls)
{
    if (tls == NULL)
        return;
    for (size_t i = 0; i < LISTENERS; i++)
        SSL_CTX_free(tls->context[i]);
    EVP_PKEY_free(tls->key);
    pthread_mutex_destroy(&tls->lock);
    free(tls);
}

const uint8_t *kc_tls_public_key(const struct kc_tls *tls)
{
    return tls->public_key;
}

/* ECDSA-Sig-Value to r || s. */
static enum kc_err flatten(const uint8_t *der, size_t len, uint8_t signature[2 * COORDINATE])
{
    enum kc_err err = KC_ERR_CRYPTO;
    ECDSA_SIG *parsed = d2i_ECDSA_SIG(NULL, &der, (long)len);
    if (parsed != NULL &&
        BN_bn2binpad(ECDSA_SIG_get0_r(parsed), signature, COORDINATE) == COORDINATE &&
        BN_bn2binpad(ECDSA_SIG_get0_s(parsed), signature + COORDINATE, COORDINATE) == COORDINATE)
        err = KC_OK;
    ECDSA_SIG_free(parsed);
    return err;
}

enum kc_err kc_tls_sign(void *context, struct kc_bytes message, uint8_t signature[64])
{
    struct kc_tls *tls = context;
    uint8_t der[DER_SIGNATURE];
    size_t len = sizeof der;
    enum kc_err err = KC_ERR_CRYPTO;
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    if (digest == NULL)
        return KC_ERR_MEMORY;
    if (EVP_DigestSignInit_ex(digest, NULL, "SHA256", NULL, NULL, tls->key, NULL) == 1 &&
        EVP_DigestSign(digest, der, &len, message.ptr, message.len) == 1)
        err = flatten(der, len, signature);
    EVP_MD_CTX_free(digest);
    return err;
}

/* A client that offers protocols must offer ours; one that offers none speaks it. */
static int choose_protocol(SSL *connection, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *in, unsigned int in_len, void *unused)
{
    struct kc_reader r = kc_reader_of(kc_bytes_of(in, in_len));
    (void)connection;
    (void)unused;
    while (r.left > 0 && !kc_reader_failed(&r)) {
        struct kc_bytes name = kc_reader_bytes(&r, kc_reader_u8(&r));
        if (kc_bytes_equal(name, kc_bytes_of(http_1_1, sizeof http_1_1))) {
            *out = name.ptr;
            *out_len = (unsigned char)name.len;
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static bool set_rules(SSL_CTX *context)
{
    char groups[] = "X25519:P-256"; /* OpenSSL's macros take no constant */
    char signatures[] = "ECDSA+SHA256";
    /* What was decrypted is wiped once it was handed on. */
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_CLEANSE_PLAINTEXT);
    /* Two buffers of 16 KiB less for each connection that is idle, until it has shown a token. */
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_num_tickets(context, 0) == 1 &&
           SSL_CTX_set_max_early_data(context, 0) == 1 &&
           SSL_CTX_set_recv_max_early_data(context, 0) == 1 &&
           SSL_CTX_set_ciphersuites(context, suites) == 1 &&
           SSL_CTX_set1_groups_list(context, groups) == 1 &&
           SSL_CTX_set1_sigalgs_list(context, signatures) == 1;
}

static X509 *read_certificate(struct kc_bytes der)
{
    const uint8_t *next = der.ptr;
    X509 *certificate = d2i_X509(NULL, &next, (long)der.len);
    if (certificate != NULL && next == der.ptr + der.len)
        return certificate;
    X509_free(certificate);
    return NULL;
}

/* SSL_CTX_use_PrivateKey compares the key with the leaf's and refuses another. */
static bool set_leaf(SSL_CTX *context, EVP_PKEY *key, struct kc_bytes der)
{
    X509 *leaf = read_certificate(der);
    bool good = leaf != NULL && X509_check_private_key(leaf, key) == 1 &&
                SSL_CTX_use_certificate(context, leaf) == 1 &&
                SSL_CTX_use_PrivateKey(context, key) == 1;
    X509_free(leaf);
    return good;
}

static bool set_issuer(SSL_CTX *context, struct kc_bytes der)
{
    if (der.len == 0)
        return true;
    X509 *issuer = read_certificate(der);
    bool good = issuer != NULL && SSL_CTX_add1_chain_cert(context, issuer) == 1;
    X509_free(issuer);
    return good;
}

enum kc_err kc_tls_use(struct kc_tls *tls, enum kc_listener listener, struct kc_bytes leaf,
                       struct kc_bytes issuer)
{
    SSL_CTX *context = SSL_CTX_new_ex(NULL, NULL, TLS_server_method());
    if (context == NULL || !set_rules(context) || !set_leaf(context, tls->key, leaf) ||
        !set_issuer(context, issuer)) {
        SSL_CTX_free(context);
        return KC_ERR_CRYPTO;
    }
    pthread_mutex_lock(&tls->lock);
    SSL_CTX *before = tls->context[listener];
    tls->context[listener] = context;
    pthread_mutex_unlock(&tls->lock);
    SSL_CTX_free(before);
    return KC_OK;
}

enum kc_err kc_tls_open(struct kc_tls *tls, enum kc_listener listener, struct ssl_st **out)
{
    pthread_mutex_lock(&tls->lock);
    SSL_CTX *context = tls->context[listener];
    if (context != NULL && SSL_CTX_up_ref(context) != 1)
        context = NULL;
    pthread_mutex_unlock(&tls->lock);
    if (context == NULL)
        return KC_ERR_STATE;
    SSL *connection = SSL_new(context);
    SSL_CTX_free(context);
    if (connection == NULL)
        return KC_ERR_MEMORY;
    SSL_set_accept_state(connection);
    *out = connection;
    return KC_OK;
}

enum kc_err kc_tls_export(struct ssl_st *connection, struct kc_bytes nonce, uint8_t out[32])
{
    uint8_t exported[KC_RATLS_EXPORTED_SIZE];
    if (SSL_version(connection) != TLS1_3_VERSION || SSL_is_init_finished(connection) != 1 ||
        SSL_session_reused(connection) != 0)
        return KC_ERR_STATE;
    if (SSL_export_keying_material(connection, exported, sizeof exported, KC_RATLS_EXPORTER_LABEL,
                                   KC_RATLS_EXPORTER_LABEL_LEN, nonce.ptr, nonce.len, 1) != 1)
        return KC_ERR_CRYPTO;
    memcpy(out, exported, sizeof exported);
    kc_bytes_wipe(exported, sizeof exported);
    return KC_OK;
}
