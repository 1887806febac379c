/*
 * The keys of a simulated SGX processor: what EREPORT and EGETKEY compute, with a fuse secret
 * from a file in place of fuses. Used by the emulator, the simulated Quoting Enclave and tests.
 *
 * It proves nothing about hardware: whoever reads the state folder can forge its reports.
 */
#ifndef KC_SIM_PROCESSOR_H
#define KC_SIM_PROCESSOR_H

#include "formats/sgx_report.h"

/* SGX's error codes (SDM 38.4), and in place of #GP a number that no processor returns. */
#define KC_SIM_INVALID_ATTRIBUTE 2u
#define KC_SIM_INVALID_CPUSVN    32u
#define KC_SIM_INVALID_ISVSVN    64u
#define KC_SIM_INVALID_KEYNAME   256u
#define KC_SIM_FAULT             0xffffffffu

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

/* EREPORT: 432 bytes to `out`, the MAC for whom `target` names (its reserved bytes are not looked
 * at). Async-signal-safe: no allocation, no OpenSSL provider look-up. */
void kc_sim_ereport(const struct kc_sim_processor *processor, const struct kc_sim_secs *secs,
                    const uint8_t target[KC_SGX_TARGETINFO_SIZE],
                    const uint8_t report_data[KC_SGX_REPORT_DATA_SIZE],
                    uint8_t out[KC_SGX_REPORT_SIZE]);

/*
 * EGETKEY: 16 bytes to `out`. Returns SGX's error code: 0, or with `out` zero one of those above;
 * KC_SIM_FAULT where a processor raises #GP: a reserved bit is set, or one that needs KSS in an
 * enclave without it. Async-signal-safe.
 */
uint32_t kc_sim_egetkey(const struct kc_sim_processor *processor, const struct kc_sim_secs *secs,
                        const uint8_t request[KC_SGX_KEYREQUEST_SIZE],
                        uint8_t out[KC_SGX_KEY_SIZE]);

#endif
