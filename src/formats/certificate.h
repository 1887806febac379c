/*
 * X.509 certificates (RFC 5280) in the profile of Intel's PCK, TCB signing and CA certificates:
 * version 3, P-256 keys, ecdsa-with-SHA256, strict DER.
 *
 * A decoded certificate is well formed; whether it is genuine is verify/chain.h's question.
 */
#ifndef KC_FORMATS_CERTIFICATE_H
#define KC_FORMATS_CERTIFICATE_H

#include "base/bytes.h"
#include "base/error.h"

#define KC_CERTIFICATE_MAX_SIZE 4096 /* bytes of DER of one of the PCK profile */

/* Bits of keyUsage, first bit lowest. */
#define KC_KEY_USAGE_DIGITAL_SIGNATURE 0x01u
#define KC_KEY_USAGE_KEY_CERT_SIGN     0x20u
#define KC_KEY_USAGE_CRL_SIGN          0x40u

/* All views point into the decoded DER. */
struct kc_certificate {
    struct kc_bytes der;                 /* the whole certificate */
    struct kc_bytes tbs;                 /* what the issuer signed, tag and length included */
    struct kc_bytes serial;              /* content octets of the INTEGER */
    struct kc_bytes issuer;              /* Name, tag and length included */
    struct kc_bytes subject;             /* likewise */
    struct kc_bytes subject_common_name; /* the string's octets; empty when there is none */
    struct kc_bytes issuer_common_name;
    int64_t not_before; /* first and last second of validity */
    int64_t not_after;
    struct kc_bytes spki;   /* SubjectPublicKeyInfo, tag and length included */
    uint8_t public_key[64]; /* P-256 x || y; all zero with another kind of key */
    bool key_is_p256;
    uint8_t signature[64]; /* r || s; all zero with another algorithm or a larger curve */
    bool signature_is_ecdsa_sha256;

    bool has_basic_constraints;
    bool basic_constraints_critical;
    bool is_ca;
    int path_len; /* -1: none */
    bool has_key_usage;
    uint32_t key_usage;
    struct kc_bytes subject_key_id;   /* empty when absent */
    struct kc_bytes authority_key_id; /* empty when absent */
    bool has_unknown_critical;        /* a critical extension that nobody here judges */
    struct kc_bytes extensions;       /* content of the SEQUENCE OF Extension */
};

/*
 * Decodes one DER certificate that must fill `der`. KC_ERR_MALFORMED with the offset of what is
 * wrong, KC_ERR_UNSUPPORTED for a version other than 3. Other key and signature algorithms decode
 * (attested TLS certificates carry P-384 and RSA), with the two flags false.
 */
KC_MUST_USE enum kc_err kc_certificate_decode(struct kc_bytes der, struct kc_certificate *out,
                                              struct kc_error *error);

/*
 * Finds the extension with `oid` (content octets of the OBJECT IDENTIFIER). False when absent;
 * twice the same extension is refused by the decoder already. `value` is the content of extnValue.
 */
bool kc_certificate_find_extension(const struct kc_certificate *certificate, struct kc_bytes oid,
                                   struct kc_bytes *value, bool *critical);

/* Makes the views of a decoded certificate point into a copy of its DER. */
void kc_certificate_move(struct kc_certificate *certificate, const uint8_t *der);

#endif
