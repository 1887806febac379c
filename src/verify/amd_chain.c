#include "verify/amd_chain.h"

#include <string.h>

#include "verify/amd_crl.h"
#include "verify/ecdsa.h"
#include "verify/rsa_pss.h"

enum { LEAF, ASK, ARK, CHAIN_LEN };

/* The keys of CN=ARK-Milan, ARK-Genoa and ARK-Turin, serial numbers 010000, 020000 and 030000, as
 * https://kdsintf.amd.com/vcek/v1/<product>/cert_chain gives them. */
const struct kc_amd_root kc_amd_chain_roots[KC_AMD_ROOTS] = {
    {KC_SNP_MILAN,
     {
         0x9f, 0x05, 0x6b, 0xee, 0x44, 0x37, 0x7e, 0x29, 0x30, 0x8c, 0xb5,
         0xff, 0xa8, 0x95, 0xbd, 0xfb, 0x62, 0xd1, 0x88, 0x81, 0xfa, 0x6b,
         0xed, 0x8d, 0x6f, 0x07, 0x5b, 0x02, 0x04, 0x08, 0x9c, 0xb9,
     }},
    {KC_SNP_GENOA,
     {
         0x42, 0x9a, 0x69, 0xc9, 0x42, 0x2a, 0xa2, 0x58, 0xee, 0x4d, 0x8d,
         0xb5, 0xfc, 0xda, 0x9c, 0x64, 0x70, 0xef, 0x15, 0xf8, 0xcd, 0x5a,
         0x9c, 0xeb, 0xd6, 0xcb, 0xc7, 0xd9, 0x0b, 0x86, 0x38, 0x31,
     }},
    {KC_SNP_TURIN,
     {
         0x4f, 0x12, 0x54, 0x10, 0x56, 0x3a, 0x2a, 0xb9, 0xa5, 0x03, 0x56,
         0xf9, 0x24, 0x3f, 0x6f, 0xe0, 0xb6, 0xf7, 0x3d, 0xe9, 0x86, 0x03,
         0xf5, 0x3f, 0x90, 0x33, 0x9c, 0x70, 0xe9, 0xd7, 0xad, 0x08,
     }},
};

struct chain {
    size_t first; /* LEAF, or ASK where the leaf is not asked about */
    struct kc_amd_certificate certificate[CHAIN_LEN];
    enum kc_snp_product product;
    enum kc_snp_signing_key signing_key;
};

static const struct kc_amd_chain_verdict good = {KC_AMD_GOOD, LEAF, "the chain holds", 0};

static struct kc_amd_chain_verdict found(enum kc_amd_fault fault, size_t index, const char *what)
{
    return (struct kc_amd_chain_verdict){fault, index, what, 0};
}

static struct kc_amd_chain_verdict decode(const struct kc_amd_certificates *in, struct chain *out)
{
    const struct kc_bytes der[CHAIN_LEN] = {in->vek, in->ask, in->ark};
    for (size_t i = out->first; i < CHAIN_LEN; i++) {
        struct kc_error error = KC_ERROR_NONE;
        if (kc_amd_certificate_decode(der[i], &out->certificate[i], &error) != KC_OK)
            return (struct kc_amd_chain_verdict){KC_AMD_SHAPE, i, error.what, error.at};
    }
    return good;
}

static struct kc_amd_chain_verdict check_root(struct chain *chain, const struct kc_amd_root *roots,
                                              size_t root_count)
{
    uint8_t hash[32];
    if (!kc_sha256(chain->certificate[ARK].x509.spki, hash))
        return found(KC_AMD_ROOT, ARK, "SHA-256 failed");
    for (size_t i = 0; i < root_count; i++) {
        if (memcmp(hash, roots[i].spki_sha256, sizeof hash) == 0) {
            chain->product = roots[i].product;
            return good;
        }
    }
    return found(KC_AMD_ROOT, ARK, "the chain ends in another ARK than the trusted ones");
}

/* True when `name` is `prefix` and the product's name. */
static bool is_called(struct kc_bytes name, const char *prefix, enum kc_snp_product product)
{
    size_t n = strlen(prefix);
    if (name.len < n || memcmp(name.ptr, prefix, n) != 0)
        return false;
    return kc_bytes_equal(kc_bytes_of(name.ptr + n, name.len - n),
                          kc_bytes_of_text(kc_snp_report_product_name(product)));
}

/* A CA for `path_len` more below it at least. */
static const char *authority_fault(const struct kc_amd_certificate *certificate, int path_len)
{
    const struct kc_certificate *x = &certificate->x509;
    if (certificate->key_is_p384)
        return "the key of a CA is not RSA-4096";
    if (!x->is_ca || !x->basic_constraints_critical)
        return "a CA is not marked as one";
    if (x->path_len >= 0 && x->path_len < path_len)
        return "the path length does not allow the CA below it";
    if (!x->has_key_usage || (x->key_usage & KC_KEY_USAGE_KEY_CERT_SIGN) == 0)
        return "a CA's key usage does not allow it to sign certificates";
    return x->has_unknown_critical ? "a critical extension is unknown" : NULL;
}

