#include "formats/evidence.h"

#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "formats/dice.h"
#include "formats/evidence_certificate.h"
#include "formats/oe_endorsements.h"
#include "formats/quote.h"
#include "formats/quote_json.h"
#include "formats/snp_report.h"

static enum kc_err unsupported(struct kc_error *error, const char *what)
{
    return kc_error_set(error, KC_ERR_UNSUPPORTED, what, 0);
}

static enum kc_err open_oe_report(struct kc_bytes bytes, struct kc_evidence *out,
                                  struct kc_error *error)
{
    struct kc_oe_report report;
    /* Endorsements begin like a report: version 1, type 2; nine elements follow their size. */
    static const uint8_t nine[] = {9, 0, 0, 0};
    if (bytes.len >= 16 && memcmp(bytes.ptr + 12, nine, sizeof nine) == 0)
        return unsupported(error, "these are Open Enclave endorsements (collateral), no evidence");
    enum kc_err err = kc_oe_report_decode(bytes, &report, error);
    if (err != KC_OK)
        return err;
    if (report.type == KC_OE_REPORT_LOCAL)
        return unsupported(error, "a local Open Enclave report: only an enclave on the same "
                                  "processor can judge it; ask for a remote one");
    out->quote = report.content;
    return KC_OK;
}

/* The quote says itself where it ends; what follows are the claims. */
static enum kc_err open_sgx_ecdsa(struct kc_bytes data, struct kc_evidence *out,
                                  struct kc_error *error)
{
    struct kc_quote quote;
    enum kc_err err = kc_quote_decode(data, &quote, error);
    if (err != KC_OK)
        return err;
    out->quote = kc_bytes_of(data.ptr, data.len - quote.trailing.len);
    out->has_oe_claims = true;
    out->oe_claims = quote.trailing;
    return KC_OK;
}

static enum kc_err open_oe_evidence(struct kc_bytes bytes, struct kc_evidence *out,
                                    struct kc_error *error)
{
    struct kc_oe_attestation_header header;
    enum kc_err err = kc_oe_attestation_header_decode(bytes, &header, error);
    if (err != KC_OK)
        return err;
    if (kc_oe_endorsements_decode(bytes, &(struct kc_oe_endorsements){0}, NULL) == KC_OK)
        return unsupported(error, "these are Open Enclave endorsements (collateral), no evidence");
    if (!kc_oe_format_from_uuid(header.format_id, &out->oe_format))
        return unsupported(error, "Open Enclave evidence in a format whose UUID (at 4) is unknown");
    out->has_oe_format = true;
    switch (out->oe_format) {
    case KC_OE_SGX_ECDSA:
        return open_sgx_ecdsa(header.data, out, error);
    case KC_OE_LEGACY_REPORT_REMOTE:
        return open_oe_report(header.data, out, error);
    case KC_OE_RAW_SGX_QUOTE_ECDSA:
    case KC_OE_TDX_QUOTE_ECDSA:
        out->quote = header.data;
        return KC_OK;
    case KC_OE_SGX_LOCAL:
        return unsupported(error, "Open Enclave evidence of format SGX_LOCAL_ATTESTATION: only an "
                                  "enclave on the same processor can judge it");
    case KC_OE_SGX_EPID_LINKABLE:
        return unsupported(error, "Open Enclave evidence of format SGX_EPID_LINKABLE: Intel has "
                                  "ended EPID attestation");
    case KC_OE_SGX_EPID_UNLINKABLE:
        return unsupported(error, "Open Enclave evidence of format SGX_EPID_UNLINKABLE: Intel has "
                                  "ended EPID attestation");
    case KC_OE_FORMAT_COUNT:
        break;
    }
    return unsupported(error, "Open Enclave evidence in a format that is not judged");
}

static enum kc_err open_dice(struct kc_bytes value, struct kc_evidence *out, struct kc_error *error)
{
    struct kc_dice_evidence dice;
    enum kc_err err = kc_dice_evidence_decode(value, &dice, error);
    if (err != KC_OK)
        return err;
    out->quote = dice.quote;
    out->has_dice_claims = true;
    out->dice_claims = dice.claims;
    return KC_OK;
}

