/* What decodes is one certificate for OpenSSL too, with the same key. */
#include <string.h>

#include <openssl/x509.h>

#include "formats/amd_certificate.h"
#include "fuzz.h"

static void check_against_openssl(const struct kc_amd_certificate *certificate)
{
    const uint8_t *at = certificate->x509.der.ptr;
    uint8_t *spki = NULL;
    X509 *x = d2i_X509(NULL, &at, (long)certificate->x509.der.len);
    FUZZ_CHECK(x != NULL && at == certificate->x509.der.ptr + certificate->x509.der.len);
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &spki);
    FUZZ_CHECK(len > 0 && (size_t)len == certificate->x509.spki.len);
    FUZZ_CHECK(memcmp(spki, certificate->x509.spki.ptr, (size_t)len) == 0);
    OPENSSL_free(spki);
    X509_free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kc_amd_certificate certificate;
    struct kc_amd_vek vek;
    if (kc_amd_certificate_decode(kc_bytes_of(data, size), &certificate, NULL) != KC_OK)
        return 0;
    FUZZ_CHECK(certificate.key.len == (certificate.key_is_p384 ? 96u : 512u));
    FUZZ_CHECK(certificate.signature.len == 512);
    check_against_openssl(&certificate);
    if (kc_amd_vek_decode(&certificate, &vek, NULL) == KC_OK) {
        FUZZ_CHECK(vek.product_name.len > 0 && vek.product_name.len <= 16);
        FUZZ_CHECK(vek.chip_id.len == 0 || vek.chip_id.len == 8 || vek.chip_id.len == 64);
        FUZZ_CHECK(vek.csp_id.len <= KC_AMD_CSP_ID_MAX);
    }
    return 0;
}