static const char *leaf_fault(const struct kc_amd_certificate *certificate)
{
    const struct kc_certificate *x = &certificate->x509;
    if (!certificate->key_is_p384)
        return "the key of a VCEK or VLEK is not P-384";
    if (x->is_ca)
        return "a VCEK or VLEK is marked as a CA";
    if (x->has_key_usage && (x->key_usage & KC_KEY_USAGE_DIGITAL_SIGNATURE) == 0)
        return "the leaf's key usage does not allow it to sign";
    return x->has_unknown_critical ? "a critical extension is unknown" : NULL;
}

/* Which kind of leaf the second certificate may issue, and whether the first one is that: a
 * provider's ASVK must not make chips, nor ASK providers' keys. */
static struct kc_amd_chain_verdict check_names(struct chain *chain)
{
    struct kc_bytes name[CHAIN_LEN];
    for (size_t i = 0; i < CHAIN_LEN; i++)
        name[i] = chain->certificate[i].x509.subject_common_name;
    if (!is_called(name[ARK], "ARK-", chain->product))
        return found(KC_AMD_ROLE, ARK, "the third certificate is not called ARK-<its product>");
    if (is_called(name[ASK], "SEV-", chain->product))
        chain->signing_key = KC_SNP_KEY_VCEK;
    else if (is_called(name[ASK], "SEV-VLEK-", chain->product))
        chain->signing_key = KC_SNP_KEY_VLEK;
    else
        return found(KC_AMD_ROLE, ASK,
                     "the second certificate is called neither SEV-<product> nor "
                     "SEV-VLEK-<product>");
    bool is_vcek = chain->signing_key == KC_SNP_KEY_VCEK;
    if (chain->first == LEAF &&
        !kc_bytes_equal(name[LEAF], kc_bytes_of_text(is_vcek ? "SEV-VCEK" : "SEV-VLEK")))
        return found(KC_AMD_ROLE, LEAF,
                     is_vcek ? "the leaf under ASK is not called SEV-VCEK"
                             : "the leaf under ASVK is not called SEV-VLEK");
    return good;
}

static struct kc_amd_chain_verdict check_roles(struct chain *chain)
{
    struct kc_amd_chain_verdict verdict = check_names(chain);
    if (verdict.fault != KC_AMD_GOOD)
        return verdict;
    const char *fault = chain->first == LEAF ? leaf_fault(&chain->certificate[LEAF]) : NULL;
    if (fault != NULL)
        return found(KC_AMD_ROLE, LEAF, fault);
    fault = authority_fault(&chain->certificate[ASK], 0);
    if (fault != NULL)
        return found(KC_AMD_ROLE, ASK, fault);
    fault = authority_fault(&chain->certificate[ARK], 1);
    return fault != NULL ? found(KC_AMD_ROLE, ARK, fault) : good;
}

/* AMD's leaves name no keys, only their issuer; where both sides name one, it must be the same. */
static struct kc_amd_chain_verdict check_links(const struct chain *chain)
{
    for (size_t i = chain->first; i < CHAIN_LEN; i++) {
        const struct kc_certificate *x = &chain->certificate[i].x509;
        const struct kc_certificate *issuer = &chain->certificate[i == ARK ? ARK : i + 1].x509;
        if (!kc_bytes_equal(x->issuer, issuer->subject))
            return found(KC_AMD_LINK, i, "the issuer is not the next certificate's subject");
        if (x->authority_key_id.len > 0 && issuer->subject_key_id.len > 0 &&
            !kc_bytes_equal(x->authority_key_id, issuer->subject_key_id))
            return found(KC_AMD_LINK, i, "the issuer's key identifier is another one");
    }
    return good;
}

/* ARK's own too: its key is trusted, its dates are not before this. */
static struct kc_amd_chain_verdict check_signatures(const struct chain *chain)
{
    for (size_t i = CHAIN_LEN; i-- > chain->first;) {
        const struct kc_amd_certificate *c = &chain->certificate[i];
        const struct kc_amd_certificate *issuer = &chain->certificate[i == ARK ? ARK : i + 1];
        if (!kc_rsa_pss_verify(issuer->key.ptr, c->x509.tbs, c->signature.ptr))
            return found(KC_AMD_SIGNATURE, i, "its signature is not of the next certificate's key");
    }
    return good;
}

/* "Milan" or "Milan-B0". */
static bool names_product(struct kc_bytes name, enum kc_snp_product product)
{
    const uint8_t *dash = memchr(name.ptr, '-', name.len);
    size_t len = dash != NULL ? (size_t)(dash - name.ptr) : name.len;
    return kc_bytes_equal(kc_bytes_of(name.ptr, len),
                          kc_bytes_of_text(kc_snp_report_product_name(product)));
}

static const char *endorsed_fault(const struct kc_amd_vek *vek, const struct chain *chain)
{
    bool is_turin = chain->product == KC_SNP_TURIN;
    bool is_vcek = chain->signing_key == KC_SNP_KEY_VCEK;
    if (!names_product(vek->product_name, chain->product))
        return "the certificate is for another product than its ARK";
    if (vek->has_fmc != is_turin)
        return "the certificate's TCB has not the parts of its product";
    if (is_vcek && (vek->chip_id.len != (is_turin ? 8 : 64) || vek->csp_id.len != 0))
        return "a VCEK certificate names no chip of its product, or a provider";
    if (!is_vcek && (vek->chip_id.len != 0 || vek->csp_id.len == 0))
        return "a VLEK certificate names a chip, or no provider";
    return NULL;
}

