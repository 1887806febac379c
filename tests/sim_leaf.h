/*
 * More platforms than the simulated machine is: PCK certificates of other keys, serial numbers and
 * FMSPCs under the same CA, quotes under them, and TCB info for them. For tests and benchmarks.
 */
#ifndef KC_TESTS_SIM_LEAF_H
#define KC_TESTS_SIM_LEAF_H

#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "base/hex.h"
#include "formats/tcb_info.h"
#include "sim/quoting_enclave.h"
#include "sim/state_parts.h"

/* Writes another FMSPC into the SGX extension. */
static inline bool sim_leaf_set_fmspc(X509 *x, const uint8_t fmspc[6])
{
    for (int i = 0; i < X509_get_ext_count(x); i++) {
        ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(X509_get_ext(x, i));
        uint8_t copy[1024];
        int len = ASN1_STRING_length(value);
        if (len > (int)sizeof copy)
            continue;
        memcpy(copy, ASN1_STRING_get0_data(value), (size_t)len);
        uint8_t *at = memmem(copy, (size_t)len, kc_sim_platform.fmspc, 6);
        if (at == NULL)
            continue;
        memcpy(at, fmspc, 6);
        return ASN1_STRING_set(value, copy, len) == 1;
    }
    return false;
}

/* Gives the machine another PCK. `fmspc` may be NULL: its own. */
static inline bool sim_leaf_renew(struct kc_sim_state *state, const uint8_t *fmspc)
{
    struct kc_sim_pki *pki = &state->pki;
    EVP_PKEY *key = kc_sim_pki_new_key();
    X509 *x = X509_dup(pki->certificate[KC_SIM_PCK]);
    uint8_t serial[16];
    bool ok = key != NULL && x != NULL && RAND_bytes(serial, sizeof serial) == 1;
    if (ok) {
        serial[0] = (uint8_t)((serial[0] & 0x3f) | 0x40);
        BIGNUM *number = BN_bin2bn(serial, sizeof serial, NULL);
        ok = BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) != NULL &&
             X509_set_pubkey(x, key) == 1 && (fmspc == NULL || sim_leaf_set_fmspc(x, fmspc)) &&
             X509_sign(x, pki->key[KC_SIM_PLATFORM_CA], EVP_sha256()) > 0;
        BN_free(number);
    }
    if (!ok) {
        EVP_PKEY_free(key);
        X509_free(x);
        return false;
    }
    EVP_PKEY_free(pki->key[KC_SIM_PCK]);
    X509_free(pki->certificate[KC_SIM_PCK]);
    pki->key[KC_SIM_PCK] = key;
    pki->certificate[KC_SIM_PCK] = x;
    return true;
}

/* A quote of a made-up enclave under the machine's present PCK; 0: failed. */
static inline size_t sim_leaf_quote(const struct kc_sim_state *state, uint8_t out[KC_SIM_QUOTE_MAX])
{
    struct kc_sim_secs secs = {.mrenclave = {0x4b, 0x43},
                               .attributes = {KC_SGX_FLAG_INIT | KC_SGX_FLAG_MODE64BIT, 7}};
    const uint8_t report_data[KC_SGX_REPORT_DATA_SIZE] = {1, 2, 3};
    uint8_t target[KC_SGX_TARGETINFO_SIZE];
    uint8_t report[KC_SGX_REPORT_SIZE];
    size_t len = 0;
    kc_sim_qe_target_info(target);
    kc_sim_ereport(kc_sim_state_processor(state), &secs, target, report_data, report);
    return kc_sim_qe_quote(state, report, (struct kc_room){out, KC_SIM_QUOTE_MAX}, &len) ==
                   KC_SIM_QE_OK
               ? len
               : 0;
}

/* The TCB info `body` for another FMSPC, signed anew; the caller frees. NULL: failed. */
static inline char *sim_leaf_tcb_info(const struct kc_sim_state *state, struct kc_bytes body,
                                      const uint8_t fmspc[6])
{
    struct kc_tcb_info *info = malloc(sizeof *info);
    uint8_t signature[64];
    char hex[129];
    char old[13];
    char new[13];
    char *inner = NULL;
    char *text = NULL;
    kc_hex_encode_lower(kc_bytes_of(kc_sim_platform.fmspc, 6), old);
    kc_hex_encode_lower(kc_bytes_of(fmspc, 6), new);
    if (info != NULL && kc_tcb_info_decode(body, info, NULL) == KC_OK)
        inner = strndup((const char *)info->body.signed_part.ptr, info->body.signed_part.len);
    free(info);
    char *at = inner != NULL ? strcasestr(inner, old) : NULL;
    if (at != NULL) {
        memcpy(at, new, 12);
        if (kc_sim_pki_sign(state->pki.key[KC_SIM_TCB_SIGNING], kc_bytes_of_text(inner),
                            signature)) {
            kc_hex_encode_lower(kc_bytes_of(signature, 64), hex);
            if (asprintf(&text, "{\"tcbInfo\":%s,\"signature\":\"%s\"}", inner, hex) < 0)
                text = NULL;
        }
    }
    free(inner);
    return text;
}

#endif
