#include "formats/hcl_report.h"

#include "base/reader.h"
#include "formats/snp_report.h"

#define TDREPORT_SIZE 1024

static enum kc_err read_header(struct kc_reader *r, struct kc_hcl_report *out,
                               struct kc_error *error)
{
    struct kc_bytes magic = kc_reader_bytes(r, 4);
    out->version = kc_reader_u32(r);
    kc_reader_skip(r, 4); /* size of the report: of the whole, or of the hardware's, by version */
    kc_reader_skip(r, 4); /* request type */
    uint32_t status = kc_reader_u32(r);
    kc_reader_skip(r, 12);
    if (kc_reader_failed(r) || !kc_bytes_equal(magic, kc_bytes_of_text("HCLA")))
        return kc_error_set(error, KC_ERR_MALFORMED, "HCL report: does not begin with HCLA", 0);
    if (status != 0)
        return kc_error_set(error, KC_ERR_MALFORMED, "HCL report: its status is a failure", status);
    return KC_OK;
}

static enum kc_err judge_kind(uint32_t type, uint32_t hash, struct kc_error *error)
{
    if (type != KC_HCL_REPORT_SNP && type != KC_HCL_REPORT_TDX)
        return kc_error_set(error, KC_ERR_UNSUPPORTED,
                            "HCL report: the hardware report is neither SNP (2) nor TDX (4)", type);
    if (hash < KC_HCL_REPORT_SHA256 || hash > KC_HCL_REPORT_SHA512)
        return kc_error_set(error, KC_ERR_UNSUPPORTED, "HCL report: unknown hash", hash);
    return KC_OK;
}

enum kc_err kc_hcl_report_decode(struct kc_bytes bytes, struct kc_hcl_report *out,
                                 struct kc_error *error)
{
    struct kc_hcl_report report = {0};
    struct kc_reader r = kc_reader_of(bytes);
    if (bytes.len > KC_HCL_REPORT_MAX_SIZE)
        return kc_error_set(error, KC_ERR_MALFORMED, "HCL report: too large", bytes.len);
    enum kc_err err = read_header(&r, &report, error);
    if (err != KC_OK)
        return err;
    struct kc_bytes slot = kc_reader_bytes(&r, KC_SNP_REPORT_SIZE);
    kc_reader_skip(&r, 8);
    uint32_t type = kc_reader_u32(&r);
    uint32_t hash = kc_reader_u32(&r);
    report.json = kc_reader_bytes(&r, kc_reader_u32(&r));
    if (kc_reader_failed(&r))
        return kc_error_set(error, KC_ERR_MALFORMED, "HCL report: shorter than its parts",
                            bytes.len);
    err = judge_kind(type, hash, error);
    if (err != KC_OK)
        return err;
    report.type = (enum kc_hcl_report_type)type;
    report.hash = (enum kc_hcl_report_hash)hash;
    report.hardware = type == KC_HCL_REPORT_TDX ? kc_bytes_of(slot.ptr, TDREPORT_SIZE) : slot;
    report.padding = kc_reader_rest(&r);
    *out = report;
    return KC_OK;
}
