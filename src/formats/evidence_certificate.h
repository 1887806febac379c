/*
 * Where a certificate carries evidence: the extensions of the TCG and of Open Enclave. Internal to
 * formats and to those who explain certificates.
 */
#ifndef KC_FORMATS_EVIDENCE_CERTIFICATE_H
#define KC_FORMATS_EVIDENCE_CERTIFICATE_H

#include "formats/certificate.h"

enum kc_evidence_extension {
    KC_EXTENSION_DICE,            /* 2.23.133.5.4.9 */
    KC_EXTENSION_OE_REPORT,       /* 1.3.6.1.4.1.311.105.1 */
    KC_EXTENSION_OE_REPORT_OLD,   /* 1.2.840.113556.10.1.1 */
    KC_EXTENSION_OE_EVIDENCE,     /* 1.3.6.1.4.1.311.105.2 */
    KC_EXTENSION_OE_EVIDENCE_OLD, /* 1.2.840.113556.10.1.2 */
};

/*
 * Finds the one extension that we judge. KC_ERR_MALFORMED: no evidence, or in two of them.
 * KC_ERR_UNSUPPORTED: only such that we know and do not judge.
 */
KC_MUST_USE enum kc_err kc_evidence_certificate_find(const struct kc_certificate *certificate,
                                                     enum kc_evidence_extension *kind,
                                                     struct kc_bytes *value, bool *critical,
                                                     struct kc_error *error);

/* "2.23.133.5.4.9" and so on. */
const char *kc_evidence_certificate_oid(enum kc_evidence_extension kind);

#endif
