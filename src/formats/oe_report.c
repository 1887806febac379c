#include "formats/oe_report.h"

#include "base/reader.h"

enum kc_err kc_oe_report_decode(struct kc_bytes bytes, struct kc_oe_report *out,
                                struct kc_error *error)
{
    struct kc_reader r = kc_reader_of(bytes);
    uint32_t version = kc_reader_u32(&r);
    uint32_t type = kc_reader_u32(&r);
    uint64_t size = kc_reader_u64(&r);
    if (kc_reader_failed(&r))
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "Open Enclave report: shorter than its header of 16 bytes", bytes.len);
    if (version != KC_OE_REPORT_VERSION)
        return kc_error_set(error, KC_ERR_UNSUPPORTED,
                            "Open Enclave report: the header's version is not 1", version);
    if (type != KC_OE_REPORT_LOCAL && type != KC_OE_REPORT_REMOTE)
        return kc_error_set(error, KC_ERR_UNSUPPORTED,
                            "Open Enclave report: the type is neither 1 (local) nor 2 (remote)",
                            type);
    if (size != r.left)
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "Open Enclave report: report_size (at 8) is not the number of bytes "
                            "that follow the header; it says",
                            size);
    *out = (struct kc_oe_report){
        .type = type == KC_OE_REPORT_LOCAL ? KC_OE_REPORT_LOCAL : KC_OE_REPORT_REMOTE,
        .content = kc_reader_rest(&r),
    };
    return KC_OK;
}

void kc_oe_report_encode(struct kc_writer *w, const struct kc_oe_report *in)
{
    kc_writer_u32(w, KC_OE_REPORT_VERSION);
    kc_writer_u32(w, (uint32_t)in->type);
    kc_writer_u64(w, in->content.len);
    kc_writer_bytes(w, in->content);
}

enum kc_err kc_oe_attestation_header_decode(struct kc_bytes bytes,
                                            struct kc_oe_attestation_header *out,
                                            struct kc_error *error)
{
    struct kc_oe_attestation_header header = {0};
    struct kc_reader r = kc_reader_of(bytes);
    uint32_t version = kc_reader_u32(&r);
    kc_reader_copy(&r, header.format_id, sizeof header.format_id);
    kc_reader_skip(&r, 4);
    uint64_t size = kc_reader_u64(&r);
    if (kc_reader_failed(&r))
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "Open Enclave evidence: shorter than its header of 32 bytes",
                            bytes.len);
    if (version != KC_OE_ATTESTATION_VERSION)
        return kc_error_set(error, KC_ERR_UNSUPPORTED,
                            "Open Enclave evidence: the header's version is not 3", version);
    if (size != r.left)
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "Open Enclave evidence: data_size (at 24) is not the number of bytes "
                            "that follow the header; it says",
                            size);
    header.data = kc_reader_rest(&r);
    *out = header;
    return KC_OK;
}

void kc_oe_attestation_header_encode(struct kc_writer *w, const struct kc_oe_attestation_header *in)
{
    kc_writer_u32(w, KC_OE_ATTESTATION_VERSION);
    kc_writer_copy(w, in->format_id, sizeof in->format_id);
    kc_writer_zeros(w, 4);
    kc_writer_u64(w, in->data.len);
    kc_writer_bytes(w, in->data);
}
