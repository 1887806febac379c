#include "formats/tdx_quote.h"

#define TD10_SIZE 584
#define TD15_SIZE 648

static size_t body_size(enum kc_tdx_quote_body type)
{
    switch (type) {
    case KC_TDX_QUOTE_SGX:
        return KC_SGX_REPORT_BODY_SIZE;
    case KC_TDX_QUOTE_TD10:
        return TD10_SIZE;
    case KC_TDX_QUOTE_TD15:
        return TD15_SIZE;
    }
    return 0;
}

static void read_header(struct kc_reader *r, struct kc_tdx_quote *out)
{
    out->version = kc_reader_u16(r);
    out->att_key_type = kc_reader_u16(r);
    out->tee_type = kc_reader_u32(r);
    out->qe_svn = kc_reader_u16(r);
    out->pce_svn = kc_reader_u16(r);
    kc_reader_copy(r, out->qe_vendor_id, sizeof out->qe_vendor_id);
    kc_reader_copy(r, out->user_data, sizeof out->user_data);
}

static enum kc_err judge_header(const struct kc_tdx_quote *quote, struct kc_error *error)
{
    if (quote->version != 4 && quote->version != 5)
        return kc_error_set(error, KC_ERR_UNSUPPORTED, "quote: the version is neither 4 nor 5",
                            quote->version);
    if (quote->tee_type != KC_TDX_QUOTE_TEE_SGX && quote->tee_type != KC_TDX_QUOTE_TEE_TDX)
        return kc_error_set(error, KC_ERR_UNSUPPORTED,
                            "quote: the TEE type is neither 0 (SGX) nor 0x81 (TDX)",
                            quote->tee_type);
    if (quote->att_key_type != KC_TDX_ATT_KEY_ECDSA_P256)
        return kc_error_set(error, KC_ERR_UNSUPPORTED,
                            "quote: the attestation key type is not 2 (ECDSA P-256)",
                            quote->att_key_type);
    return KC_OK;
}

/* Version 5 says what follows, version 4 leaves it to the TEE type. */
static enum kc_err read_descriptor(struct kc_reader *r, struct kc_tdx_quote *out,
                                   struct kc_error *error)
{
    bool is_sgx = out->tee_type == KC_TDX_QUOTE_TEE_SGX;
    out->body_type = is_sgx ? KC_TDX_QUOTE_SGX : KC_TDX_QUOTE_TD10;
    if (out->version == 4)
        return KC_OK;
    uint16_t type = kc_reader_u16(r);
    uint32_t size = kc_reader_u32(r);
    if (kc_reader_failed(r))
        return kc_error_set(error, KC_ERR_MALFORMED, "quote: ends inside the body descriptor",
                            r->at);
    if (type < KC_TDX_QUOTE_SGX || type > KC_TDX_QUOTE_TD15)
        return kc_error_set(error, KC_ERR_UNSUPPORTED, "quote: the body type is not 1 to 3", type);
    out->body_type = (enum kc_tdx_quote_body)type;
    if (is_sgx != (out->body_type == KC_TDX_QUOTE_SGX))
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "quote: the body type does not fit the TEE type", type);
    if (size != body_size(out->body_type))
        return kc_error_set(error, KC_ERR_MALFORMED, "quote: the body size is not its type's",
                            size);
    return KC_OK;
}

static void read_td_report(struct kc_reader *r, bool is_td15, struct kc_td_report *out)
{
    kc_reader_copy(r, out->tee_tcb_svn, sizeof out->tee_tcb_svn);
    kc_reader_copy(r, out->mrseam, sizeof out->mrseam);
    kc_reader_copy(r, out->mrsignerseam, sizeof out->mrsignerseam);
    kc_reader_copy(r, out->seam_attributes, sizeof out->seam_attributes);
    out->td_attributes = kc_reader_u64(r);
    out->xfam = kc_reader_u64(r);
    kc_reader_copy(r, out->mrtd, sizeof out->mrtd);
    kc_reader_copy(r, out->mrconfigid, sizeof out->mrconfigid);
    kc_reader_copy(r, out->mrowner, sizeof out->mrowner);
    kc_reader_copy(r, out->mrownerconfig, sizeof out->mrownerconfig);
    kc_reader_copy(r, out->rtmr, sizeof out->rtmr);
    kc_reader_copy(r, out->report_data, sizeof out->report_data);
    if (!is_td15)
        return;
    kc_reader_copy(r, out->tee_tcb_svn2, sizeof out->tee_tcb_svn2);
    kc_reader_copy(r, out->mrservicetd, sizeof out->mrservicetd);
}

