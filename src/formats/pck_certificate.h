/*
 * The SGX extension of a PCK certificate, 1.2.840.113741.1.13.1 (Intel SGX PCK Certificate and
 * CRL Profile Specification, section 1.3.5), and the PEM chain that a quote carries.
 */
#ifndef KC_FORMATS_PCK_CERTIFICATE_H
#define KC_FORMATS_PCK_CERTIFICATE_H

#include "formats/certificate.h"

enum kc_sgx_type {
    KC_SGX_TYPE_STANDARD = 0,
    KC_SGX_TYPE_SCALABLE = 1,
    KC_SGX_TYPE_SCALABLE_WITH_INTEGRITY = 2,
};

struct kc_pck_extension {
    uint8_t ppid[16];
    uint8_t component_svn[16]; /* TCB components 1 to 16: these are matched against TCB info */
    uint16_t pce_svn;
    uint8_t cpu_svn[16]; /* the raw octets of 2.18, which may differ from the components */
    uint8_t pce_id[2];
    uint8_t fmspc[6];
    enum kc_sgx_type sgx_type;
    bool has_platform; /* issued by the Platform CA: the rest is there */
    uint8_t platform_instance_id[16];
    bool dynamic_platform;
    bool cached_keys;
    bool smt_enabled;
};

/* KC_ERR_ABSENT: the certificate has no such extension; KC_ERR_MALFORMED: breaks the profile. */
KC_MUST_USE enum kc_err kc_pck_extension_decode(const struct kc_certificate *certificate,
                                                struct kc_pck_extension *out,
                                                struct kc_error *error);

#define KC_PCK_CHAIN_MAX 4

/* A PEM chain, decoded. `der` holds the bytes that the certificates point into: never copy the
 * struct. About 18 KiB: allocate it. */
struct kc_pck_chain {
    size_t count;
    struct kc_certificate certificate[KC_PCK_CHAIN_MAX];
    uint8_t der[KC_PCK_CHAIN_MAX][KC_CERTIFICATE_MAX_SIZE];
};

/*
 * Decodes a strict PEM chain of 1 to KC_PCK_CHAIN_MAX certificates in the order found. One NUL at
 * the end is allowed, as Intel's library writes it. KC_ERR_ROOM: a certificate is larger than
 * KC_CERTIFICATE_MAX_SIZE. On failure `count` is 0.
 */
KC_MUST_USE enum kc_err kc_pck_chain_decode(struct kc_bytes pem, struct kc_pck_chain *out,
                                            struct kc_error *error);

#endif
