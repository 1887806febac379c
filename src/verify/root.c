#include "verify/root.h"

#include <string.h>

#include "base/pem.h"
#include "formats/certificate.h"

enum kc_err kc_root_from_pem(struct kc_bytes pem, uint8_t out[64], struct kc_error *error)
{
    uint8_t der[KC_CERTIFICATE_MAX_SIZE];
    size_t n = 0;
    struct kc_certificate certificate;
    struct kc_reader r = kc_reader_of(pem);
    if (kc_pem_read(&r, "CERTIFICATE", (struct kc_room){der, sizeof der}, &n, NULL) != KC_OK ||
        !kc_reader_done(&r))
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "not one certificate in PEM and nothing else; `openssl x509 -in F` "
                            "writes it so",
                            0);
    enum kc_err err = kc_certificate_decode(kc_bytes_of(der, n), &certificate, error);
    if (err != KC_OK)
        return err;
    if (!certificate.key_is_p256)
        return kc_error_set(error, KC_ERR_REFUSED,
                            "its key is not on P-256, as every root of SGX is", 0);
    if (!kc_bytes_equal(certificate.issuer, certificate.subject))
        return kc_error_set(error, KC_ERR_REFUSED,
                            "no root: another issued this certificate; name the root's, the last "
                            "of a PCK chain",
                            0);
    memcpy(out, certificate.public_key, sizeof certificate.public_key);
    return KC_OK;
}