static void read_body(struct kc_reader *r, struct kc_tdx_quote *out)
{
    if (out->body_type == KC_TDX_QUOTE_SGX)
        kc_sgx_report_body_decode(r, &out->sgx);
    else
        read_td_report(r, out->body_type == KC_TDX_QUOTE_TD15, &out->td);
}

/* `r` is confined to the outer certification data, which must be used up. */
static enum kc_err read_qe_part(struct kc_reader *r, struct kc_tdx_quote *out,
                                struct kc_error *error)
{
    out->qe_report_bytes = kc_reader_bytes(r, KC_SGX_REPORT_BODY_SIZE);
    struct kc_reader qe = kc_reader_of(out->qe_report_bytes);
    kc_sgx_report_body_decode(&qe, &out->qe_report);
    out->qe_report_signature = kc_reader_bytes(r, 64);
    out->qe_auth_data = kc_reader_bytes(r, kc_reader_u16(r));
    out->cert_data_type = kc_reader_u16(r);
    out->cert_data = kc_reader_bytes(r, kc_reader_u32(r));
    if (kc_reader_failed(r))
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "quote: the QE report's part is longer than its size field says",
                            r->at);
    if (!kc_reader_done(r))
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "quote: the QE report's part is shorter than its size field says",
                            r->at);
    if (out->cert_data_type < 1 || out->cert_data_type > 5)
        return kc_error_set(error, KC_ERR_UNSUPPORTED,
                            "quote: the inner certification data type is not 1 to 5",
                            out->cert_data_type);
    return KC_OK;
}

/* `r` is confined to the signature data, which must be used up. */
static enum kc_err read_signature_data(struct kc_reader *r, struct kc_tdx_quote *out,
                                       struct kc_error *error)
{
    out->signature = kc_reader_bytes(r, 64);
    out->attestation_key = kc_reader_bytes(r, 64);
    uint16_t type = kc_reader_u16(r);
    uint32_t size = kc_reader_u32(r);
    if (kc_reader_failed(r))
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "quote: the signature data is too short for its fixed part", r->at);
    if (type != KC_TDX_CERT_DATA_QE_REPORT)
        return kc_error_set(error, KC_ERR_UNSUPPORTED,
                            "quote: the outer certification data type is not 6", type);
    if (size != r->left)
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "quote: the outer certification data does not end where the signature "
                            "data does",
                            size);
    return read_qe_part(r, out, error);
}

enum kc_err kc_tdx_quote_decode(struct kc_bytes bytes, struct kc_tdx_quote *out,
                                struct kc_error *error)
{
    struct kc_tdx_quote quote = {0};
    struct kc_reader r = kc_reader_of(bytes);
    read_header(&r, &quote);
    if (kc_reader_failed(&r))
        return kc_error_set(error, KC_ERR_MALFORMED, "quote: shorter than its header of 48 bytes",
                            bytes.len);
    enum kc_err err = judge_header(&quote, error);
    if (err == KC_OK)
        err = read_descriptor(&r, &quote, error);
    if (err != KC_OK)
        return err;
    read_body(&r, &quote);
    quote.signed_part = kc_bytes_of(bytes.ptr, r.at);
    uint32_t signature_len = kc_reader_u32(&r);
    struct kc_reader data = kc_reader_child(&r, signature_len);
    if (kc_reader_failed(&data))
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "quote: ends before the end that its length field announces",
                            bytes.len);
    err = read_signature_data(&data, &quote, error);
    if (err != KC_OK)
        return err;
    quote.trailing = kc_reader_rest(&r);
    if (bytes.len - quote.trailing.len > KC_TDX_QUOTE_MAX_SIZE)
        return kc_error_set(error, KC_ERR_UNSUPPORTED, "quote: larger than 65536 bytes",
                            bytes.len - quote.trailing.len);
    *out = quote;
    return KC_OK;
}

