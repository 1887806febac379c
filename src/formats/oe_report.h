/*
 * Open Enclave's report header (16 bytes) and attestation header (32 bytes), and the UUIDs of its
 * evidence formats (openenclave include/openenclave/internal/report.h, common/attest_plugin.h).
 */
#ifndef KC_FORMATS_OE_REPORT_H
#define KC_FORMATS_OE_REPORT_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/writer.h"

#define KC_OE_REPORT_HEADER_SIZE      16
#define KC_OE_REPORT_VERSION          1
#define KC_OE_ATTESTATION_HEADER_SIZE 32
#define KC_OE_ATTESTATION_VERSION     3
#define KC_OE_UUID_SIZE               16

enum kc_oe_report_type {
    KC_OE_REPORT_LOCAL = 1,  /* an SGX report */
    KC_OE_REPORT_REMOTE = 2, /* an SGX quote */
};

struct kc_oe_report {
    enum kc_oe_report_type type;
    struct kc_bytes content; /* view: report or quote; exactly report_size bytes to the end */
};

/* KC_ERR_UNSUPPORTED: another version or type; KC_ERR_MALFORMED: the size is not that of the
 * rest. */
KC_MUST_USE enum kc_err kc_oe_report_decode(struct kc_bytes bytes, struct kc_oe_report *out,
                                            struct kc_error *error);
void kc_oe_report_encode(struct kc_writer *w, const struct kc_oe_report *in);

/* What oe_get_evidence's format UUIDs name. */
enum kc_oe_format {
    KC_OE_SGX_ECDSA,
    KC_OE_SGX_LOCAL,
    KC_OE_SGX_EPID_LINKABLE,
    KC_OE_SGX_EPID_UNLINKABLE,
    KC_OE_LEGACY_REPORT_REMOTE,
    KC_OE_RAW_SGX_QUOTE_ECDSA,
    KC_OE_TDX_QUOTE_ECDSA,
    KC_OE_FORMAT_COUNT,
};

/* "SGX_ECDSA" and so on; never NULL for a valid format. */
const char *kc_oe_format_name(enum kc_oe_format format);
const uint8_t *kc_oe_format_uuid(enum kc_oe_format format); /* 16 bytes */
bool kc_oe_format_from_uuid(const uint8_t uuid[KC_OE_UUID_SIZE], enum kc_oe_format *out);
/* By name, in any case, or by UUID text (32 hexadecimal digits, hyphens anywhere). */
bool kc_oe_format_from_text(const char *text, enum kc_oe_format *out);

struct kc_oe_attestation_header {
    uint8_t format_id[KC_OE_UUID_SIZE];
    struct kc_bytes data; /* view: all that follows the header */
};

/* Padding (offset 20, 4 bytes) is ignored on reading and zero on writing. */
KC_MUST_USE enum kc_err kc_oe_attestation_header_decode(struct kc_bytes bytes,
                                                        struct kc_oe_attestation_header *out,
                                                        struct kc_error *error);
void kc_oe_attestation_header_encode(struct kc_writer *w,
                                     const struct kc_oe_attestation_header *in);

#endif
