#include "formats/sgx_quote.h"

const uint8_t kc_sgx_quote_intel_vendor_id[16] = {
    0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07,
};

static void read_header(struct kc_reader *r, struct kc_sgx_quote *out)
{
    out->version = kc_reader_u16(r);
    out->att_key_type = kc_reader_u16(r);
    out->tee_type = kc_reader_u32(r);
    out->qe_svn = kc_reader_u16(r);
    out->pce_svn = kc_reader_u16(r);
    kc_reader_copy(r, out->qe_vendor_id, sizeof out->qe_vendor_id);
    kc_reader_copy(r, out->user_data, sizeof out->user_data);
}

static enum kc_err judge_header(const struct kc_sgx_quote *quote, struct kc_error *error)
{
    if (quote->version == 4 || quote->version == 5) {
        if (quote->tee_type == 0x81)
            return kc_error_set(error, KC_ERR_UNSUPPORTED,
                                "a TDX quote (version 4 or 5): only SGX quotes of version 3 are "
                                "handled; version",
                                quote->version);
        return kc_error_set(error, KC_ERR_UNSUPPORTED,
                            "a quote of version 4 or 5: only SGX quotes of version 3 are handled; "
                            "version",
                            quote->version);
    }
    if (quote->version != KC_SGX_QUOTE_VERSION)
        return kc_error_set(error, KC_ERR_UNSUPPORTED, "quote: the version is not 3",
                            quote->version);
    if (quote->tee_type != 0)
        return kc_error_set(error, KC_ERR_UNSUPPORTED, "quote: the TEE type is not 0 (SGX)",
                            quote->tee_type);
    if (quote->att_key_type != KC_SGX_ATT_KEY_ECDSA_P256)
        return kc_error_set(error, KC_ERR_UNSUPPORTED,
                            "quote: the attestation key type is not 2 (ECDSA P-256)",
                            quote->att_key_type);
    return KC_OK;
}

/* `r` is confined to the signature data, which must be used up. */
static enum kc_err read_signature_data(struct kc_reader *r, struct kc_sgx_quote *out,
                                       struct kc_error *error)
{
    out->signature = kc_reader_bytes(r, 64);
    out->attestation_key = kc_reader_bytes(r, 64);
    out->qe_report_bytes = kc_reader_bytes(r, KC_SGX_REPORT_BODY_SIZE);
    out->qe_report_signature = kc_reader_bytes(r, 64);
    if (kc_reader_failed(r))
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "quote: the signature data is too short for its fixed part", r->at);
    struct kc_reader qe = kc_reader_of(out->qe_report_bytes);
    kc_sgx_report_body_decode(&qe, &out->qe_report);

    out->qe_auth_data = kc_reader_bytes(r, kc_reader_u16(r));
    if (kc_reader_failed(r))
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "quote: the QE authentication data is longer than the signature data",
                            r->at);
    out->cert_data_type = kc_reader_u16(r);
    out->cert_data = kc_reader_bytes(r, kc_reader_u32(r));
    if (kc_reader_failed(r))
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "quote: the certification data is longer than the signature data",
                            r->at);
    if (!kc_reader_done(r))
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "quote: the signature data is longer than its parts", r->at);
    if (out->cert_data_type < 1 || out->cert_data_type > KC_SGX_CERT_DATA_PCK_CHAIN)
        return kc_error_set(error, KC_ERR_UNSUPPORTED,
                            "quote: the certification data type is not 1 to 5",
                            out->cert_data_type);
    return KC_OK;
}

enum kc_err kc_sgx_quote_decode(struct kc_bytes bytes, struct kc_sgx_quote *out,
                                struct kc_error *error)
{
    struct kc_sgx_quote quote = {0};
    struct kc_reader r = kc_reader_of(bytes);
    read_header(&r, &quote);
    if (kc_reader_failed(&r))
        return kc_error_set(error, KC_ERR_MALFORMED, "quote: shorter than its header of 48 bytes",
                            bytes.len);
    enum kc_err err = judge_header(&quote, error);
    if (err != KC_OK)
        return err;
    kc_sgx_report_body_decode(&r, &quote.report);
    uint32_t signature_len = kc_reader_u32(&r);
    if (kc_reader_failed(&r))
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "quote: ends inside the report body or the signature length",
                            bytes.len);
    quote.signed_part = kc_bytes_of(bytes.ptr, KC_SGX_QUOTE_SIGNED_SIZE);
    struct kc_reader data = kc_reader_child(&r, signature_len);
    if (kc_reader_failed(&data))
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "quote: ends before the signature data that its length field (at 432) "
                            "announces; bytes there",
                            bytes.len);
    err = read_signature_data(&data, &quote, error);
    if (err != KC_OK)
        return err;
    quote.trailing = kc_reader_rest(&r);
    if (bytes.len - quote.trailing.len > KC_SGX_QUOTE_MAX_SIZE)
        return kc_error_set(error, KC_ERR_UNSUPPORTED, "quote: larger than 65536 bytes",
                            bytes.len - quote.trailing.len);
    *out = quote;
    return KC_OK;
}

static void write_header(struct kc_writer *w, const struct kc_sgx_quote *in)
{
    kc_writer_u16(w, in->version);
    kc_writer_u16(w, in->att_key_type);
    kc_writer_u32(w, in->tee_type);
    kc_writer_u16(w, in->qe_svn);
    kc_writer_u16(w, in->pce_svn);
    kc_writer_copy(w, in->qe_vendor_id, sizeof in->qe_vendor_id);
    kc_writer_copy(w, in->user_data, sizeof in->user_data);
}

static void write_signature_data(struct kc_writer *w, const struct kc_sgx_quote *in)
{
    kc_writer_bytes(w, in->signature);
    kc_writer_bytes(w, in->attestation_key);
    kc_sgx_report_body_encode(w, &in->qe_report);
    kc_writer_bytes(w, in->qe_report_signature);
    kc_writer_u16(w, (uint16_t)in->qe_auth_data.len);
    kc_writer_bytes(w, in->qe_auth_data);
    kc_writer_u16(w, in->cert_data_type);
    kc_writer_u32(w, (uint32_t)in->cert_data.len);
    kc_writer_bytes(w, in->cert_data);
}

void kc_sgx_quote_encode(struct kc_writer *w, const struct kc_sgx_quote *in)
{
    /* Parts that no decoder would read back make the writer fail. */
    if (in->signature.len != 64 || in->attestation_key.len != 64 ||
        in->qe_report_signature.len != 64 || in->qe_auth_data.len > UINT16_MAX ||
        in->cert_data.len > KC_SGX_QUOTE_MAX_SIZE) {
        w->failed = true;
        return;
    }
    write_header(w, in);
    kc_sgx_report_body_encode(w, &in->report);
    struct kc_writer count = KC_WRITER_COUNT;
    write_signature_data(&count, in);
    kc_writer_u32(w, (uint32_t)count.len);
    write_signature_data(w, in);
}
