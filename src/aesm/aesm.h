/*
 * Client of Intel's AESM service, which stands between an enclave and the Quoting Enclave
 * (intel/linux-sgx, psw/ae/aesm_service: messages.proto).
 *
 * Nothing that it answers is trusted: the enclave compares what comes back.
 */
#ifndef KC_AESM_AESM_H
#define KC_AESM_AESM_H

#include "base/bytes.h"
#include "base/error.h"
#include "formats/sgx_report.h"

#define KC_AESM_DEFAULT_SOCKET "/var/run/aesmd/aesm.socket"
#define KC_AESM_QUOTE_MAX      (16 * 1024)

struct kc_aesm {
    const char *socket_path;
    unsigned timeout_ms; /* for each request, connecting included */
};

/* What went wrong, in words. */
struct kc_aesm_error {
    uint32_t code;    /* AESM's error code; 0 when the failure is not AESM's own */
    const char *what; /* a literal */
    const char *mend; /* a literal: what to do */
    int os_error;     /* errno, or 0 */
};

/* Words for an AESM error code; for unknown ones too. */
struct kc_aesm_error kc_aesm_describe(uint32_t code);

/* InitQuoteEx: the Quoting Enclave's TARGETINFO, 512 bytes. */
KC_MUST_USE enum kc_err kc_aesm_init_quote(const struct kc_aesm *aesm,
                                           uint8_t target_info[KC_SGX_TARGETINFO_SIZE],
                                           struct kc_aesm_error *error);

/*
 * GetQuoteEx: a quote of its true length (436 + the length at offset 432) to `quote`.
 * KC_ERR_STATE: codes 42 and 43: begin again with kc_aesm_init_quote and a new report.
 */
KC_MUST_USE enum kc_err kc_aesm_get_quote(const struct kc_aesm *aesm,
                                          const uint8_t report[KC_SGX_REPORT_SIZE],
                                          struct kc_room quote, size_t *quote_len,
                                          struct kc_aesm_error *error);

#endif