static void write_td_report(struct kc_writer *w, bool is_td15, const struct kc_td_report *in)
{
    kc_writer_copy(w, in->tee_tcb_svn, sizeof in->tee_tcb_svn);
    kc_writer_copy(w, in->mrseam, sizeof in->mrseam);
    kc_writer_copy(w, in->mrsignerseam, sizeof in->mrsignerseam);
    kc_writer_copy(w, in->seam_attributes, sizeof in->seam_attributes);
    kc_writer_u64(w, in->td_attributes);
    kc_writer_u64(w, in->xfam);
    kc_writer_copy(w, in->mrtd, sizeof in->mrtd);
    kc_writer_copy(w, in->mrconfigid, sizeof in->mrconfigid);
    kc_writer_copy(w, in->mrowner, sizeof in->mrowner);
    kc_writer_copy(w, in->mrownerconfig, sizeof in->mrownerconfig);
    kc_writer_copy(w, in->rtmr, sizeof in->rtmr);
    kc_writer_copy(w, in->report_data, sizeof in->report_data);
    if (!is_td15)
        return;
    kc_writer_copy(w, in->tee_tcb_svn2, sizeof in->tee_tcb_svn2);
    kc_writer_copy(w, in->mrservicetd, sizeof in->mrservicetd);
}

void kc_tdx_quote_encode_signed_part(struct kc_writer *w, const struct kc_tdx_quote *in)
{
    bool is_sgx = in->body_type == KC_TDX_QUOTE_SGX;
    if (body_size(in->body_type) == 0 || (in->version != 4 && in->version != 5) ||
        is_sgx != (in->tee_type == KC_TDX_QUOTE_TEE_SGX) ||
        (in->version == 4 && in->body_type == KC_TDX_QUOTE_TD15)) {
        w->failed = true;
        return;
    }
    kc_writer_u16(w, in->version);
    kc_writer_u16(w, in->att_key_type);
    kc_writer_u32(w, in->tee_type);
    kc_writer_u16(w, in->qe_svn);
    kc_writer_u16(w, in->pce_svn);
    kc_writer_copy(w, in->qe_vendor_id, sizeof in->qe_vendor_id);
    kc_writer_copy(w, in->user_data, sizeof in->user_data);
    if (in->version == 5) {
        kc_writer_u16(w, (uint16_t)in->body_type);
        kc_writer_u32(w, (uint32_t)body_size(in->body_type));
    }
    if (is_sgx)
        kc_sgx_report_body_encode(w, &in->sgx);
    else
        write_td_report(w, in->body_type == KC_TDX_QUOTE_TD15, &in->td);
}

static void write_qe_part(struct kc_writer *w, const struct kc_tdx_quote *in)
{
    kc_sgx_report_body_encode(w, &in->qe_report);
    kc_writer_bytes(w, in->qe_report_signature);
    kc_writer_u16(w, (uint16_t)in->qe_auth_data.len);
    kc_writer_bytes(w, in->qe_auth_data);
    kc_writer_u16(w, in->cert_data_type);
    kc_writer_u32(w, (uint32_t)in->cert_data.len);
    kc_writer_bytes(w, in->cert_data);
}

static void write_signature_data(struct kc_writer *w, const struct kc_tdx_quote *in)
{
    struct kc_writer count = KC_WRITER_COUNT;
    write_qe_part(&count, in);
    kc_writer_bytes(w, in->signature);
    kc_writer_bytes(w, in->attestation_key);
    kc_writer_u16(w, KC_TDX_CERT_DATA_QE_REPORT);
    kc_writer_u32(w, (uint32_t)count.len);
    write_qe_part(w, in);
}

void kc_tdx_quote_encode(struct kc_writer *w, const struct kc_tdx_quote *in)
{
    if (in->signature.len != 64 || in->attestation_key.len != 64 ||
        in->qe_report_signature.len != 64 || in->qe_auth_data.len > UINT16_MAX ||
        in->cert_data.len > KC_TDX_QUOTE_MAX_SIZE) {
        w->failed = true;
        return;
    }
    kc_tdx_quote_encode_signed_part(w, in);
    struct kc_writer count = KC_WRITER_COUNT;
    write_signature_data(&count, in);
    kc_writer_u32(w, (uint32_t)count.len);
    write_signature_data(w, in);
}
