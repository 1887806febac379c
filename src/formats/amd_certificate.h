/*
 * AMD's certificates for SEV-SNP: VCEK and VLEK (P-384 keys; Versioned Chip Endorsement Key
 * Certificate and KDS Interface Specification, 57230, section 3) and what signs them, ASK or ASVK
 * and ARK (RSA-4096). All are signed with RSASSA-PSS, SHA-384, a salt of 48 bytes.
 *
 * They are not of the profile of formats/certificate.h: serial numbers of leaves are zero, the
 * older signature algorithms spell out a default, and the key usage of an ASK has zeros behind its
 * last bit; DER forbids the last two. Those three are allowed here; all else is as strict.
 *
 * A decoded certificate is well formed; whether it is genuine is verify/amd_chain.h's question.
 */
#ifndef KC_FORMATS_AMD_CERTIFICATE_H
#define KC_FORMATS_AMD_CERTIFICATE_H

#include "formats/certificate.h"
#include "formats/snp_report.h"

#define KC_AMD_RSA_SIZE    512
#define KC_AMD_P384_SIZE   96
#define KC_AMD_CSP_ID_MAX  64
#define KC_AMD_CHIP_ID_MAX 64

struct kc_amd_certificate {
    /* Names, dates, extensions as there; its key and signature stay zero, for P-256 is none of
     * them. */
    struct kc_certificate x509;
    bool key_is_p384;          /* else RSA-4096 with the exponent 65537 */
    struct kc_bytes key;       /* view: x || y, or the modulus */
    struct kc_bytes signature; /* view: 512 octets */
};

/* KC_ERR_MALFORMED with the offset of what is wrong; KC_ERR_UNSUPPORTED for a version other than
 * 3, another key or another signature algorithm. */
KC_MUST_USE enum kc_err kc_amd_certificate_decode(struct kc_bytes der,
                                                  struct kc_amd_certificate *out,
                                                  struct kc_error *error);

/* Whether an AlgorithmIdentifier is the one that AMD signs with, in either of its forms. */
bool kc_amd_certificate_is_pss(struct kc_bytes algorithm);

/* What a VCEK or VLEK certificate says of its key (1.3.6.1.4.1.3704.1). Views point into the
 * certificate. */
struct kc_amd_vek {
    struct kc_bytes product_name; /* "Milan", or with its stepping "Milan-B0" */
    struct kc_snp_tcb tcb;
    bool has_fmc;            /* Turin */
    struct kc_bytes chip_id; /* 64 octets, of Turin 8; empty in a VLEK's */
    struct kc_bytes csp_id;  /* whom the VLEK was made for; empty in a VCEK's */
};

/* KC_ERR_ABSENT: without one of the extensions that every such certificate has;
 * KC_ERR_UNSUPPORTED: a later version of them; KC_ERR_MALFORMED. */
KC_MUST_USE enum kc_err kc_amd_vek_decode(const struct kc_amd_certificate *certificate,
                                          struct kc_amd_vek *out, struct kc_error *error);

#endif
