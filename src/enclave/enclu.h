/*
 * The leaves of ENCLU that the runtime uses, in entry.S. Operands lie in the enclave and are
 * aligned as the SDM demands (38.15 to 38.17); anything else is #GP and the end of the enclave.
 */
#ifndef KC_ENCLAVE_ENCLU_H
#define KC_ENCLAVE_ENCLU_H

#include <stdint.h>

#define KC_ENCLU_TARGET_ALIGN  512
#define KC_ENCLU_DATA_ALIGN    128
#define KC_ENCLU_REPORT_ALIGN  512
#define KC_ENCLU_REQUEST_ALIGN 512
#define KC_ENCLU_KEY_ALIGN     16

/* EREPORT: 432 bytes to `report`. */
void kc_enclu_report(const void *target, const void *report_data, void *report);

/* EGETKEY: 16 bytes to `key` where 0 is returned, else SGX's error code. */
uint32_t kc_enclu_key(const void *request, void *key);

#endif
