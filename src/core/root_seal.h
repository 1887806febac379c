/*
 * Sealing of the root: what root.c and root_seal.c share.
 *
 * sealed =  0  u8  format (1)
 *           1  u8  policy (enum kc_seal_policy)
 *           2  u16 ISVSVN
 *           4  16  CPUSVN
 *          20  32  KEYID, random
 *          52  12  nonce
 *          64      ciphertext of: 16 root id, 32 root key, u64 made, u64 version, 32 private and
 *                  64 public number of the identity, its certificate
 *              16  tag
 *
 * AES-128-GCM by EGETKEY's seal key, which has 128 bits: stretching it to 256 would claim a
 * strength that is not there. KEYID is new for each sealing, so that each key is used once.
 * Additional data: the 64 bytes in front. Of the KEYREQUEST only what may differ between two
 * sealings is kept; key name, masks and the rest are fixed by the format and never taken from the
 * host.
 */
#ifndef KC_CORE_ROOT_SEAL_H
#define KC_CORE_ROOT_SEAL_H

#include "core/root.h"

/* The body of a report of this enclave: who we are, on which processor. */
KC_MUST_USE enum kc_err kc_root_self(const struct kc_platform *platform,
                                     struct kc_sgx_report_body *out);

/* kc_root_seal() of another version than the one that it has now. */
KC_MUST_USE enum kc_err kc_root_seal_as(const struct kc_platform *platform,
                                        const struct kc_root *root, uint64_t version,
                                        struct kc_room out, size_t *out_len);

/* Whether a root may be sealed to this signer: the one that the image names, and not one whose
 * private key is known to everybody. */
bool kc_root_signer_may(const struct kc_platform *platform,
                        const uint8_t mrsigner[KC_SGX_HASH_SIZE]);

/* A root of zeros with its algorithms fetched; NULL without memory. */
struct kc_root *kc_root_blank(void);

#endif
