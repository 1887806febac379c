#include "client/leaf.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "formats/certificate.h"
#include "ratls/certificate.h"

/* DER, the caller frees (OPENSSL_free); no bytes on failure. */
static struct kc_room der_of(const X509 *certificate)
{
    uint8_t *der = NULL;
    int n = i2d_X509(certificate, &der);
    return n > 0 ? (struct kc_room){der, (size_t)n} : (struct kc_room){NULL, 0};
}

static bool is_signed_by(X509 *certificate, X509 *issuer)
{
    EVP_PKEY *key = X509_get0_pubkey(issuer);
    bool ok = key != NULL && X509_verify(certificate, key) == 1;
    ERR_clear_error();
    return ok;
}

/* Keeps the identity's certificate for who wants it. */
static bool keep(struct kc_client_report *report, struct kc_bytes der)
{
    report->service = der.len == 0 ? NULL : malloc(der.len);
    if (report->service == NULL)
        return false;
    memcpy(report->service, der.ptr, der.len);
    report->service_len = der.len;
    return true;
}

/* NULL when all agrees, else what does not. */
static const char *check_issued(X509 *leaf, X509 *service, const uint8_t *kms_id,
                                struct kc_client_report *report)
{
    struct kc_room der = der_of(service);
    struct kc_error error = KC_ERROR_NONE;
    const char *what = NULL;
    if (kc_ratls_service_check(kc_bytes_of(der.ptr, der.len), kms_id, &error) != KC_OK)
        what = error.what;
    else if (!is_signed_by(leaf, service))
        what = "the leaf is not signed by the service identity beside it";
    else if (!keep(report, kc_bytes_of(der.ptr, der.len)))
        what = "no memory";
    OPENSSL_free(der.ptr);
    report->leaf_issuer = "service";
    return what;
}

static const char *check_alone(X509 *leaf, const struct kc_certificate *decoded,
                               const uint8_t *kms_id, struct kc_client_report *report)
{
    struct kc_bytes id = kc_bytes_of(kms_id, KC_RATLS_HASH_SIZE);
    if (kc_bytes_equal(decoded->issuer, decoded->subject) && is_signed_by(leaf, leaf)) {
        report->leaf_issuer = "self";
        return NULL;
    }
    report->leaf_issuer = "service";
    if (!kc_bytes_are_zero(id) && kc_bytes_equal(decoded->authority_key_id, id))
        return NULL;
    return "a leaf that neither signed itself nor names the kms-id as its issuer's key";
}

static const char *check(const struct kc_client_tls *tls, struct kc_bytes leaf_der,
                         const uint8_t *kms_id, struct kc_client_report *report)
{
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(tls->ssl);
    struct kc_certificate decoded;
    struct kc_error error = KC_ERROR_NONE;
    if (kc_certificate_decode(leaf_der, &decoded, &error) != KC_OK)
        return error.what;
    report->has_leaf = true;
    report->leaf_not_before = decoded.not_before;
    report->leaf_not_after = decoded.not_after;
    if (!decoded.key_is_p256 || decoded.is_ca)
        return "a leaf whose key is not on P-256, or that is a CA";
    X509 *leaf = sk_X509_value(chain, 0);
    if (sk_X509_num(chain) == 1)
        return check_alone(leaf, &decoded, kms_id, report);
    if (sk_X509_num(chain) == 2)
        return check_issued(leaf, sk_X509_value(chain, 1), kms_id, report);
    return "more than a leaf and the service identity";
}

void kc_client_leaf_check(const struct kc_client_tls *tls, const uint8_t kms_id[KC_RATLS_HASH_SIZE],
                          struct kc_client_report *report)
{
    X509 *leaf = SSL_get0_peer_certificate(tls->ssl);
    struct kc_room der = leaf == NULL ? (struct kc_room){NULL, 0} : der_of(leaf);
    const char *what = check(tls, kc_bytes_of(der.ptr, der.len), kms_id, report);
    OPENSSL_free(der.ptr);
    if (what != NULL)
        kc_client_report_own(report, KC_CLIENT_OWN_LEAF, KC_CLIENT_FAILED, what);
    else
        kc_client_report_own(report, KC_CLIENT_OWN_LEAF, KC_CLIENT_HOLDS,
                             strcmp(report->leaf_issuer, "self") == 0
                                 ? "self-signed"
                                 : (report->service != NULL
                                        ? "issued by the service identity"
                                        : "names the service identity, which was not shown"));
}
