/*
 * Writes the SGX extension of a PCK certificate, 1.2.840.113741.1.13.1 (Intel SGX PCK Certificate
 * and CRL Profile Specification, section 1.3.5), as the Platform CA issues it.
 */
#ifndef KC_SIM_SGX_EXTENSION_H
#define KC_SIM_SGX_EXTENSION_H

#include "base/writer.h"

struct kc_sim_platform;

#define KC_SIM_SGX_EXTENSION_MAX 1024

/* The DER of the extension's value. */
void kc_sim_sgx_extension_encode(struct kc_writer *w, const struct kc_sim_platform *platform,
                                 const uint8_t ppid[16], const uint8_t instance_id[16]);

#endif
