#include "verify/chain.h"

#include <string.h>

enum { PCK, PCK_CA }; /* places of a PCK chain */

#define CHAIN_MAX 3

/* The key of CN=Intel SGX Root CA, serial number 22650cd65a9d3489f383b49552bf501b392706ac. */
const uint8_t kc_chain_intel_root_key[64] = {
    0x0b, 0xa9, 0xc4, 0xc0, 0xc0, 0xc8, 0x61, 0x93, 0xa3, 0xfe, 0x23, 0xd6, 0xb0, 0x2c, 0xda, 0x10,
    0xa8, 0xbb, 0xd4, 0xe8, 0x8e, 0x48, 0xb4, 0x45, 0x85, 0x61, 0xa3, 0x6e, 0x70, 0x55, 0x25, 0xf5,
    0x67, 0x91, 0x8e, 0x2e, 0xdc, 0x88, 0xe4, 0x0d, 0x86, 0x0b, 0xd0, 0xcc, 0x4e, 0xe2, 0x6a, 0xac,
    0xc9, 0x88, 0xe5, 0x05, 0xa9, 0x53, 0x55, 0x8c, 0x45, 0x3f, 0x6b, 0x09, 0x04, 0xae, 0x73, 0x94,
};

static struct kc_chain_verdict found(enum kc_chain_fault fault, size_t index, const char *what)
{
    return (struct kc_chain_verdict){fault, index, what};
}

static const struct kc_chain_verdict good = {KC_CHAIN_GOOD, 0, "the chain holds"};

/* Common names are "Intel " or "Simulated " and one of these. */
static const char *const pck_names[] = {"SGX PCK Certificate", NULL};
static const char *const pck_ca_names[] = {"SGX PCK Platform CA", "SGX PCK Processor CA", NULL};
static const char *const tcb_signing_names[] = {"SGX TCB Signing", NULL};
static const char *const root_names[] = {"SGX Root CA", NULL};
static const char *const makers[] = {"Intel ", "Simulated "};

/* One place of a chain: what may stand there, and what to say where something else does. */
struct place {
    const char *const *names;
    const char *fault;
};

/* The last place is the root's; those before `first_ca` issue nothing. */
struct kind {
    size_t len;
    size_t first_ca;
    const char *len_fault;
    struct place place[CHAIN_MAX];
};

static const struct kind pck_kind = {
    .len = 3,
    .first_ca = PCK_CA,
    .len_fault = "the chain is not three certificates: leaf, intermediate, root",
    .place = {{pck_names, "the first certificate is not called SGX PCK Certificate"},
              {pck_ca_names, "the second certificate is called neither SGX PCK Platform CA nor SGX "
                             "PCK Processor CA"},
              {root_names, "the third certificate is not called SGX Root CA"}},
};

static const struct kind tcb_signing_kind = {
    .len = 2,
    .first_ca = 1,
    .len_fault = "the chain is not two certificates: TCB signing, root",
    .place = {{tcb_signing_names, "the first certificate is not called SGX TCB Signing"},
              {root_names, "the second certificate is not called SGX Root CA"}},
};

static const struct kind pck_ca_kind = {
    .len = 2,
    .first_ca = 0,
    .len_fault = "the chain is not two certificates: PCK CA, root",
    .place = {{pck_ca_names, "the first certificate is called neither SGX PCK Platform CA nor SGX "
                             "PCK Processor CA"},
              {root_names, "the second certificate is not called SGX Root CA"}},
};

/* What stands after `prefix`; {NULL, 0} when the name begins otherwise. */
static struct kc_bytes after_prefix(struct kc_bytes name, const char *prefix)
{
    size_t n = strlen(prefix);
    if (name.len <= n || memcmp(name.ptr, prefix, n) != 0)
        return kc_bytes_of(NULL, 0);
    return kc_bytes_of(name.ptr + n, name.len - n);
}

static bool is_called(const struct kc_certificate *certificate, const char *maker,
                      const char *const *names)
{
    struct kc_bytes role = after_prefix(certificate->subject_common_name, maker);
    for (; *names != NULL; names++) {
        if (role.len > 0 && kc_bytes_equal(role, kc_bytes_of_text(*names)))
            return true;
    }
    return false;
}

static struct kc_chain_verdict check_names(const struct kind *kind,
                                           const struct kc_pck_chain *chain)
{
    const char *maker = makers[0];
    if (after_prefix(chain->certificate[kind->len - 1].subject_common_name, maker).len == 0)
        maker = makers[1];
    for (size_t i = 0; i < kind->len; i++) {
        if (!is_called(&chain->certificate[i], maker, kind->place[i].names))
            return found(KC_CHAIN_SHAPE, i, kind->place[i].fault);
    }
    return good;
}

