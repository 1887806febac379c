/*
 * Brings an enclave to life and calls its one entry.
 *
 * emulator.c runs the signed SGX image on a processor without SGX: same bytes, same MRENCLAVE.
 * direct.c calls the core as a function in this process, for sanitizers and fuzzing.
 */
#ifndef KC_LOADER_LOADER_H
#define KC_LOADER_LOADER_H

#include "base/bytes.h"
#include "base/error.h"
#include "formats/sgx_report.h"

struct kc_platform;
struct kc_sim_processor;

struct kc_enclave;

/* What the enclave's SECS says of it. */
struct kc_enclave_identity {
    uint8_t mrenclave[KC_SGX_HASH_SIZE];
    uint8_t mrsigner[KC_SGX_HASH_SIZE];
    struct kc_sgx_attributes attributes;
    uint16_t isv_prod_id;
    uint16_t isv_svn;
};

struct kc_emulator_options {
    bool debug; /* ask for DEBUG at ECREATE; refused when the SIGSTRUCT fixes it to 0 */
    bool trap;  /* end the process on a system call, CPUID or RDTSC inside the enclave */
};

/*
 * Loads `image` (ELF) with `sigstruct` (1,808 bytes) as ECREATE, EADD, EEXTEND and EINIT would:
 * KC_ERR_REFUSED when measurement, signature or attributes do not fit, KC_ERR_UNSUPPORTED when
 * this CPU lacks a feature of the image's baseline (`error->what` names it). One emulated enclave
 * a process. `processor` is copied.
 */
KC_MUST_USE enum kc_err kc_emulator_load(const char *image_path, const char *sigstruct_path,
                                         const struct kc_sim_processor *processor,
                                         const struct kc_emulator_options *options,
                                         struct kc_enclave **out, struct kc_error *error);

/* `platform` must outlive the enclave. */
KC_MUST_USE enum kc_err kc_direct_load(const struct kc_platform *platform, struct kc_enclave **out,
                                       struct kc_error *error);

const struct kc_enclave_identity *kc_enclave_identity(const struct kc_enclave *enclave);

/* How many calls may run at the same time (number of TCS). */
unsigned kc_enclave_threads(const struct kc_enclave *enclave);

/*
 * One call on any free TCS; callers beyond kc_enclave_threads() wait. `in` and `out` lie outside
 * the enclave, any alignment. KC_ERR_MALFORMED: the enclave refused the frame. KC_ERR_STATE: the
 * enclave is dead (a fault inside, or poisoned): it answers nothing any more and must be freed.
 */
KC_MUST_USE enum kc_err kc_enclave_call(struct kc_enclave *enclave, struct kc_bytes in,
                                        struct kc_room out, size_t *out_len,
                                        struct kc_error *error);

/* No call may be under way. NULL is fine. */
void kc_enclave_free(struct kc_enclave *enclave);

#endif
