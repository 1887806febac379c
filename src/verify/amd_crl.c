#include "verify/amd_crl.h"

#include "verify/rsa_pss.h"

const char *kc_amd_crl_verify(struct kc_bytes der, const struct kc_amd_certificate *ark,
                              struct kc_crl *out, uint64_t *at)
{
    struct kc_error error = KC_ERROR_NONE;
    struct kc_crl crl;
    const struct kc_certificate *issuer = &ark->x509;
    *at = 0;
    if (kc_crl_decode_amd(der, &crl, &error) != KC_OK) {
        *at = error.at;
        return error.what;
    }
    if (!kc_bytes_equal(crl.issuer, issuer->subject) ||
        (issuer->subject_key_id.len > 0 &&
         !kc_bytes_equal(crl.authority_key_id, issuer->subject_key_id)))
        return "the revocation list is of another issuer than the chain's ARK";
    if ((issuer->key_usage & KC_KEY_USAGE_CRL_SIGN) == 0)
        return "the key usage of ARK does not allow it to sign lists";
    if (!kc_rsa_pss_verify(ark->key.ptr, crl.tbs, crl.pss_signature.ptr))
        return "the revocation list's signature is not of ARK's key";
    *out = crl;
    return NULL;
}