static struct kc_chain_verdict check_profile(const struct kc_certificate *certificate, size_t i,
                                             struct kc_signatures *known)
{
    if (!certificate->key_is_p256 || !kc_signatures_is_point(known, certificate->public_key))
        return found(KC_CHAIN_SHAPE, i, "its key is not an uncompressed point of P-256");
    if (!certificate->signature_is_ecdsa_sha256)
        return found(KC_CHAIN_SHAPE, i, "it is not signed with ECDSA and SHA-256");
    if (certificate->has_unknown_critical)
        return found(KC_CHAIN_SHAPE, i, "it has a critical extension that is not known here");
    if (!certificate->has_basic_constraints || !certificate->has_key_usage ||
        certificate->subject_key_id.len == 0 || certificate->authority_key_id.len == 0)
        return found(KC_CHAIN_SHAPE, i,
                     "it lacks basic constraints, key usage or one of the two key identifiers");
    return good;
}

/* The Platform CA writes the platform's data into the SGX extension, the Processor CA does not. */
static struct kc_chain_verdict check_pck_extension(const struct kc_pck_chain *chain)
{
    struct kc_pck_extension extension;
    if (kc_pck_extension_decode(&chain->certificate[PCK], &extension, NULL) != KC_OK)
        return found(KC_CHAIN_SHAPE, PCK, "its SGX extension is absent or off Intel's profile");
    struct kc_bytes issuer = chain->certificate[PCK_CA].subject_common_name;
    struct kc_bytes platform = kc_bytes_of_text("Platform CA");
    bool by_platform_ca =
        issuer.len > platform.len &&
        kc_bytes_equal(kc_bytes_of(issuer.ptr + issuer.len - platform.len, platform.len), platform);
    if (extension.has_platform != by_platform_ca)
        return found(KC_CHAIN_SHAPE, PCK,
                     "its SGX extension has platform data exactly where its issuer has none");
    return good;
}

/* Nothing but a PCK certificate has an SGX extension. */
static struct kc_chain_verdict check_extensions(const struct kind *kind,
                                                const struct kc_pck_chain *chain)
{
    bool has_pck = kind == &pck_kind;
    struct kc_pck_extension extension;
    struct kc_chain_verdict verdict = has_pck ? check_pck_extension(chain) : good;
    for (size_t i = has_pck ? PCK_CA : 0; verdict.fault == KC_CHAIN_GOOD && i < kind->len; i++) {
        if (kc_pck_extension_decode(&chain->certificate[i], &extension, NULL) != KC_ERR_ABSENT)
            return found(KC_CHAIN_SHAPE, i, "it has an SGX extension and is no PCK certificate");
    }
    return verdict;
}

static struct kc_chain_verdict
check_shape(const struct kind *kind, const struct kc_pck_chain *chain, struct kc_signatures *known)
{
    if (chain->count != kind->len)
        return found(KC_CHAIN_SHAPE, 0, kind->len_fault);
    struct kc_chain_verdict verdict = check_names(kind, chain);
    for (size_t i = 0; verdict.fault == KC_CHAIN_GOOD && i < kind->len; i++)
        verdict = check_profile(&chain->certificate[i], i, known);
    return verdict.fault != KC_CHAIN_GOOD ? verdict : check_extensions(kind, chain);
}

/* The root is its own parent. */
static const struct kc_certificate *parent_of(const struct kc_pck_chain *chain, size_t i)
{
    return &chain->certificate[i + 1 < chain->count ? i + 1 : i];
}

static struct kc_chain_verdict check_links(const struct kc_pck_chain *chain)
{
    for (size_t i = 0; i < chain->count; i++) {
        const struct kc_certificate *child = &chain->certificate[i];
        const struct kc_certificate *parent = parent_of(chain, i);
        if (!kc_bytes_equal(child->issuer, parent->subject))
            return found(KC_CHAIN_LINK, i, "its issuer is not the subject of the next certificate");
        if (!kc_bytes_equal(child->authority_key_id, parent->subject_key_id))
            return found(KC_CHAIN_LINK, i,
                         "its authority key identifier is not the next one's subject key "
                         "identifier");
    }
    return good;
}

static struct kc_chain_verdict check_end(const struct kc_certificate *end)
{
    const uint32_t issuing = KC_KEY_USAGE_KEY_CERT_SIGN | KC_KEY_USAGE_CRL_SIGN;
    if (end->is_ca || (end->key_usage & issuing) != 0)
        return found(KC_CHAIN_AUTHORITY, 0, "a certificate of its name must not be a CA");
    if ((end->key_usage & KC_KEY_USAGE_DIGITAL_SIGNATURE) == 0)
        return found(KC_CHAIN_AUTHORITY, 0, "its key usage does not allow signatures");
    return good;
}

