/*
 * Quotes of version 4 and 5 (Intel TDX DCAP Quoting Library, appendix A.3 and A.4): of a TDX trust
 * domain, or of an SGX enclave.
 *
 *      0   48  header, as in version 3
 *     48    6  version 5 alone: body type, size of the body (u32)
 *      b    n  body: 1 SGX report (384), 2 TDX 1.0 (584), 3 TDX 1.5 (648); version 4 has no
 *              descriptor, and the TEE type tells 1 from 2
 *    b+n    4  length of what follows
 *  b+n+4   64  signature of bytes 0 to b+n-1 by the attestation key, r || s, big endian
 *     +64   64  attestation public key, x || y, big endian
 *    +128    2  certification data type: 6
 *    +130    4  its size, which reaches to the end
 *    +134  384  report body of the Quoting Enclave
 *    +518   64  signature of that body by the PCK, r || s
 *    +582  2+a  QE authentication data
 *          2    inner certification data type: 1 to 5
 *          4+c  certification data
 *
 * Only the shape is judged here. Nothing in a decoded quote is true before kc_verify says so.
 */
#ifndef KC_FORMATS_TDX_QUOTE_H
#define KC_FORMATS_TDX_QUOTE_H

#include "formats/sgx_report.h"

#define KC_TDX_QUOTE_MAX_SIZE      (64 * 1024)
#define KC_TDX_QUOTE_TEE_SGX       0u
#define KC_TDX_QUOTE_TEE_TDX       0x81u
#define KC_TDX_ATT_KEY_ECDSA_P256  2
#define KC_TDX_CERT_DATA_QE_REPORT 6 /* the outer type */

enum kc_tdx_quote_body {
    KC_TDX_QUOTE_SGX = 1,
    KC_TDX_QUOTE_TD10 = 2,
    KC_TDX_QUOTE_TD15 = 3,
};

/* TDATTRIBUTES: the byte of bits under which a domain's memory is open to the host. */
#define KC_TD_ATTRIBUTES_DEBUG           UINT64_C(0x01)
#define KC_TD_ATTRIBUTES_TUD             UINT64_C(0xff)
#define KC_TD_ATTRIBUTES_SEPT_VE_DISABLE (UINT64_C(1) << 28)

/* Offset beside each field. Integers are little endian; the rest is bytes as they stand. */
struct kc_td_report {
    uint8_t tee_tcb_svn[16];    /*   0 */
    uint8_t mrseam[48];         /*  16 */
    uint8_t mrsignerseam[48];   /*  64 */
    uint8_t seam_attributes[8]; /* 112 */
    uint64_t td_attributes;     /* 120 */
    uint64_t xfam;              /* 128 */
    uint8_t mrtd[48];           /* 136 */
    uint8_t mrconfigid[48];     /* 184 */
    uint8_t mrowner[48];        /* 232 */
    uint8_t mrownerconfig[48];  /* 280 */
    uint8_t rtmr[4][48];        /* 328 */
    uint8_t report_data[64];    /* 520 */
    uint8_t tee_tcb_svn2[16];   /* 584, TDX 1.5 alone; zeros elsewhere */
    uint8_t mrservicetd[48];    /* 600, likewise */
};

struct kc_tdx_quote {
    uint16_t version; /* 4 or 5 */
    uint16_t att_key_type;
    uint32_t tee_type;
    uint16_t qe_svn; /* reserved for TDX */
    uint16_t pce_svn;
    uint8_t qe_vendor_id[16];
    uint8_t user_data[20];
    enum kc_tdx_quote_body body_type;
    struct kc_td_report td;        /* zeros for SGX */
    struct kc_sgx_report_body sgx; /* zeros for TDX */
    struct kc_sgx_report_body qe_report;

    /* Views into the decoded bytes. */
    struct kc_bytes signed_part;         /* header, descriptor and body */
    struct kc_bytes signature;           /* 64 */
    struct kc_bytes attestation_key;     /* 64 */
    struct kc_bytes qe_report_bytes;     /* 384 */
    struct kc_bytes qe_report_signature; /* 64 */
    struct kc_bytes qe_auth_data;
    uint16_t cert_data_type; /* the inner one, 1 to 5 */
    struct kc_bytes cert_data;
    struct kc_bytes trailing; /* bytes after the quote: none of it, but reported */
};

/*
 * KC_ERR_UNSUPPORTED: another version, TEE, attestation key, body or certification data type.
 * KC_ERR_MALFORMED: a length does not add up, or body type and TEE type are at odds. `out` keeps
 * views into `bytes`.
 */
KC_MUST_USE enum kc_err kc_tdx_quote_decode(struct kc_bytes bytes, struct kc_tdx_quote *out,
                                            struct kc_error *error);

/* Writes the quote without trailing bytes; `signed_part` and `qe_report_bytes` are ignored: the
 * structs are encoded. The writer fails for parts that no decoder would read back. */
void kc_tdx_quote_encode(struct kc_writer *w, const struct kc_tdx_quote *in);

/* Likewise the bytes alone that the attestation key signs. */
void kc_tdx_quote_encode_signed_part(struct kc_writer *w, const struct kc_tdx_quote *in);

#endif
