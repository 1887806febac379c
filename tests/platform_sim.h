/*
 * The simulated processor as the core's platform, a hand-made quote and a batch of messages: what
 * tests and the hostile host of the fuzzer have in common. No cmocka here.
 */
#ifndef KC_TESTS_PLATFORM_SIM_H
#define KC_TESTS_PLATFORM_SIM_H

#include <string.h>

#include "core/core.h"
#include "core/effect.h"
#include "core/message.h"
#include "sim/processor.h"

struct test_machine {
    struct kc_sim_processor processor;
    struct kc_sim_secs secs;
    struct kc_platform platform;
    uint8_t seal_signer[KC_SGX_HASH_SIZE]; /* what the image names: its signer at first */
    bool broken;                           /* EREPORT and EGETKEY fail */
    uint64_t told;                         /* what the core last took the time to be */
};

static inline enum kc_err test_machine_report(void *context,
                                              const uint8_t target[KC_SGX_TARGETINFO_SIZE],
                                              const uint8_t report_data[KC_SGX_REPORT_DATA_SIZE],
                                              uint8_t out[KC_SGX_REPORT_SIZE])
{
    const struct test_machine *machine = context;
    if (machine->broken)
        return KC_ERR_STATE;
    kc_sim_ereport(&machine->processor, &machine->secs, target, report_data, out);
    return KC_OK;
}

static inline enum kc_err test_machine_key(void *context,
                                           const uint8_t request[KC_SGX_KEYREQUEST_SIZE],
                                           uint8_t key[KC_SGX_KEY_SIZE])
{
    const struct test_machine *machine = context;
    uint8_t made[KC_SGX_KEY_SIZE];
    if (machine->broken || kc_sim_egetkey(&machine->processor, &machine->secs, request, made) != 0)
        return KC_ERR_REFUSED;
    memcpy(key, made, sizeof made);
    return KC_OK;
}

static inline void test_machine_time_is(void *context, uint64_t now)
{
    struct test_machine *machine = context;
    machine->told = now;
}

/* `machine` must stay where it is: the platform points to it. */
static inline void test_machine_init(struct test_machine *machine)
{
    memset(machine, 0, sizeof *machine);
    memset(machine->processor.fuse_secret, 0xf5, sizeof machine->processor.fuse_secret);
    memset(machine->processor.cpu_svn, 7, sizeof machine->processor.cpu_svn);
    memset(machine->secs.mrenclave, 0xe1, sizeof machine->secs.mrenclave);
    memset(machine->secs.mrsigner, 0x51, sizeof machine->secs.mrsigner);
    machine->secs.attributes.flags = KC_SGX_FLAG_INIT | KC_SGX_FLAG_MODE64BIT;
    machine->secs.attributes.xfrm = 7;
    machine->secs.isv_prod_id = 1;
    machine->secs.isv_svn = 2;
    memcpy(machine->seal_signer, machine->secs.mrsigner, sizeof machine->seal_signer);
    machine->platform = (struct kc_platform){.context = machine,
                                             .seal_signer = machine->seal_signer,
                                             .report = test_machine_report,
                                             .key = test_machine_key,
                                             .time_is = test_machine_time_is};
}

#define TEST_QUOTE_SIZE (KC_SGX_QUOTE_MIN_SIZE + 4)

/* A quote of version 3 over the body of `report`, of the right shape, with no true signature. */
static inline void test_quote_of(const uint8_t report[KC_SGX_REPORT_SIZE],
                                 uint8_t out[TEST_QUOTE_SIZE])
{
    memset(out, 0, TEST_QUOTE_SIZE);
    out[0] = KC_SGX_QUOTE_VERSION;
    out[2] = KC_SGX_ATT_KEY_ECDSA_P256;
    memcpy(out + 48, report, KC_SGX_REPORT_BODY_SIZE);
    out[432] = (TEST_QUOTE_SIZE - 436) & 0xff;
    out[433] = (TEST_QUOTE_SIZE - 436) >> 8;
    out[1014] = KC_SGX_CERT_DATA_PCK_CHAIN;
    out[1016] = 4; /* bytes of certification data */
}

#endif
