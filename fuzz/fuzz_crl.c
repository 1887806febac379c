/* A list of Intel's or AMD's that the reader accepts, in any of its three forms, OpenSSL accepts
 * too, whole, with as many entries, and each of them is found. */
#include <openssl/x509.h>

#include "formats/crl.h"
#include "fuzz.h"

static void check_entries(X509_CRL *other, const struct kc_crl *crl)
{
    STACK_OF(X509_REVOKED) *list = X509_CRL_get_REVOKED(other);
    int count = list == NULL ? 0 : sk_X509_REVOKED_num(list);
    FUZZ_CHECK((size_t)count == crl->revoked_count);
    for (int i = 0; i < count; i++) {
        uint8_t *octets = NULL;
        int n = i2d_ASN1_INTEGER(X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(list, i)),
                                 &octets);
        FUZZ_CHECK(n > 2 && kc_crl_has_serial(crl, kc_bytes_of(octets + 2, (size_t)n - 2)));
        OPENSSL_free(octets);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t room[65536];
    struct kc_bytes der = {NULL, 0};
    struct kc_crl crl;
    if (kc_crl_unwrap(kc_bytes_of(data, size), (struct kc_room){room, sizeof room}, &der, NULL) !=
            KC_OK ||
        (kc_crl_decode(der, &crl, NULL) != KC_OK && kc_crl_decode_amd(der, &crl, NULL) != KC_OK))
        return 0;
    const uint8_t *p = der.ptr;
    X509_CRL *other = d2i_X509_CRL(NULL, &p, (long)der.len);
    FUZZ_CHECK(other != NULL && p == der.ptr + der.len);
    check_entries(other, &crl);
    X509_CRL_free(other);
    return 0;
}
