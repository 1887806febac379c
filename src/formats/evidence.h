/*
 * Finds out by itself how given evidence is wrapped, and takes it out: raw quote, hex, base64,
 * Open Enclave report or evidence, quote JSON, certificate with evidence (DER or PEM), SEV-SNP
 * report, Azure's HCL report.
 *
 * Nothing is believed here; what the parts bind is verify's to judge.
 */
#ifndef KC_FORMATS_EVIDENCE_H
#define KC_FORMATS_EVIDENCE_H

#include "formats/hcl_report.h"
#include "formats/oe_report.h"

#define KC_EVIDENCE_MAX_SIZE (1024 * 1024)

enum kc_evidence_wrapping {
    KC_WRAPPING_QUOTE,          /* a bare quote */
    KC_WRAPPING_OE_REPORT,      /* Open Enclave report header and quote */
    KC_WRAPPING_OE_EVIDENCE,    /* Open Enclave attestation header, format, quote, claims */
    KC_WRAPPING_QUOTE_JSON,     /* the mission document's JSON */
    KC_WRAPPING_DICE,           /* certificate with the TCG DICE extension */
    KC_WRAPPING_OE_CERTIFICATE, /* certificate with one of Open Enclave's extensions */
    KC_WRAPPING_SNP_REPORT,     /* a bare SEV-SNP report, a certificate table may follow it */
    KC_WRAPPING_HCL_REPORT,     /* Azure's wrapping of an SEV-SNP report */
};

enum kc_evidence_text {
    KC_EVIDENCE_BINARY,
    KC_EVIDENCE_HEX,
    KC_EVIDENCE_BASE64,
    KC_EVIDENCE_PEM,
    KC_EVIDENCE_JSON,
};

/* Owned bytes: free with kc_evidence_clear. Views point into them. */
struct kc_evidence {
    enum kc_evidence_wrapping wrapping;
    enum kc_evidence_text text;
    bool has_oe_format;
    enum kc_oe_format oe_format; /* what the attestation header names */
    struct kc_bytes quote;       /* the quote and any bytes after it that are not claims */
    bool is_snp;                 /* no quote: an SEV-SNP report */
    struct kc_bytes snp_report;  /* its 1184 bytes */
    struct kc_bytes snp_table;   /* what followed it: a certificate table; empty elsewhere */
    struct kc_hcl_report hcl;    /* of an HCL report: report data begins with the JSON's hash */
    bool has_oe_claims;
    struct kc_bytes oe_claims; /* custom claims buffer: report_data must be its SHA-256 */
    bool has_dice_claims;
    struct kc_bytes dice_claims;
    bool has_held_data;
    struct kc_bytes held_data;   /* "EnclaveHeldDataHex": report_data must be its SHA-256 */
    struct kc_bytes spki;        /* of the certificate; empty elsewhere */
    struct kc_bytes certificate; /* DER; empty elsewhere */
    /* What the wrapping says of the quote in words of its own (quote JSON): must agree with it. */
    bool has_stated_identity;
    uint8_t stated_mrenclave[32];
    uint8_t stated_mrsigner[32];
    uint8_t stated_product_id[16];
    uint32_t stated_security_version;
    uint64_t stated_attributes;

    void *owned[2]; /* internal */
};

/* "quote", "oe-report", "oe-evidence", "quote-json", "dice", "oe-certificate", "snp-report",
 * "hcl-report" */
const char *kc_evidence_wrapping_name(enum kc_evidence_wrapping wrapping);
/* "binary", "hex", "base64", "pem", "json" */
const char *kc_evidence_text_name(enum kc_evidence_text text);

/*
 * Takes off the one level of text that may be around binary evidence. The first byte decides,
 * white space around text aside, so that no input can be read in two ways:
 *
 *   01 to 08, or 30 and a byte from 80 on   binary (a version, or a DER sequence)
 *   HCLA                                    binary (base64 of these begins nothing known)
 *   {                                       JSON: left as it is
 *   -----BEGIN CERTIFICATE-----             PEM, one certificate, strict (base/pem.h)
 *   a digit                                 hex: no binary form begins with a byte from a0 on
 *   another character of base64             base64, standard or URL-safe
 *
 * Lines of hex and base64 may be broken by LF or CRLF. The caller frees `*out`, even for no bytes.
 * Failure leaves nothing to free.
 */
KC_MUST_USE enum kc_err kc_evidence_unwrap(struct kc_bytes bytes, enum kc_evidence_text *text,
                                           uint8_t **out, size_t *out_len, struct kc_error *error);

/*
 * Opens evidence in any of the forms above. A certificate must carry evidence in one extension
 * of those that we judge, in no two.
 *
 * KC_ERR_MALFORMED when `bytes` are of none of these forms, or of one but broken: `error` says
 * which was tried; its offsets count from the start of the part that it names, text taken off.
 * KC_ERR_UNSUPPORTED names a form or format that we know and do not judge. The quote itself is
 * not judged here, nor its version.
 */
KC_MUST_USE enum kc_err kc_evidence_open(struct kc_bytes bytes, struct kc_evidence *out,
                                         struct kc_error *error);

/* The same without a copy of binary evidence: `bytes` must live as long. Text is still decoded into
 * memory of its own; other forms allocate nothing. */
KC_MUST_USE enum kc_err kc_evidence_view(struct kc_bytes bytes, struct kc_evidence *out,
                                         struct kc_error *error);

/* True for what is no text: quotes, reports, evidence, DER. */
bool kc_evidence_is_binary(struct kc_bytes bytes);

void kc_evidence_clear(struct kc_evidence *evidence);

#endif
