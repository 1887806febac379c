/* What the tests of the enclave share: the probe image, loaded, and calls to it. */
#ifndef KC_TESTS_ENCLAVE_TEST_H
#define KC_TESTS_ENCLAVE_TEST_H

#include "test.h"

#include "loader/emulator.h"
#include "probe/probe.h"

#define PROBE_IMAGE PROBE_FOLDER "/keyclave-probe.signed"
#define PROBE_SIG   PROBE_FOLDER "/keyclave-probe.sig"

/* A processor of the tests' own. */
static inline const struct kc_sim_processor *probe_processor(void)
{
    static const struct kc_sim_processor processor = {{1, 2, 3}, {4, 5, 6}};
    return &processor;
}

static inline enum kc_err probe_try(const char *image, const char *sig, bool debug, bool trap,
                                    struct kc_enclave **out, struct kc_error *error)
{
    const struct kc_emulator_options options = {.debug = debug, .trap = trap};
    *error = KC_ERROR_NONE;
    return kc_emulator_load(image, sig, probe_processor(), &options, out, error);
}

/* In each test anew: cmocka puts its own signal handlers up before each. */
static inline struct kc_enclave *probe_load(void)
{
    struct kc_enclave *enclave = NULL;
    struct kc_error error = KC_ERROR_NONE;
    if (probe_try(PROBE_IMAGE, PROBE_SIG, false, false, &enclave, &error) != KC_OK)
        fail_msg("cannot load the probe: %s (%llu)", error.what, (unsigned long long)error.at);
    return enclave;
}

/* One request; its answer, of `*len` bytes, goes to the 4096 bytes at `out`. */
static inline enum kc_err probe_call(struct kc_enclave *enclave, struct kc_bytes in, uint8_t *out,
                                     size_t *len)
{
    struct kc_error error = KC_ERROR_NONE;
    return kc_enclave_call(enclave, in, (struct kc_room){out, 4096}, len, &error);
}

/* An operation with two numbers that answers one byte, which is returned; -1 where it failed. */
static inline int probe_ask(struct kc_enclave *enclave, enum probe_op op, uint32_t a, uint32_t b)
{
    uint8_t in[9] = {(uint8_t)op};
    uint8_t out[4096];
    size_t len = 0;
    memcpy(in + 1, &a, 4);
    memcpy(in + 5, &b, 4);
    if (probe_call(enclave, kc_bytes_of(in, sizeof(in)), out, &len) != KC_OK || len < 1)
        return -1;
    return out[0];
}

static inline struct kc_emulator *probe_emulator(struct kc_enclave *enclave)
{
    return (struct kc_emulator *)enclave;
}

#endif