static enum kc_err open_certificate(struct kc_bytes der, struct kc_evidence *out,
                                    struct kc_error *error)
{
    struct kc_certificate certificate;
    enum kc_evidence_extension kind = KC_EXTENSION_DICE;
    struct kc_bytes value = {0};
    bool critical = false;
    enum kc_err err = kc_certificate_decode(der, &certificate, error);
    if (err == KC_OK)
        err = kc_evidence_certificate_find(&certificate, &kind, &value, &critical, error);
    if (err != KC_OK)
        return err;
    out->certificate = der;
    out->spki = certificate.spki;
    out->wrapping = kind == KC_EXTENSION_DICE ? KC_WRAPPING_DICE : KC_WRAPPING_OE_CERTIFICATE;
    if (kind == KC_EXTENSION_DICE)
        return open_dice(value, out, error);
    if (kind == KC_EXTENSION_OE_REPORT || kind == KC_EXTENSION_OE_REPORT_OLD)
        return open_oe_report(value, out, error);
    return open_oe_evidence(value, out, error);
}

static enum kc_err open_json(struct kc_bytes text, struct kc_evidence *out, struct kc_error *error)
{
    struct kc_quote_json json;
    enum kc_err err = kc_quote_json_decode(text, &json, error);
    if (err != KC_OK)
        return err;
    /* The text is not needed any more. */
    free(out->owned[0]);
    out->owned[0] = json.quote;
    out->owned[1] = json.held_data;
    out->wrapping = KC_WRAPPING_QUOTE_JSON;
    out->has_held_data = json.held_data != NULL;
    out->held_data = kc_bytes_of(json.held_data, json.held_data_len);
    out->has_stated_identity = true;
    memcpy(out->stated_mrenclave, json.mrenclave, sizeof json.mrenclave);
    memcpy(out->stated_mrsigner, json.mrsigner, sizeof json.mrsigner);
    memcpy(out->stated_product_id, json.product_id, sizeof json.product_id);
    out->stated_security_version = json.security_version;
    out->stated_attributes = json.attributes;
    return open_oe_report(kc_bytes_of(json.quote, json.quote_len), out, error);
}

static enum kc_err open_hcl_report(struct kc_bytes bytes, struct kc_evidence *out,
                                   struct kc_error *error)
{
    enum kc_err err = kc_hcl_report_decode(bytes, &out->hcl, error);
    if (err != KC_OK)
        return err;
    if (out->hcl.type != KC_HCL_REPORT_SNP)
        return unsupported(error, "an HCL report with a TDREPORT, which only that machine's "
                                  "Quoting Enclave can judge; ask for a TDX quote of it");
    out->wrapping = KC_WRAPPING_HCL_REPORT;
    out->is_snp = true;
    out->snp_report = out->hcl.hardware;
    return KC_OK;
}

/* Where a report of version 3 has a part of its family id, and rarely these very numbers. */
static bool is_attestation_header(struct kc_bytes bytes)
{
    enum kc_oe_format format;
    struct kc_oe_attestation_header header;
    return kc_oe_format_from_uuid(bytes.ptr + 4, &format) ||
           kc_oe_attestation_header_decode(bytes, &header, NULL) == KC_OK;
}

/* They have a version and 0x81 where a report has its version and the guest's SVN; that all their
 * sizes add up is what no report does. */
static bool is_tdx_endorsements(struct kc_bytes bytes, uint32_t second)
{
    struct kc_oe_endorsements endorsements;
    return second == KC_TDX_QUOTE_TEE_TDX &&
           kc_oe_endorsements_decode(bytes, &endorsements, NULL) == KC_OK;
}

#define SNP_VERSION_SEEN_MAX 8

/* SEV-SNP reports have 32 bits of version where quotes have the version and a key type of 2. A
 * header of Open Enclave's is told from a report of version 3 by its UUID or size. */
static bool is_snp_report(struct kc_bytes bytes, uint32_t first)
{
    if (bytes.len < KC_SNP_REPORT_SIZE || first < 2 || first > SNP_VERSION_SEEN_MAX)
        return false;
    return first != KC_OE_ATTESTATION_VERSION || !is_attestation_header(bytes);
}

static enum kc_err open_snp_report(struct kc_bytes bytes, struct kc_evidence *out)
{
    out->wrapping = KC_WRAPPING_SNP_REPORT;
    out->is_snp = true;
    out->snp_report = kc_bytes_of(bytes.ptr, KC_SNP_REPORT_SIZE);
    if (bytes.len > KC_SNP_REPORT_SIZE)
        out->snp_table =
            kc_bytes_of(bytes.ptr + KC_SNP_REPORT_SIZE, bytes.len - KC_SNP_REPORT_SIZE);
    return KC_OK;
}

