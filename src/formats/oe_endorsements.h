/*
 * Open Enclave's endorsements: the collateral that goes with evidence (openenclave
 * include/openenclave/bits/attestation.h, common/sgx/endorsements.c). It has two forms:
 *
 *   SGX   0   4  version 1
 *         4   4  enclave type 2
 *         8   4  bytes after these 16
 *        12   4  number of items: 9
 *        16  36  their offsets, from the end of this table; rising, the first 0
 *        52   n  items: version, TCB info, its chain, PCK CRL, root CA CRL, PCK CRL's chain, QE
 *                identity, its chain, time of creation
 *
 *   TDX   0   4  version of Intel's collateral structure: 3.0, 3.1 or 4.0, minor number above
 *         4   4  TEE type 0x81
 *         8  7*16  for each item a pointer that means nothing here, its size, 4 of padding
 *       120   n  items: PCK CRL's chain, root CA CRL, PCK CRL, TCB info's chain, TCB info, QE
 *                identity's chain, QE identity
 *
 * Either may stand behind an attestation header (formats/oe_report.h), as evidence does.
 *
 * Nobody signs the whole; each item is judged by itself. The time of creation is nobody's word:
 * never judge anything at it.
 */
#ifndef KC_FORMATS_OE_ENDORSEMENTS_H
#define KC_FORMATS_OE_ENDORSEMENTS_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/writer.h"

#define KC_OE_ENDORSEMENTS_MAX_SIZE (200 * 1024) /* as Open Enclave itself has it */

enum kc_oe_endorsements_tee {
    KC_OE_ENDORSEMENTS_SGX,
    KC_OE_ENDORSEMENTS_TDX,
};

/* Views into the decoded bytes. Texts come without the NUL that ends them; CRLs as they stand, for
 * kc_crl_unwrap() to open. */
struct kc_oe_endorsements {
    enum kc_oe_endorsements_tee tee;
    struct kc_bytes tcb_info;
    struct kc_bytes tcb_info_chain;
    struct kc_bytes pck_crl;
    struct kc_bytes root_ca_crl;
    struct kc_bytes pck_crl_chain;
    struct kc_bytes qe_identity;
    struct kc_bytes qe_identity_chain;
    int64_t creation_time; /* SGX; 0 for TDX */
};

/*
 * KC_ERR_UNSUPPORTED: another version, TEE or number of items. KC_ERR_MALFORMED: sizes that do not
 * add up to the last byte, an empty item, a text without its NUL or with another one.
 */
KC_MUST_USE enum kc_err kc_oe_endorsements_decode(struct kc_bytes bytes,
                                                  struct kc_oe_endorsements *out,
                                                  struct kc_error *error);

/* Writes either form; for TDX version 4.0 and zeros for the pointers. */
void kc_oe_endorsements_encode(struct kc_writer *w, const struct kc_oe_endorsements *in);

#endif
