#include "formats/quote.h"

#include <string.h>

#include "base/reader.h"

static void from_v3(const struct kc_sgx_quote *in, struct kc_quote *out)
{
    *out = (struct kc_quote){
        .version = in->version,
        .att_key_type = in->att_key_type,
        .tee_type = in->tee_type,
        .qe_svn = in->qe_svn,
        .pce_svn = in->pce_svn,
        .body_type = KC_TDX_QUOTE_SGX,
        .sgx = in->report,
        .qe_report = in->qe_report,
        .signed_part = in->signed_part,
        .signature = in->signature,
        .attestation_key = in->attestation_key,
        .qe_report_bytes = in->qe_report_bytes,
        .qe_report_signature = in->qe_report_signature,
        .qe_auth_data = in->qe_auth_data,
        .cert_data_type = in->cert_data_type,
        .cert_data = in->cert_data,
        .trailing = in->trailing,
    };
    memcpy(out->qe_vendor_id, in->qe_vendor_id, sizeof out->qe_vendor_id);
    memcpy(out->user_data, in->user_data, sizeof out->user_data);
}

static void from_later(const struct kc_tdx_quote *in, struct kc_quote *out)
{
    *out = (struct kc_quote){
        .version = in->version,
        .att_key_type = in->att_key_type,
        .tee_type = in->tee_type,
        .qe_svn = in->qe_svn,
        .pce_svn = in->pce_svn,
        .body_type = in->body_type,
        .sgx = in->sgx,
        .td = in->td,
        .qe_report = in->qe_report,
        .signed_part = in->signed_part,
        .signature = in->signature,
        .attestation_key = in->attestation_key,
        .qe_report_bytes = in->qe_report_bytes,
        .qe_report_signature = in->qe_report_signature,
        .qe_auth_data = in->qe_auth_data,
        .cert_data_type = in->cert_data_type,
        .cert_data = in->cert_data,
        .trailing = in->trailing,
    };
    memcpy(out->qe_vendor_id, in->qe_vendor_id, sizeof out->qe_vendor_id);
    memcpy(out->user_data, in->user_data, sizeof out->user_data);
}

enum kc_err kc_quote_decode(struct kc_bytes bytes, struct kc_quote *out, struct kc_error *error)
{
    struct kc_sgx_quote v3;
    struct kc_tdx_quote later;
    struct kc_reader r = kc_reader_of(bytes);
    uint16_t version = kc_reader_u16(&r);
    bool is_later = version == 4 || version == 5;
    if (!kc_reader_failed(&r) && !is_later && version != KC_SGX_QUOTE_VERSION)
        return kc_error_set(error, KC_ERR_UNSUPPORTED, "quote: a version other than 3, 4 and 5",
                            version);
    enum kc_err err = is_later ? kc_tdx_quote_decode(bytes, &later, error)
                               : kc_sgx_quote_decode(bytes, &v3, error);
    if (err != KC_OK)
        return err;
    if (is_later)
        from_later(&later, out);
    else
        from_v3(&v3, out);
    return KC_OK;
}

bool kc_quote_is_tdx(const struct kc_quote *quote)
{
    return quote->body_type != KC_TDX_QUOTE_SGX;
}

const uint8_t *kc_quote_report_data(const struct kc_quote *quote)
{
    return kc_quote_is_tdx(quote) ? quote->td.report_data : quote->sgx.report_data;
}

const char *kc_quote_format_name(const struct kc_quote *quote)
{
    static const char *const names[][2] = {
        {"sgx-quote-v3", "sgx-quote-v3"}, /* of version 3 there is SGX alone */
        {"sgx-quote-v4", "tdx-quote-v4"},
        {"sgx-quote-v5", "tdx-quote-v5"},
    };
    return names[quote->version - KC_SGX_QUOTE_VERSION][kc_quote_is_tdx(quote)];
}
