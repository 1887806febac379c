/*
 * The keys of a simulated SGX processor: what EREPORT and EGETKEY compute, with a fuse secret
 * from a file in place of fuses. Used by the emulator, the simulated Quoting Enclave and tests.
 *
 * It proves nothing about hardware: whoever reads the state folder can forge its reports.
 */
#ifndef KC_SIM_PROCESSOR_H
#define KC_SIM_PROCESSOR_H

#include "formats/sgx_report.h"

struct kc_sim_processor {
    uint8_t fuse_secret[32];
    uint8_t cpu_svn[16];
};

/* Who executes the instruction: the parts of the SECS that reports and keys depend on. */
struct kc_sim_secs {
    uint8_t mrenclave[KC_SGX_HASH_SIZE];
    uint8_t mrsigner[KC_SGX_HASH_SIZE];
    struct kc_sgx_attributes attributes;
    uint32_t misc_select;
    uint16_t isv_prod_id;
    uint16_t isv_svn;
    uint16_t config_svn;
    uint8_t config_id[64];
};

/* EREPORT: 432 bytes to `out`. Async-signal-safe: no allocation, no OpenSSL provider look-up. */
void kc_sim_ereport(const struct kc_sim_processor *processor, const struct kc_sim_secs *secs,
                    const uint8_t target[KC_SGX_TARGETINFO_SIZE],
                    const uint8_t report_data[KC_SGX_REPORT_DATA_SIZE],
                    uint8_t out[KC_SGX_REPORT_SIZE]);

/*
 * EGETKEY: 16 bytes to `out`. Returns SGX's error code: 0, or with `out` zero 2
 * (INVALID_ATTRIBUTE), 32 (INVALID_CPUSVN), 64 (INVALID_ISVSVN), 256 (INVALID_KEYNAME).
 * Async-signal-safe.
 */
uint32_t kc_sim_egetkey(const struct kc_sim_processor *processor, const struct kc_sim_secs *secs,
                        const uint8_t request[KC_SGX_KEYREQUEST_SIZE],
                        uint8_t out[KC_SGX_KEY_SIZE]);

#endif
