/*
 * The report of Azure's confidential VMs, as their vTPM holds it at NV index 0x01400001: Azure's
 * paravisor ("HCL") wraps the hardware's report together with the JSON whose hash it bound.
 *
 *      0   32  header: "HCLA", version, size of the report, request type, status, 12 reserved
 *     32 1184  hardware report: SEV-SNP report, or TDREPORT (1024) and zeros
 *   1216   20  size of what follows, version, report type, hash type, size of the JSON
 *   1236    n  JSON: the hardware's report_data starts with its hash
 *
 * The wrapping is not signed. What is bound is the hardware report, and by its report_data the
 * JSON; that is verify's to check.
 */
#ifndef KC_FORMATS_HCL_REPORT_H
#define KC_FORMATS_HCL_REPORT_H

#include "base/bytes.h"
#include "base/error.h"

#define KC_HCL_REPORT_HARDWARE_AT 32
#define KC_HCL_REPORT_JSON_AT     1236
#define KC_HCL_REPORT_MAX_SIZE    (64 * 1024)

enum kc_hcl_report_type {
    KC_HCL_REPORT_SNP = 2,
    KC_HCL_REPORT_TDX = 4,
};

enum kc_hcl_report_hash {
    KC_HCL_REPORT_SHA256 = 1,
    KC_HCL_REPORT_SHA384 = 2,
    KC_HCL_REPORT_SHA512 = 3,
};

struct kc_hcl_report {
    uint32_t version;
    enum kc_hcl_report_type type;
    enum kc_hcl_report_hash hash;
    struct kc_bytes hardware; /* view: 1184 bytes of SNP, 1024 of TDX */
    struct kc_bytes json;     /* view: what was hashed */
    struct kc_bytes padding;  /* bytes after it, to the size of the NV index: reported */
};

/* KC_ERR_UNSUPPORTED: another kind of report or hash. KC_ERR_MALFORMED: not of this form, or the
 * sizes do not fit. */
KC_MUST_USE enum kc_err kc_hcl_report_decode(struct kc_bytes bytes, struct kc_hcl_report *out,
                                             struct kc_error *error);

#endif
