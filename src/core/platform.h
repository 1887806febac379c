/*
 * What the core needs of the processor that it runs on. The image answers with ENCLU
 * (src/enclave), tests and loader/direct.c with the simulated processor's arithmetic.
 */
#ifndef KC_CORE_PLATFORM_H
#define KC_CORE_PLATFORM_H

#include "formats/sgx_report.h"

struct kc_platform {
    void *context;
    /*
     * MRSIGNER, 32 bytes, of the one signer whose later images may open a root sealed by
     * KC_SEAL_MRSIGNER; NULL: none. A part of the image, so that MRENCLAVE vouches for it: the
     * signature under an image is the host's to choose.
     */
    const uint8_t *seal_signer;
    /* EREPORT: a report for `target` (512 bytes) over `report_data`, 432 bytes to `out`. */
    enum kc_err (*report)(void *context, const uint8_t target[KC_SGX_TARGETINFO_SIZE],
                          const uint8_t report_data[KC_SGX_REPORT_DATA_SIZE],
                          uint8_t out[KC_SGX_REPORT_SIZE]);
    /* EGETKEY for a request in the layout of SDM 38.17. KC_ERR_REFUSED: the processor gives no
     * such key. `key` is written on success only. A reserved bit that is set ends the enclave: a
     * request that comes from outside is written anew, field by field. */
    enum kc_err (*key)(void *context, const uint8_t request[KC_SGX_KEYREQUEST_SIZE],
                       uint8_t key[KC_SGX_KEY_SIZE]);
    /* What the core takes the time to be, in seconds since 1970; never less than the time before.
     * The image's time(), which OpenSSL asks, gives it from then on. NULL: time() is not ours to
     * set. Called under the core's lock. */
    void (*time_is)(void *context, uint64_t now);
};

#endif
