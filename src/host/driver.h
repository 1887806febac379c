/*
 * The untrusted side of a conversation with the enclave: sends one request and carries what the
 * enclave wants to the AESM service and back, until the answer or a failure is there.
 *
 * It may be wrong or lie: the enclave checks everything. It serves one thread.
 */
#ifndef KC_HOST_DRIVER_H
#define KC_HOST_DRIVER_H

#include "base/bytes.h"
#include "core/effect.h"
#include "formats/oe_report.h"

struct kc_aesm;
struct kc_enclave;

/* What went wrong, for a reader. KC_ERR_ABSENT and KC_ERR_TIMEOUT: the AESM service; KC_ERR_STATE:
 * the enclave is dead. */
struct kc_driver_error {
    enum kc_err code;
    char text[512];
};

struct kc_driver {
    struct kc_enclave *enclave;
    const struct kc_aesm *aesm;
    void (*log)(const char *what, uint64_t first, uint64_t second); /* NULL: nobody listens */
    uint64_t last_id;
    struct kc_room in;  /* owned */
    struct kc_room out; /* owned */
};

struct kc_driver_answer {
    uint8_t key[KC_PUBLIC_KEY_SIZE]; /* the enclave's public key in PEM, zero padded */
    struct kc_room body;             /* quote or evidence; the caller frees body.ptr */
};

/* Sends START with `now`, in seconds since 1970. Enclave and AESM client must outlive the driver.
 * On failure there is nothing to close. */
KC_MUST_USE enum kc_err kc_driver_open(struct kc_enclave *enclave, const struct kc_aesm *aesm,
                                       uint64_t now, struct kc_driver *out,
                                       struct kc_driver_error *error);
void kc_driver_close(struct kc_driver *driver);

/* GET_REPORT: a quote over SHA-256 of the key. */
KC_MUST_USE enum kc_err kc_driver_report(struct kc_driver *driver, struct kc_driver_answer *out,
                                         struct kc_driver_error *error);

/* GET_EVIDENCE_WITH_PUB_KEY: Open Enclave evidence with its attestation header. */
KC_MUST_USE enum kc_err kc_driver_evidence(struct kc_driver *driver,
                                           const uint8_t format[KC_OE_UUID_SIZE],
                                           struct kc_bytes settings, struct kc_driver_answer *out,
                                           struct kc_driver_error *error);

#endif