static struct kc_chain_verdict check_authority(const struct kind *kind,
                                               const struct kc_pck_chain *chain)
{
    struct kc_chain_verdict verdict = kind->first_ca > 0 ? check_end(&chain->certificate[0]) : good;
    for (size_t i = kind->first_ca; verdict.fault == KC_CHAIN_GOOD && i < kind->len; i++) {
        const struct kc_certificate *ca = &chain->certificate[i];
        int below = (int)(i - kind->first_ca); /* CA certificates between it and the end */
        if (!ca->is_ca)
            return found(KC_CHAIN_AUTHORITY, i, "it issues certificates and is no CA");
        if (!ca->basic_constraints_critical) /* RFC 5280, 4.2.1.9 */
            return found(KC_CHAIN_AUTHORITY, i, "its basic constraints are not critical");
        if (ca->path_len >= 0 && ca->path_len < below)
            return found(KC_CHAIN_AUTHORITY, i, "its path length allows no CA below it");
        if ((ca->key_usage & KC_KEY_USAGE_KEY_CERT_SIGN) == 0)
            return found(KC_CHAIN_AUTHORITY, i, "its key usage does not allow it to issue");
    }
    return verdict;
}

/* From the trusted end: a signature under a key that is not known to be good says nothing. */
static struct kc_chain_verdict check_signatures(const struct kc_pck_chain *chain,
                                                struct kc_signatures *known)
{
    for (size_t i = chain->count; i-- > 0;) {
        const struct kc_certificate *child = &chain->certificate[i];
        if (!kc_signatures_verify(known, parent_of(chain, i)->public_key, child->tbs,
                                  child->signature))
            return found(KC_CHAIN_SIGNATURE, i, "its signature does not hold");
    }
    return good;
}

struct kc_chain_verdict kc_chain_judge_dates(const struct kc_certificate *certificates,
                                             size_t count, int64_t now)
{
    for (size_t i = 0; i < count; i++) {
        if (now < certificates[i].not_before)
            return found(KC_CHAIN_NOT_YET, i, "it is not valid yet at this time");
    }
    for (size_t i = 0; i < count; i++) {
        if (now > certificates[i].not_after)
            return found(KC_CHAIN_EXPIRED, i, "it has expired by this time");
    }
    return good;
}

struct kc_chain_verdict kc_chain_verify(enum kc_chain_kind which, const struct kc_pck_chain *chain,
                                        const uint8_t root_key[64], int64_t now,
                                        struct kc_signatures *known)
{
    static const struct kind *const kinds[] = {
        [KC_CHAIN_PCK] = &pck_kind,
        [KC_CHAIN_TCB_SIGNING] = &tcb_signing_kind,
        [KC_CHAIN_PCK_CA] = &pck_ca_kind,
    };
    const struct kind *kind = kinds[which];
    bool ends_well = chain->count == kind->len &&
                     memcmp(chain->certificate[kind->len - 1].public_key, root_key, 64) == 0;
    if (!ends_well)
        known = NULL; /* others' keys are not worth the room */
    struct kc_chain_verdict verdict = check_shape(kind, chain, known);
    if (verdict.fault != KC_CHAIN_GOOD)
        return verdict;
    if (!ends_well)
        return found(KC_CHAIN_ROOT, kind->len - 1,
                     "the chain ends in another root than the trusted one");
    verdict = check_links(chain);
    if (verdict.fault == KC_CHAIN_GOOD)
        verdict = check_authority(kind, chain);
    if (verdict.fault == KC_CHAIN_GOOD)
        verdict = check_signatures(chain, known);
    if (verdict.fault == KC_CHAIN_GOOD)
        verdict = kc_chain_judge_dates(chain->certificate, chain->count, now);
    return verdict;
}

struct kc_chain_verdict kc_chain_verify_pck(const struct kc_pck_chain *chain,
                                            const uint8_t root_key[64], int64_t now)
{
    return kc_chain_verify(KC_CHAIN_PCK, chain, root_key, now, NULL);
}

struct kc_chain_verdict kc_chain_verify_tcb_signing(const struct kc_pck_chain *chain,
                                                    const uint8_t root_key[64], int64_t now)
{
    return kc_chain_verify(KC_CHAIN_TCB_SIGNING, chain, root_key, now, NULL);
}

struct kc_chain_verdict kc_chain_verify_pck_ca(const struct kc_pck_chain *chain,
                                               const uint8_t root_key[64], int64_t now)
{
    return kc_chain_verify(KC_CHAIN_PCK_CA, chain, root_key, now, NULL);
}
