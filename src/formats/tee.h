/* The kinds of trusted execution environment whose evidence is known. */
#ifndef KC_FORMATS_TEE_H
#define KC_FORMATS_TEE_H

#include "base/bytes.h"

enum kc_tee {
    KC_TEE_SGX, /* an enclave of Intel's */
    KC_TEE_TDX, /* a trust domain: a virtual machine, Intel's */
    KC_TEE_SNP, /* a virtual machine under AMD's SEV-SNP */
    KC_TEE_COUNT,
};

/* "sgx", "tdx", "snp"; never NULL for a valid one. */
const char *kc_tee_name(enum kc_tee tee);

/* The one of that very name; false for any other text. */
bool kc_tee_from_text(struct kc_bytes text, enum kc_tee *out);

#endif
