/*
 * The revocation list of an ARK: which of the certificates that it issued are revoked. ASK and ASVK
 * are; leaves cannot be, for ASK publishes no list and VCEKs all have the same serial number.
 *
 * The list may come from anybody. Its dates are the caller's to judge: an old list still revokes.
 */
#ifndef KC_VERIFY_AMD_CRL_H
#define KC_VERIFY_AMD_CRL_H

#include "formats/amd_certificate.h"
#include "formats/crl.h"

/* NULL when `der` is a list that this ARK signed, and `out` is written; else a literal that says
 * what is wrong, and `*at` an offset that belongs to it. */
KC_MUST_USE const char *kc_amd_crl_verify(struct kc_bytes der, const struct kc_amd_certificate *ark,
                                          struct kc_crl *out, uint64_t *at);

#endif
