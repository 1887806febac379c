/*
 * An AMD certificate chain: VCEK up to ASK, or VLEK up to ASVK, up to ARK.
 *
 * ARK is trusted by its whole public key, which also says the product; a name decides nothing
 * alone. The certificates may come from anybody. Dates are judged apart, so that what is learned
 * here can be remembered and its dates checked again at each use.
 */
#ifndef KC_VERIFY_AMD_CHAIN_H
#define KC_VERIFY_AMD_CHAIN_H

#include "formats/amd_certificate.h"

struct kc_amd_root {
    enum kc_snp_product product;
    uint8_t spki_sha256[32]; /* of the SubjectPublicKeyInfo of ARK */
};

#define KC_AMD_ROOTS 3

/* AMD's own: Milan, Genoa, Turin. */
extern const struct kc_amd_root kc_amd_chain_roots[KC_AMD_ROOTS];

/* DER; views. */
struct kc_amd_certificates {
    struct kc_bytes vek;
    struct kc_bytes ask; /* or ASVK */
    struct kc_bytes ark;
    struct kc_bytes list; /* ARK's revocation list; a `ptr` of NULL: there is none */
};

enum kc_amd_fault {
    KC_AMD_GOOD = 0,
    KC_AMD_SHAPE,     /* a certificate does not decode */
    KC_AMD_ROOT,      /* the last one bears none of the trusted keys */
    KC_AMD_ROLE,      /* name, key or extensions are not those of its place */
    KC_AMD_LINK,      /* issuer and subject, or key identifiers, do not join */
    KC_AMD_SIGNATURE, /* a signature does not hold */
    KC_AMD_ENDORSED, /* genuine, and what it says of its key cannot be read or contradicts itself */
    KC_AMD_LIST,     /* the chain holds, and the list beside it is not ARK's, or damaged */
    KC_AMD_REVOKED,  /* the list has ASK, ASVK or ARK */
};

struct kc_amd_chain_verdict {
    enum kc_amd_fault fault;
    size_t index;     /* 0 leaf, 1 ASK or ASVK, 2 ARK */
    const char *what; /* a literal that says it in words */
    uint64_t at;      /* an offset or number that belongs to it */
};

/* What a genuine chain says of the key that signs reports. Holds no views. */
struct kc_amd_endorsement {
    enum kc_snp_product product;
    enum kc_snp_signing_key signing_key; /* KC_SNP_KEY_VCEK or KC_SNP_KEY_VLEK */
    uint8_t public_key[96];              /* P-384 x || y */
    struct kc_snp_tcb tcb;
    uint8_t chip_id[64]; /* of a VCEK, padded with zeros behind as in reports; else zero */
    char product_name[17];
    char csp_id[KC_AMD_CSP_ID_MAX + 1]; /* of a VLEK; else "" */
    int64_t not_before;                 /* when all three are valid: first and last second */
    int64_t not_after;
    bool has_list;
    int64_t list_issued; /* thisUpdate and nextUpdate of the list */
    int64_t list_expires;
};

/* Judges all but the dates. `out` is written when the chain is good, or revoked and nothing else.
 */
struct kc_amd_chain_verdict kc_amd_chain_verify(const struct kc_amd_certificates *certificates,
                                                const struct kc_amd_root *roots, size_t root_count,
                                                struct kc_amd_endorsement *out);

/*
 * The same without the leaf, which may come from elsewhere. Of `out` is written which product it is
 * for, what kind of leaf it may issue, and the dates.
 */
struct kc_amd_chain_verdict
kc_amd_chain_verify_issuers(const struct kc_amd_certificates *certificates,
                            const struct kc_amd_root *roots, size_t root_count,
                            struct kc_amd_endorsement *out);

#endif
