/*
 * Certification data of types 1 to 3: no certificate, but what names one at Intel's service
 * (sgx_quote_3.h of Intel's DCAP: sgx_ql_ppid_cleartext_cert_info_t and its two kin).
 *
 *      0    p  PPID: 16 bytes in the clear (type 1), 256 or 384 under RSA-OAEP (types 2 and 3)
 *      p   16  CPUSVN of the platform
 *   p+16    2  PCE SVN
 *   p+18    2  PCE id
 */
#ifndef KC_FORMATS_PCK_ID_H
#define KC_FORMATS_PCK_ID_H

#include "base/bytes.h"
#include "base/error.h"

#define KC_PCK_ID_CLEAR   1
#define KC_PCK_ID_RSA2048 2
#define KC_PCK_ID_RSA3072 3

struct kc_pck_id {
    struct kc_bytes ppid; /* view; encrypted unless the type is KC_PCK_ID_CLEAR */
    uint8_t cpu_svn[16];
    uint16_t pce_svn;
    uint8_t pce_id[2]; /* as it stands: certificates have it in the same order */
};

/* KC_ERR_UNSUPPORTED: a certification data type other than 1 to 3; KC_ERR_MALFORMED: not exactly
 * of its size. */
KC_MUST_USE enum kc_err kc_pck_id_decode(uint16_t cert_data_type, struct kc_bytes cert_data,
                                         struct kc_pck_id *out, struct kc_error *error);

#endif
