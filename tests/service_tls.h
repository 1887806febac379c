/*
 * Certificates for a kc_tls, made as the service makes them, and a TLS client over memory.
 */
#ifndef KC_TESTS_SERVICE_TLS_H
#define KC_TESTS_SERVICE_TLS_H

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "core/tls.h"
#include "ratls/certificate.h"
#include "sim/pki.h"
#include "test.h"

#define SERVICE_NOW INT64_C(1700000000)

/* A leaf of `public_key`, by `signer`, over evidence that nobody judges. */
static inline size_t service_leaf(const uint8_t *public_key, const struct kc_ratls_signer *signer,
                                  uint8_t out[KC_RATLS_CERTIFICATE_MAX])
{
    static const struct kc_ratls_subject_name name = {KC_RATLS_NAME_DNS,
                                                      {(const uint8_t *)"localhost", 9}};
    uint8_t quote[1024];
    uint8_t map[KC_RATLS_CLAIMS_MAX];
    uint8_t spki[KC_RATLS_SPKI_SIZE];
    size_t len = 0;
    struct kc_ratls_claims claims = {.context = KC_RATLS_SERVER};
    struct kc_writer w = kc_writer_of((struct kc_room){map, sizeof map});
    memset(quote, 0x5a, sizeof quote);
    kc_ratls_spki_of_p256(public_key, spki);
    assert_int_equal(kc_ratls_key_hash(kc_bytes_of(spki, sizeof spki), claims.key_hash), KC_OK);
    if (signer->public_key != public_key) {
        kc_ratls_spki_of_p256(signer->public_key, spki);
        assert_int_equal(kc_ratls_key_hash(kc_bytes_of(spki, sizeof spki), claims.kms_id), KC_OK);
    }
    kc_ratls_claims_encode(&w, &claims);
    const struct kc_ratls_leaf leaf = {.public_key = public_key,
                                       .serial = {1, 2, 3},
                                       .not_before = SERVICE_NOW,
                                       .not_after = SERVICE_NOW + 3600,
                                       .names = &name,
                                       .name_count = 1,
                                       .quote = kc_bytes_of(quote, sizeof quote),
                                       .claims = kc_writer_written(&w)};
    assert_int_equal(kc_ratls_leaf_write(&leaf, signer,
                                         (struct kc_room){out, KC_RATLS_CERTIFICATE_MAX}, &len,
                                         NULL),
                     KC_OK);
    return len;
}

/* Has `tls` show a self-signed leaf. */
static inline void service_use_own(struct kc_tls *tls, enum kc_listener listener)
{
    uint8_t der[KC_RATLS_CERTIFICATE_MAX];
    const struct kc_ratls_signer signer = {kc_tls_public_key(tls), kc_tls_sign, tls};
    size_t len = service_leaf(kc_tls_public_key(tls), &signer, der);
    assert_int_equal(kc_tls_use(tls, listener, kc_bytes_of(der, len), kc_bytes_of(NULL, 0)), KC_OK);
}

/* A client that looks at no certificate, between two memory BIOs. */
static inline SSL *service_client(SSL_CTX *context)
{
    SSL *client = SSL_new(context);
    BIO *in = BIO_new(BIO_s_mem());
    BIO *out = BIO_new(BIO_s_mem());
    assert_true(client != NULL && in != NULL && out != NULL);
    BIO_set_mem_eof_return(in, -1);
    BIO_set_mem_eof_return(out, -1);
    SSL_set_bio(client, in, out);
    SSL_set_connect_state(client);
    return client;
}

/* What the client has to send; the caller frees. */
static inline uint8_t *service_client_output(SSL *client, size_t *len)
{
    size_t waiting = BIO_ctrl_pending(SSL_get_wbio(client));
    uint8_t *bytes = malloc(waiting + 1);
    *len = 0;
    if (waiting > 0)
        assert_int_equal(BIO_read_ex(SSL_get_wbio(client), bytes, waiting, len), 1);
    return bytes;
}

#endif
