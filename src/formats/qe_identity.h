/*
 * Intel's identity of a Quoting Enclave (PCS API v4: "enclaveIdentity" of version 2, "QE" for SGX
 * and "TD_QE" for TDX): who may have made a quote, and how its versions are rated.
 *
 * A decoded identity is well formed; whether Intel signed it and whether it fits a report is
 * verify's question.
 */
#ifndef KC_FORMATS_QE_IDENTITY_H
#define KC_FORMATS_QE_IDENTITY_H

#include "formats/signed_json.h"
#include "formats/tcb_level.h"

enum kc_qe_identity_id {
    KC_QE_IDENTITY_QE,
    KC_QE_IDENTITY_TD_QE,
};

/* Views point into the decoded body. Masks and values are bytes in the order in which a report
 * has them. */
struct kc_qe_identity {
    struct kc_signed_json body;
    enum kc_qe_identity_id id;
    int64_t issue_date;
    int64_t next_update;
    uint32_t evaluation_number;
    uint8_t misc_select[4];
    uint8_t misc_select_mask[4];
    uint8_t attributes[16];
    uint8_t attributes_mask[16];
    uint8_t mrsigner[32];
    uint16_t isv_prod_id;
    struct kc_svn_levels levels;
};

/*
 * Decodes a whole PCS body. KC_ERR_UNSUPPORTED: another version or id (the identity of the
 * verifying enclave, QVE, is one); KC_ERR_MALFORMED: all else, `error->at` being the offset.
 * `out` is undefined on failure.
 */
KC_MUST_USE enum kc_err kc_qe_identity_decode(struct kc_bytes body, struct kc_qe_identity *out,
                                              struct kc_error *error);

#endif
