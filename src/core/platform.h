/*
 * What the core needs of the processor that it runs on. The image answers with ENCLU
 * (src/enclave), tests and loader/direct.c with the simulated processor's arithmetic.
 */
#ifndef KC_CORE_PLATFORM_H
#define KC_CORE_PLATFORM_H

#include "formats/sgx_report.h"

struct kc_platform {
    void *context;
    /* EREPORT: a report for `target` (512 bytes) over `report_data`, 432 bytes to `out`. */
    enum kc_err (*report)(void *context, const uint8_t target[KC_SGX_TARGETINFO_SIZE],
                          const uint8_t report_data[KC_SGX_REPORT_DATA_SIZE],
                          uint8_t out[KC_SGX_REPORT_SIZE]);
};

#endif
