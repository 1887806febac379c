#include "verify/root.h"

#include <stdlib.h>
#include <string.h>

#include "base/pem.h"
#include "formats/certificate.h"
#include "verify/collateral_parts.h"
#include "verify/ecdsa.h"

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

/* "ARK-Milan" and so on. */
static bool read_product(struct kc_bytes name, enum kc_snp_product *out)
{
    static const char ark[] = "ARK-";
    size_t n = sizeof ark - 1;
    if (name.len <= n || memcmp(name.ptr, ark, n) != 0)
        return false;
    for (unsigned i = KC_SNP_MILAN; i < KC_SNP_PRODUCT_COUNT; i++) {
        *out = (enum kc_snp_product)i;
        if (kc_bytes_equal(kc_bytes_of(name.ptr + n, name.len - n),
                           kc_bytes_of_text(kc_snp_report_product_name(*out))))
            return true;
    }
    return false;
}

static enum kc_err take_amd(const struct kc_amd_certificate *certificate, struct kc_root *out,
                            struct kc_error *error)
{
    out->is_amd = true;
    if (!read_product(certificate->x509.subject_common_name, &out->amd.product) ||
        !kc_sha256(certificate->x509.spki, out->amd.spki_sha256))
        return kc_error_set(error, KC_ERR_REFUSED, "a root of AMD's shape that names no product",
                            0);
    return KC_OK;
}

/* One that another issued is no root, and passed over. */
static enum kc_err take(struct kc_bytes der, struct kc_root *out, size_t *roots,
                        struct kc_error *error)
{
    struct kc_certificate certificate;
    struct kc_amd_certificate amd;
    if (kc_amd_certificate_decode(der, &amd, NULL) == KC_OK) {
        if (!kc_bytes_equal(amd.x509.issuer, amd.x509.subject))
            return KC_OK;
        (*roots)++;
        return take_amd(&amd, out, error);
    }
    enum kc_err err = kc_certificate_decode(der, &certificate, error);
    if (err != KC_OK || !kc_bytes_equal(certificate.issuer, certificate.subject))
        return err;
    (*roots)++;
    if (!certificate.key_is_p256)
        return kc_error_set(error, KC_ERR_REFUSED,
                            "its key is not on P-256, as every root of SGX is", 0);
    memcpy(out->key, certificate.public_key, sizeof out->key);
    return KC_OK;
}

static enum kc_err read_tidy(struct kc_bytes pem, struct kc_root *out, struct kc_error *error)
{
    uint8_t der[KC_CERTIFICATE_MAX_SIZE];
    size_t n = 0;
    size_t roots = 0;
    struct kc_reader r = kc_reader_of(pem);
    do {
        if (kc_pem_read(&r, "CERTIFICATE", (struct kc_room){der, sizeof der}, &n, NULL) != KC_OK)
            return kc_error_set(error, KC_ERR_MALFORMED,
                                "not certificates in PEM and nothing else; `openssl x509 -in F` "
                                "writes one so",
                                0);
        enum kc_err err = take(kc_bytes_of(der, n), out, &roots, error);
        if (err != KC_OK)
            return err;
    } while (r.left > 0);
    if (roots == 0)
        return kc_error_set(error, KC_ERR_REFUSED,
                            "no root: another issued this certificate; name the root's, the last "
                            "of a chain",
                            0);
    if (roots > 1)
        return kc_error_set(error, KC_ERR_REFUSED, "more than one root: name the one you trust", 0);
    return KC_OK;
}

enum kc_err kc_root_read(struct kc_bytes pem, struct kc_root *out, struct kc_error *error)
{
    struct kc_root root = {0};
    if (pem.len > KC_ROOT_PEM_MAX)
        return kc_error_set(error, KC_ERR_ROOM, "larger than any chain", pem.len);
    uint8_t *room = malloc(pem.len + 1);
    if (room == NULL)
        return kc_error_set(error, KC_ERR_MEMORY, "no memory left", 0);
    enum kc_err err = read_tidy(kc_bytes_of(room, kc_collateral_tidy_pem(pem, room)), &root, error);
    free(room);
    if (err == KC_OK)
        *out = root;
    return err;
}
