#include "tls_memory.h"

#include <string.h>

#include <openssl/ec.h>
#include <openssl/x509.h>

const char *const tls_suites[TLS_SUITES] = {
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
};
const int tls_groups[TLS_GROUPS] = {NID_X25519, NID_X9_62_prime256v1};

/* The shortest that TLS takes: a name, two dates, a key. */
static X509 *self_signed(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    X509_NAME *name = X509_NAME_new();
    bool good =
        certificate != NULL && name != NULL && X509_set_version(certificate, X509_VERSION_3) == 1 &&
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"tests", -1, -1, 0) ==
            1 &&
        X509_set_subject_name(certificate, name) == 1 &&
        X509_set_issuer_name(certificate, name) == 1 &&
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1 &&
        ASN1_TIME_set(X509_getm_notBefore(certificate), 1700000000) != NULL &&
        ASN1_TIME_set(X509_getm_notAfter(certificate), 4000000000) != NULL &&
        X509_set_pubkey(certificate, key) == 1 && X509_sign(certificate, key, EVP_sha256()) > 0;
    X509_NAME_free(name);
    if (good)
        return certificate;
    X509_free(certificate);
    return NULL;
}

static bool set_up(SSL_CTX *context)
{
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1;
}

SSL_CTX *tls_server_context(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = key != NULL ? self_signed(key) : NULL;
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    bool good = context != NULL && certificate != NULL && set_up(context) &&
                SSL_CTX_set_num_tickets(context, 0) == 1 &&
                SSL_CTX_use_certificate(context, certificate) == 1 &&
                SSL_CTX_use_PrivateKey(context, key) == 1;
    X509_free(certificate);
    EVP_PKEY_free(key);
    if (good)
        return context;
    SSL_CTX_free(context);
    return NULL;
}

SSL_CTX *tls_client_context(const char *suite, int group)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (context != NULL && set_up(context) && SSL_CTX_set_ciphersuites(context, suite) == 1 &&
        SSL_CTX_set1_groups(context, &group, 1) == 1)
        return context;
    SSL_CTX_free(context);
    return NULL;
}

SSL *tls_new(SSL_CTX *context, bool server)
{
    SSL *ssl = SSL_new(context);
    BIO *in = BIO_new(BIO_s_mem());
    BIO *out = BIO_new(BIO_s_mem());
    if (ssl == NULL || in == NULL || out == NULL) {
        SSL_free(ssl);
        BIO_free(in);
        BIO_free(out);
        return NULL;
    }
    SSL_set_bio(ssl, in, out);
    if (server)
        SSL_set_accept_state(ssl);
    else
        SSL_set_connect_state(ssl);
    return ssl;
}

bool tls_feed(SSL *ssl, struct kc_bytes in)
{
    return in.len == 0 || BIO_write(SSL_get_rbio(ssl), in.ptr, (int)in.len) == (int)in.len;
}

bool tls_drain(SSL *ssl, struct kc_room out, size_t *out_len)
{
    BIO *bio = SSL_get_wbio(ssl);
    size_t pending = BIO_ctrl_pending(bio);
    *out_len = 0;
    if (pending > out.len)
        return false;
    if (pending > 0 && BIO_read(bio, out.ptr, (int)pending) != (int)pending)
        return false;
    *out_len = pending;
    return true;
}

bool tls_advance(SSL *ssl)
{
    int result = SSL_do_handshake(ssl);
    return result == 1 || SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ;
}

bool tls_export(SSL *ssl, uint8_t out[TLS_EXPORTER_SIZE])
{
    static const char label[] = "EXPORTER-tests";
    return SSL_export_keying_material(ssl, out, TLS_EXPORTER_SIZE, label, sizeof(label) - 1,
                                      (const uint8_t *)"context", 7, 1) == 1;
}

static bool move(SSL *from, SSL *to)
{
    BIO *bio = SSL_get_wbio(from);
    char *bytes = NULL;
    long n = BIO_get_mem_data(bio, &bytes);
    return n >= 0 && tls_feed(to, kc_bytes_of(bytes, (size_t)n)) && BIO_reset(bio) == 1;
}

bool tls_pair_open(struct tls_pair *pair, SSL_CTX *server, SSL_CTX *client)
{
    uint8_t exported[2][TLS_EXPORTER_SIZE];
    *pair = (struct tls_pair){tls_new(server, true), tls_new(client, false)};
    bool good = pair->server != NULL && pair->client != NULL;
    for (int i = 0; good && i < 4 && !SSL_is_init_finished(pair->server); i++)
        good = tls_advance(pair->client) && move(pair->client, pair->server) &&
               tls_advance(pair->server) && move(pair->server, pair->client);
    good = good && SSL_is_init_finished(pair->server) && SSL_is_init_finished(pair->client) &&
           tls_export(pair->server, exported[0]) && tls_export(pair->client, exported[1]) &&
           memcmp(exported[0], exported[1], TLS_EXPORTER_SIZE) == 0;
    if (!good)
        tls_pair_close(pair);
    return good;
}

void tls_pair_close(struct tls_pair *pair)
{
    SSL_free(pair->server);
    SSL_free(pair->client);
    *pair = (struct tls_pair){NULL, NULL};
}

bool tls_pair_carry(SSL *from, SSL *to, const uint8_t *bytes, size_t n)
{
    uint8_t back[TLS_RECORD_MAX];
    return n <= sizeof(back) && SSL_write(from, bytes, (int)n) == (int)n && move(from, to) &&
           SSL_read(to, back, sizeof(back)) == (int)n && memcmp(back, bytes, n) == 0;
}

bool tls_work(enum tls_work work, SSL_CTX *server, unsigned rounds)
{
    static const uint8_t bytes[TLS_RECORD_MAX] = {1, 2, 3};
    struct tls_pair pair = {NULL, NULL};
    size_t n = work == TLS_RECORDS ? sizeof(bytes) : 300;
    SSL_CTX *client = tls_client_context(tls_suites[1], tls_groups[0]);
    bool good = client != NULL && tls_pair_open(&pair, server, client);
    for (unsigned i = 0; good && i < rounds; i++) {
        if (work == TLS_HANDSHAKES) {
            tls_pair_close(&pair);
            good = tls_pair_open(&pair, server, client);
        } else {
            good = tls_pair_carry(pair.client, pair.server, bytes, n) &&
                   tls_pair_carry(pair.server, pair.client, bytes, n);
        }
    }
    tls_pair_close(&pair);
    SSL_CTX_free(client);
    return good;
}
