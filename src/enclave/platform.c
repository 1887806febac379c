#include "enclave/platform.h"

#include <string.h>

#include "enclave/enclu.h"
#include "enclave/shim/shim.h"
#include "seal_signer.h" /* made of the build option of that name */

static enum kc_err report(void *context, const uint8_t target[KC_SGX_TARGETINFO_SIZE],
                          const uint8_t report_data[KC_SGX_REPORT_DATA_SIZE],
                          uint8_t out[KC_SGX_REPORT_SIZE])
{
    (void)context;
    uint8_t aligned_target[KC_SGX_TARGETINFO_SIZE] __attribute__((aligned(KC_ENCLU_TARGET_ALIGN)));
    uint8_t aligned_data[KC_SGX_REPORT_DATA_SIZE] __attribute__((aligned(KC_ENCLU_DATA_ALIGN)));
    uint8_t aligned_out[KC_SGX_REPORT_SIZE] __attribute__((aligned(KC_ENCLU_REPORT_ALIGN)));
    memcpy(aligned_target, target, sizeof(aligned_target));
    memcpy(aligned_data, report_data, sizeof(aligned_data));
    memset(aligned_out, 0, sizeof(aligned_out));
    kc_enclu_report(aligned_target, aligned_data, aligned_out);
    memcpy(out, aligned_out, sizeof(aligned_out));
    return KC_OK;
}

static enum kc_err key_for(void *context, const uint8_t request[KC_SGX_KEYREQUEST_SIZE],
                           uint8_t key[KC_SGX_KEY_SIZE])
{
    (void)context;
    uint8_t aligned_request[KC_SGX_KEYREQUEST_SIZE]
        __attribute__((aligned(KC_ENCLU_REQUEST_ALIGN)));
    uint8_t aligned_key[KC_SGX_KEY_SIZE] __attribute__((aligned(KC_ENCLU_KEY_ALIGN))) = {0};
    memcpy(aligned_request, request, sizeof(aligned_request));
    enum kc_err err = KC_ERR_REFUSED;
    if (kc_enclu_key(aligned_request, aligned_key) == 0) {
        memcpy(key, aligned_key, sizeof(aligned_key));
        err = KC_OK;
    }
    kc_bytes_wipe(aligned_key, sizeof(aligned_key));
    return err;
}

static void time_is(void *context, uint64_t now)
{
    (void)context;
    kc_shim_set_time((int64_t)now); /* the core admits no time beyond KC_TIME_MAX */
}

const struct kc_platform kc_enclave_platform = {
    .seal_signer = KC_SEAL_SIGNER, .report = report, .key = key_for, .time_is = time_is};
