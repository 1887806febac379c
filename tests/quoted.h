/*
 * A core with its service started, on a machine whose Quoting Enclave is the simulated one: the
 * host's part of its certificates and quotes.
 */
#ifndef KC_TESTS_QUOTED_H
#define KC_TESTS_QUOTED_H

#include <time.h>

#include "boundary.h"
#include "core/root.h"
#include "core/state.h"
#include "sim/quoting_enclave.h"
#include "sim_folder.h"
#include "verify/verify.h"

#define QUOTED_LIFE 3600

/* START's names: localhost, 127.0.0.1. */
static const uint8_t quoted_names[] = "\0\11localhost\1\4\177\0\0\1";

struct quoted {
    char *folder;
    struct kc_sim_state *state;
    struct boundary *b;
    uint64_t now;
    struct kc_policy policy;
};

static inline int quoted_setup(void **state)
{
    struct quoted *f = calloc(1, sizeof *f);
    f->folder = test_new_folder();
    f->state = test_open_state(f->folder);
    f->b = boundary_new();
    f->b->machine.processor = *kc_sim_state_processor(f->state);
    f->now = (uint64_t)time(NULL);
    f->policy = kc_policy_default;
    f->policy.tcb_ignored = true;
    assert_true(kc_policy_add(&f->policy, &f->policy.mrenclave,
                              kc_bytes_of(f->b->machine.secs.mrenclave, KC_SGX_HASH_SIZE)));
    const struct kc_effect *last =
        boundary_say(f->b, (struct kc_message){.type = KC_MESSAGE_START,
                                               .version = KC_BOUNDARY_VERSION,
                                               .requests_max = 4,
                                               .sessions_max = 4,
                                               .certificate_life = QUOTED_LIFE,
                                               .names = {quoted_names, sizeof quoted_names - 1},
                                               .now = f->now});
    assert_int_equal(f->b->effect[0].type, KC_EFFECT_READY);
    assert_int_equal(last->type, KC_EFFECT_TARGET_WANTED);
    *state = f;
    return 0;
}

static inline int quoted_teardown(void **state)
{
    struct quoted *f = *state;
    boundary_free(f->b);
    kc_sim_state_free(f->state);
    test_remove_tree(f->folder);
    free(f->folder);
    free(f);
    return 0;
}

/* The last effect of this type. */
static inline const struct kc_effect *quoted_find(const struct quoted *f, uint16_t type)
{
    for (size_t i = f->b->count; i > 0; i--) {
        if (f->b->effect[i - 1].type == type)
            return &f->b->effect[i - 1];
    }
    fail_msg("no effect %x", type);
    return NULL;
}

static inline uint64_t quoted_wanted(const struct quoted *f)
{
    return quoted_find(f, KC_EFFECT_TARGET_WANTED)->id;
}

/* Hands in the Quoting Enclave's target info; the report comes back. */
static inline void quoted_hand_in_target(struct quoted *f, uint64_t id,
                                         uint8_t report[KC_SGX_REPORT_SIZE])
{
    uint8_t target[KC_SGX_TARGETINFO_SIZE];
    kc_sim_qe_target_info(target);
    const struct kc_effect *effect = boundary_say(
        f->b, (struct kc_message){
                  .type = KC_MESSAGE_TARGETINFO, .id = id, .body = {target, sizeof target}});
    assert_int_equal(effect->type, KC_EFFECT_QUOTE_WANTED);
    memcpy(report, effect->body.ptr, KC_SGX_REPORT_SIZE);
}

static inline void quoted_hand_in_quote(struct quoted *f, uint64_t id, const uint8_t *report)
{
    uint8_t quote[KC_SIM_QUOTE_MAX];
    size_t len = 0;
    assert_int_equal(kc_sim_qe_quote(f->state, report, (struct kc_room){quote, sizeof quote}, &len),
                     KC_SIM_QE_OK);
    const struct kc_message message = {.type = KC_MESSAGE_QUOTE, .id = id, .body = {quote, len}};
    boundary_send(f->b, &message, 1);
}

static inline void quoted_serve(struct quoted *f, uint64_t id)
{
    uint8_t report[KC_SGX_REPORT_SIZE];
    quoted_hand_in_target(f, id, report);
    quoted_hand_in_quote(f, id, report);
    assert_int_equal(quoted_find(f, KC_EFFECT_LOG)->code, KC_LOG_CERTIFICATE);
}

static inline void quoted_tick(struct quoted *f, uint64_t now)
{
    const struct kc_message message = {.type = KC_MESSAGE_TICK, .now = now};
    f->now = now;
    boundary_send(f->b, &message, 1);
}

/* As init does it. */
static inline const struct kc_root *quoted_initialise(struct quoted *f)
{
    struct kc_root *root = NULL;
    assert_int_equal(kc_root_make(f->b->core->platform, KC_SEAL_MRENCLAVE, f->now, &root), KC_OK);
    __atomic_store_n(&f->b->core->root, root, __ATOMIC_RELEASE);
    return root;
}

#endif
