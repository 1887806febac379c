/*
 * struct kc_core, for the files of this room alone. There is no other mutable state.
 */
#ifndef KC_CORE_STATE_H
#define KC_CORE_STATE_H

#include <pthread.h>

#include "core/core.h"
#include "core/crypto.h"
#include "core/requests.h"

struct kc_certificates;
struct kc_cipher;
struct kc_records;
struct kc_root;
struct kc_sessions;
struct kc_tls;

/* As bits, for the dispatcher's table. */
enum kc_core_phase {
    KC_PHASE_NEW = 1,
    KC_PHASE_READY = 2,
};

struct kc_core {
    const struct kc_platform *platform;
    /* Over all that follows. A spin lock inside the enclave: never held over crypto. */
    pthread_mutex_t lock;
    enum kc_core_phase phase;
    uint32_t seen;          /* a bit for each message type that came and may come once only */
    uint64_t now;           /* the host's clock, forward only */
    struct kc_rsa_key *key; /* NULL until first needed; then never another */
    struct kc_requests requests;
    struct kc_cipher *cipher; /* made with the core; takes no lock of ours */

    /* The service; all NULL where START asked for none. */
    struct kc_sessions *sessions;
    struct kc_tls *tls;
    struct kc_certificates *certificates;
    struct kc_records *records;
    struct kc_root *root; /* NULL until initialised; then never another. Read it by
                             __atomic_load_n(&core->root, __ATOMIC_ACQUIRE) */
    bool initialising;    /* an init is under way; atomic exchange */
};

#endif
