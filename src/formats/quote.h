/*
 * One view of quotes of version 3, 4 and 5: what all have, and where it differs which it is. The
 * layouts stand in sgx_quote.h and tdx_quote.h.
 *
 * Only the shape is judged here. Nothing in a decoded quote is true before kc_verify says so.
 */
#ifndef KC_FORMATS_QUOTE_H
#define KC_FORMATS_QUOTE_H

#include "formats/sgx_quote.h"
#include "formats/tdx_quote.h"

/* Certification data of quotes; 1 to 3 are in pck_id.h. */
#define KC_QUOTE_CERT_DATA_PCK_LEAF  4 /* PEM: the leaf alone */
#define KC_QUOTE_CERT_DATA_PCK_CHAIN 5 /* PEM: leaf, intermediate, root */

struct kc_quote {
    uint16_t version; /* 3, 4 or 5 */
    uint16_t att_key_type;
    uint32_t tee_type;
    uint16_t qe_svn; /* reserved for TDX */
    uint16_t pce_svn;
    uint8_t qe_vendor_id[16];
    uint8_t user_data[20];
    enum kc_tdx_quote_body body_type;
    struct kc_sgx_report_body sgx; /* zeros for TDX */
    struct kc_td_report td;        /* zeros for SGX */
    struct kc_sgx_report_body qe_report;

    /* Views into the decoded bytes. */
    struct kc_bytes signed_part;         /* what the attestation key signs */
    struct kc_bytes signature;           /* 64 */
    struct kc_bytes attestation_key;     /* 64 */
    struct kc_bytes qe_report_bytes;     /* 384 */
    struct kc_bytes qe_report_signature; /* 64 */
    struct kc_bytes qe_auth_data;
    uint16_t cert_data_type; /* 1 to 5; of versions 4 and 5 the inner one */
    struct kc_bytes cert_data;
    struct kc_bytes trailing; /* bytes after the quote: none of it, but reported */
};

/* As kc_sgx_quote_decode() or kc_tdx_quote_decode(), as the version says. KC_ERR_UNSUPPORTED for
 * other versions. */
KC_MUST_USE enum kc_err kc_quote_decode(struct kc_bytes bytes, struct kc_quote *out,
                                        struct kc_error *error);

bool kc_quote_is_tdx(const struct kc_quote *quote);

/* The 64 bytes that the attested code chose; a view into `quote`. */
const uint8_t *kc_quote_report_data(const struct kc_quote *quote);

/* "sgx-quote-v3", "tdx-quote-v5" and so on. */
const char *kc_quote_format_name(const struct kc_quote *quote);

#endif