static void endorse_leaf(const struct chain *chain, const struct kc_amd_vek *vek,
                         struct kc_amd_endorsement *out)
{
    out->tcb = vek->tcb;
    memcpy(out->public_key, chain->certificate[LEAF].key.ptr, sizeof out->public_key);
    memcpy(out->product_name, vek->product_name.ptr, vek->product_name.len);
    if (vek->chip_id.len > 0)
        memcpy(out->chip_id, vek->chip_id.ptr, vek->chip_id.len);
    if (vek->csp_id.len > 0)
        memcpy(out->csp_id, vek->csp_id.ptr, vek->csp_id.len);
}

static void endorse(const struct chain *chain, struct kc_amd_endorsement *out)
{
    const struct kc_amd_certificate *c = chain->certificate;
    out->product = chain->product;
    out->signing_key = chain->signing_key;
    out->not_before = c[ARK].x509.not_before;
    out->not_after = c[ARK].x509.not_after;
    for (size_t i = chain->first; i < ARK; i++) {
        if (c[i].x509.not_before > out->not_before)
            out->not_before = c[i].x509.not_before;
        if (c[i].x509.not_after < out->not_after)
            out->not_after = c[i].x509.not_after;
    }
}

static struct kc_amd_chain_verdict read_leaf(const struct chain *chain,
                                             struct kc_amd_endorsement *out)
{
    struct kc_amd_vek vek = {0};
    struct kc_error error = KC_ERROR_NONE;
    if (kc_amd_vek_decode(&chain->certificate[LEAF], &vek, &error) != KC_OK)
        return (struct kc_amd_chain_verdict){KC_AMD_ENDORSED, LEAF, error.what, error.at};
    const char *fault = endorsed_fault(&vek, chain);
    if (fault != NULL)
        return found(KC_AMD_ENDORSED, LEAF, fault);
    endorse_leaf(chain, &vek, out);
    return good;
}

static struct kc_amd_chain_verdict check_list(const struct chain *chain, struct kc_bytes list,
                                              struct kc_amd_endorsement *out)
{
    struct kc_crl crl;
    uint64_t at = 0;
    const char *fault = kc_amd_crl_verify(list, &chain->certificate[ARK], &crl, &at);
    if (fault != NULL)
        return (struct kc_amd_chain_verdict){KC_AMD_LIST, ARK, fault, at};
    out->has_list = true;
    out->list_issued = crl.this_update;
    out->list_expires = crl.next_update;
    if (kc_crl_has_serial(&crl, chain->certificate[ARK].x509.serial))
        return found(KC_AMD_REVOKED, ARK, "AMD has revoked ARK");
    if (kc_crl_has_serial(&crl, chain->certificate[ASK].x509.serial))
        return found(KC_AMD_REVOKED, ASK, "AMD has revoked ASK or ASVK");
    return good;
}

static struct kc_amd_chain_verdict verify(const struct kc_amd_certificates *certificates,
                                          size_t first, const struct kc_amd_root *roots,
                                          size_t root_count, struct kc_amd_endorsement *out)
{
    struct chain chain = {.first = first, .product = KC_SNP_UNKNOWN};
    struct kc_amd_endorsement endorsement = {0};
    struct kc_amd_chain_verdict verdict = decode(certificates, &chain);
    if (verdict.fault == KC_AMD_GOOD)
        verdict = check_root(&chain, roots, root_count);
    if (verdict.fault == KC_AMD_GOOD)
        verdict = check_roles(&chain);
    if (verdict.fault == KC_AMD_GOOD)
        verdict = check_links(&chain);
    if (verdict.fault == KC_AMD_GOOD)
        verdict = check_signatures(&chain);
    if (verdict.fault == KC_AMD_GOOD && first == LEAF)
        verdict = read_leaf(&chain, &endorsement);
    if (verdict.fault == KC_AMD_GOOD && certificates->list.ptr != NULL)
        verdict = check_list(&chain, certificates->list, &endorsement);
    if (verdict.fault != KC_AMD_GOOD && verdict.fault != KC_AMD_REVOKED)
        return verdict;
    endorse(&chain, &endorsement);
    *out = endorsement;
    return verdict;
}

struct kc_amd_chain_verdict kc_amd_chain_verify(const struct kc_amd_certificates *certificates,
                                                const struct kc_amd_root *roots, size_t root_count,
                                                struct kc_amd_endorsement *out)
{
    return verify(certificates, LEAF, roots, root_count, out);
}

struct kc_amd_chain_verdict
kc_amd_chain_verify_issuers(const struct kc_amd_certificates *certificates,
                            const struct kc_amd_root *roots, size_t root_count,
                            struct kc_amd_endorsement *out)
{
    return verify(certificates, ASK, roots, root_count, out);
}