/*
 * Told apart by the first bytes: a report header is u32 1 and u32 1 or 2, an attestation header
 * u32 3 and a UUID, an SEV-SNP report u32 2 to 8 (no quote has 0 as key type; those from 6 on are
 * of a later version than is judged), everything else of a version from 1 to 5 in 16 bits a quote.
 */
static enum kc_err open_binary(struct kc_bytes bytes, struct kc_evidence *out,
                               struct kc_error *error)
{
    if (bytes.ptr[0] == 0x30)
        return open_certificate(bytes, out, error);
    if (bytes.ptr[0] == 'H')
        return open_hcl_report(bytes, out, error);
    struct kc_reader r = kc_reader_of(bytes);
    uint32_t first = kc_reader_u32(&r);
    uint32_t second = kc_reader_u32(&r);
    if (kc_reader_failed(&r))
        return kc_error_set(error, KC_ERR_MALFORMED, "evidence: less than 8 bytes", bytes.len);
    if (first == KC_OE_REPORT_VERSION &&
        (second == KC_OE_REPORT_LOCAL || second == KC_OE_REPORT_REMOTE)) {
        out->wrapping = KC_WRAPPING_OE_REPORT;
        return open_oe_report(bytes, out, error);
    }
    if (is_tdx_endorsements(bytes, second))
        return unsupported(error, "these are Open Enclave endorsements (collateral), no evidence");
    if (is_snp_report(bytes, first))
        return open_snp_report(bytes, out);
    if (first == KC_OE_ATTESTATION_VERSION) {
        out->wrapping = KC_WRAPPING_OE_EVIDENCE;
        return open_oe_evidence(bytes, out, error);
    }
    if ((first & 0xffff) < 1 || (first & 0xffff) > 5)
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "evidence: begins with a version that neither a quote nor an Open "
                            "Enclave header has; version",
                            first & 0xffff);
    out->wrapping = KC_WRAPPING_QUOTE;
    out->quote = bytes;
    return KC_OK;
}

enum kc_err kc_evidence_open(struct kc_bytes bytes, struct kc_evidence *out, struct kc_error *error)
{
    struct kc_evidence evidence = {0};
    uint8_t *owned = NULL;
    size_t len = 0;
    enum kc_err err = kc_evidence_unwrap(bytes, &evidence.text, &owned, &len, error);
    if (err != KC_OK)
        return err;
    evidence.owned[0] = owned;
    struct kc_bytes binary = kc_bytes_of(owned, len);
    if (evidence.text == KC_EVIDENCE_JSON)
        err = open_json(binary, &evidence, error);
    else if (evidence.text == KC_EVIDENCE_PEM)
        err = open_certificate(binary, &evidence, error);
    else
        err = open_binary(binary, &evidence, error);
    if (err == KC_OK)
        *out = evidence;
    else
        kc_evidence_clear(&evidence);
    return err;
}

enum kc_err kc_evidence_view(struct kc_bytes bytes, struct kc_evidence *out, struct kc_error *error)
{
    struct kc_evidence evidence = {.text = KC_EVIDENCE_BINARY};
    if (bytes.len > KC_EVIDENCE_MAX_SIZE || !kc_evidence_is_binary(bytes))
        return kc_evidence_open(bytes, out, error);
    enum kc_err err = open_binary(bytes, &evidence, error);
    if (err == KC_OK)
        *out = evidence;
    return err;
}

void kc_evidence_clear(struct kc_evidence *evidence)
{
    free(evidence->owned[0]);
    free(evidence->owned[1]);
    *evidence = (struct kc_evidence){0};
}

const char *kc_evidence_wrapping_name(enum kc_evidence_wrapping wrapping)
{
    static const char *const names[] = {
        [KC_WRAPPING_QUOTE] = "quote",
        [KC_WRAPPING_OE_REPORT] = "oe-report",
        [KC_WRAPPING_OE_EVIDENCE] = "oe-evidence",
        [KC_WRAPPING_QUOTE_JSON] = "quote-json",
        [KC_WRAPPING_DICE] = "dice",
        [KC_WRAPPING_OE_CERTIFICATE] = "oe-certificate",
        [KC_WRAPPING_SNP_REPORT] = "snp-report",
        [KC_WRAPPING_HCL_REPORT] = "hcl-report",
    };
    return names[wrapping];
}
