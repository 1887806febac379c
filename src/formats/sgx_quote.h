/*
 * SGX ECDSA quote, version 3 (Intel SGX ECDSA QuoteLib Reference, appendix A).
 *
 *      0    48  header: version, attestation key type, TEE type, QE SVN, PCE SVN, QE vendor, user
 *     48   384  report body of the attested enclave
 *    432     4  length of what follows
 *    436    64  signature of bytes 0 to 431 by the attestation key, r || s, big endian
 *    500    64  attestation public key, x || y, big endian
 *    564   384  report body of the Quoting Enclave
 *    948    64  signature of that body by the PCK, r || s
 *   1012   2+a  QE authentication data
 * 1014+a     2  certification data type
 * 1016+a   4+c  certification data
 *
 * Only the shape is judged here. Nothing in a decoded quote is true before kc_verify says so.
 */
#ifndef KC_FORMATS_SGX_QUOTE_H
#define KC_FORMATS_SGX_QUOTE_H

#include "formats/sgx_report.h"

#define KC_SGX_QUOTE_VERSION       3
#define KC_SGX_QUOTE_SIGNED_SIZE   432
#define KC_SGX_QUOTE_MIN_SIZE      1020
#define KC_SGX_QUOTE_MAX_SIZE      (64 * 1024)
#define KC_SGX_ATT_KEY_ECDSA_P256  2
#define KC_SGX_CERT_DATA_PCK_CHAIN 5 /* PEM: leaf, intermediate, root */

struct kc_sgx_quote {
    uint16_t version;
    uint16_t att_key_type;
    uint32_t tee_type;
    uint16_t qe_svn;
    uint16_t pce_svn;
    uint8_t qe_vendor_id[16];
    uint8_t user_data[20];
    struct kc_sgx_report_body report;
    struct kc_sgx_report_body qe_report;

    /* Views into the decoded bytes. */
    struct kc_bytes signed_part;         /* 432: header and report body */
    struct kc_bytes signature;           /* 64 */
    struct kc_bytes attestation_key;     /* 64 */
    struct kc_bytes qe_report_bytes;     /* 384 */
    struct kc_bytes qe_report_signature; /* 64 */
    struct kc_bytes qe_auth_data;
    uint16_t cert_data_type;
    struct kc_bytes cert_data;
    struct kc_bytes trailing; /* bytes after the quote: none of it, but reported */
};

/*
 * KC_ERR_UNSUPPORTED: another version, attestation key type, TEE type or certification data type
 * (1 to 5), or larger than KC_SGX_QUOTE_MAX_SIZE. KC_ERR_MALFORMED: a length does not add up.
 * `out` keeps views into `bytes`.
 */
KC_MUST_USE enum kc_err kc_sgx_quote_decode(struct kc_bytes bytes, struct kc_sgx_quote *out,
                                            struct kc_error *error);

/* Writes the header, the report body and the signature data; trailing bytes are not written.
 * `signed_part` and `qe_report_bytes` are ignored: the structs are encoded. The writer fails when
 * a part has not its length. */
void kc_sgx_quote_encode(struct kc_writer *w, const struct kc_sgx_quote *in);

/* INTEL's QE vendor id, 939a7233f79c4ca9940a0db3957f0607. */
extern const uint8_t kc_sgx_quote_intel_vendor_id[16];

#endif
