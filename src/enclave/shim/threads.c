/*
 * <pthread.h> for a fixed number of threads that never end. There is nothing to sleep on inside:
 * locks spin, and every section that they guard is short.
 *
 * The types are glibc's; only the first 32 bits of a lock are used, 0 being glibc's initial value
 * as well.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>

#include "enclave/runtime.h"
#include "enclave/shim/shim.h"

#define WRITER UINT32_MAX

enum once_state {
    ONCE_NEW,
    ONCE_RUNNING,
    ONCE_DONE,
};

static uint32_t keys_made;

int *__errno_location(void)
{
    return &kc_thread_self()->error;
}

/* A poisoned enclave may have lost the lock's holder. */
static void pause_a_little(void)
{
    if (kc_runtime_poisoned)
        kc_runtime_abort();
    __builtin_ia32_pause();
}

void kc_spin_lock(struct kc_spin *lock)
{
    while (__atomic_exchange_n(&lock->taken, 1, __ATOMIC_ACQUIRE) != 0) {
        while (__atomic_load_n(&lock->taken, __ATOMIC_RELAXED) != 0)
            pause_a_little();
    }
}

void kc_spin_unlock(struct kc_spin *lock)
{
    __atomic_store_n(&lock->taken, 0, __ATOMIC_RELEASE);
}

int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes)
{
    if (attributes != NULL)
        return ENOTSUP; /* recursive ones are not made */
    *(uint32_t *)mutex = 0;
    return 0;
}

int pthread_mutex_destroy(pthread_mutex_t *mutex)
{
    return *(uint32_t *)mutex == 0 ? 0 : EBUSY;
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    kc_spin_lock((struct kc_spin *)mutex);
    return 0;
}

int pthread_mutex_trylock(pthread_mutex_t *mutex)
{
    return __atomic_exchange_n((uint32_t *)mutex, 1, __ATOMIC_ACQUIRE) == 0 ? 0 : EBUSY;
}

int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    kc_spin_unlock((struct kc_spin *)mutex);
    return 0;
}

/* Readers counted; WRITER when one writes. */
int pthread_rwlock_init(pthread_rwlock_t *lock, const pthread_rwlockattr_t *attributes)
{
    if (attributes != NULL)
        return ENOTSUP;
    *(uint32_t *)lock = 0;
    return 0;
}

int pthread_rwlock_destroy(pthread_rwlock_t *lock)
{
    return *(uint32_t *)lock == 0 ? 0 : EBUSY;
}

static bool exchange(pthread_rwlock_t *lock, uint32_t from, uint32_t to)
{
    return __atomic_compare_exchange_n((uint32_t *)lock, &from, to, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

int pthread_rwlock_rdlock(pthread_rwlock_t *lock)
{
    for (;;) {
        uint32_t readers = __atomic_load_n((uint32_t *)lock, __ATOMIC_RELAXED);
        if (readers < WRITER - 1 && exchange(lock, readers, readers + 1))
            return 0;
        pause_a_little();
    }
}

int pthread_rwlock_wrlock(pthread_rwlock_t *lock)
{
    while (!exchange(lock, 0, WRITER))
        pause_a_little();
    return 0;
}

int pthread_rwlock_unlock(pthread_rwlock_t *lock)
{
    uint32_t *state = (uint32_t *)lock;
    uint32_t value = __atomic_load_n(state, __ATOMIC_RELAXED);
    if (value == 0)
        kc_runtime_abort();
    if (value == WRITER)
        __atomic_store_n(state, 0, __ATOMIC_RELEASE);
    else
        __atomic_sub_fetch(state, 1, __ATOMIC_RELEASE);
    return 0;
}

int pthread_once(pthread_once_t *once, void (*function)(void))
{
    int expected = ONCE_NEW;
    /* Without a write, for all threads ask often. */
    if (__atomic_load_n(once, __ATOMIC_ACQUIRE) == ONCE_DONE)
        return 0;
    if (__atomic_compare_exchange_n(once, &expected, ONCE_RUNNING, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE)) {
        function();
        __atomic_store_n(once, ONCE_DONE, __ATOMIC_RELEASE);
    }
    while (__atomic_load_n(once, __ATOMIC_ACQUIRE) != ONCE_DONE)
        pause_a_little();
    return 0;
}

/* Destructors have nobody to call them: no thread of an enclave ends. */
int pthread_key_create(pthread_key_t *key, void (*destructor)(void *))
{
    (void)destructor;
    uint32_t next = __atomic_load_n(&keys_made, __ATOMIC_RELAXED);
    do {
        if (next >= KC_THREAD_KEYS)
            return EAGAIN;
    } while (!__atomic_compare_exchange_n(&keys_made, &next, next + 1, false, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
    *key = next;
    return 0;
}

/* A deleted key is not made again. */
int pthread_key_delete(pthread_key_t key)
{
    return key < KC_THREAD_KEYS ? 0 : EINVAL;
}

void *pthread_getspecific(pthread_key_t key)
{
    if (key >= KC_THREAD_KEYS)
        return NULL;
    return (void *)(uintptr_t)kc_thread_self()->value[key];
}

int pthread_setspecific(pthread_key_t key, const void *value)
{
    if (key >= KC_THREAD_KEYS)
        return EINVAL;
    kc_thread_self()->value[key] = value;
    return 0;
}

pthread_t pthread_self(void)
{
    return (pthread_t)kc_thread_self();
}

int pthread_equal(pthread_t a, pthread_t b)
{
    return a == b;
}

int sched_yield(void)
{
    __builtin_ia32_pause();
    return 0;
}
