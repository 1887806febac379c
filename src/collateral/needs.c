#include "collateral/needs.h"

#include <stdlib.h>
#include <string.h>

#include "formats/quote.h"

#define PLATFORM_CA  "PCK Platform CA"
#define PROCESSOR_CA "PCK Processor CA"

static bool ends_in(struct kc_bytes text, const char *end)
{
    size_t len = strlen(end);
    return text.len >= len && memcmp(text.ptr + text.len - len, end, len) == 0;
}

static enum kc_err read_leaf(const struct kc_pck_chain *chain, struct kc_needs *out,
                             struct kc_error *error)
{
    struct kc_pck_extension extension;
    enum kc_err err = kc_pck_extension_decode(&chain->certificate[0], &extension, error);
    if (err != KC_OK)
        return err;
    struct kc_bytes issuer = chain->certificate[0].issuer_common_name;
    out->is_platform_ca = ends_in(issuer, PLATFORM_CA);
    if (!out->is_platform_ca && !ends_in(issuer, PROCESSOR_CA))
        return kc_error_set(error, KC_ERR_UNSUPPORTED,
                            "the PCK certificate is of neither the Platform nor the Processor CA",
                            0);
    memcpy(out->fmspc, extension.fmspc, sizeof out->fmspc);
    return KC_OK;
}

enum kc_err kc_needs_of_pck(struct kc_bytes pem, bool is_tdx, struct kc_needs *out,
                            struct kc_error *error)
{
    struct kc_needs needs = {.kind = is_tdx ? KC_NEEDS_TDX : KC_NEEDS_SGX};
    needs.pck_chain = malloc(sizeof *needs.pck_chain);
    if (needs.pck_chain == NULL)
        return kc_error_set(error, KC_ERR_MEMORY, "out of memory", 0);
    enum kc_err err = kc_pck_chain_decode(pem, needs.pck_chain, error);
    if (err == KC_OK)
        err = read_leaf(needs.pck_chain, &needs, error);
    if (err == KC_OK)
        *out = needs;
    else
        kc_needs_clear(&needs);
    return err;
}

static enum kc_err of_quote(struct kc_bytes bytes, struct kc_needs *out, struct kc_error *error)
{
    struct kc_quote *quote = malloc(sizeof *quote);
    if (quote == NULL)
        return kc_error_set(error, KC_ERR_MEMORY, "out of memory", 0);
    enum kc_err err = kc_quote_decode(bytes, quote, error);
    if (err == KC_OK && quote->cert_data_type != KC_QUOTE_CERT_DATA_PCK_CHAIN)
        err = kc_error_set(error, KC_ERR_ABSENT,
                           "the quote carries no PCK chain, which names the platform; its "
                           "certification data is of type",
                           quote->cert_data_type);
    if (err == KC_OK)
        err = kc_needs_of_pck(quote->cert_data, kc_quote_is_tdx(quote), out, error);
    free(quote);
    return err;
}

static enum kc_err of_report(struct kc_bytes bytes, struct kc_needs *out, struct kc_error *error)
{
    struct kc_needs needs = {.kind = KC_NEEDS_SNP};
    struct kc_snp_report report;
    enum kc_err err = kc_snp_report_decode(bytes, &report, error);
    if (err != KC_OK)
        return err;
    if (report.signing_key == KC_SNP_KEY_NONE)
        return kc_error_set(error, KC_ERR_UNSUPPORTED, "no key signed the report", 0);
    needs.product = report.product;
    needs.is_vlek = report.signing_key == KC_SNP_KEY_VLEK;
    memcpy(needs.chip_id, report.chip_id, sizeof needs.chip_id);
    if (!needs.is_vlek && kc_bytes_are_zero(kc_bytes_of(needs.chip_id, sizeof needs.chip_id)))
        return kc_error_set(error, KC_ERR_ABSENT, "the report does not name its chip", 0);
    if (!kc_snp_report_read_tcb(report.reported_tcb, report.product, &needs.tcb))
        return kc_error_set(error, KC_ERR_MALFORMED, "the reported TCB is of another product", 0);
    *out = needs;
    return KC_OK;
}

enum kc_err kc_needs_of_evidence(const struct kc_evidence *evidence, struct kc_needs *out,
                                 struct kc_error *error)
{
    return evidence->is_snp ? of_report(evidence->snp_report, out, error)
                            : of_quote(evidence->quote, out, error);
}

void kc_needs_clear(struct kc_needs *needs)
{
    free(needs->pck_chain);
    *needs = (struct kc_needs){0};
}
