#include "core/sessions.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <stdlib.h>

#include "core/tls.h"

enum kc_err kc_sessions_new(uint32_t max, struct kc_sessions **out)
{
    if (max < 1 || max > KC_CORE_SESSIONS_MAX)
        return KC_ERR_ARGUMENT;
    struct kc_sessions *sessions = calloc(1, sizeof *sessions + max * sizeof sessions->entry[0]);
    if (sessions == NULL)
        return KC_ERR_MEMORY;
    bool good = pthread_mutex_init(&sessions->desks_lock, NULL) == 0 &&
                pthread_mutex_init(&sessions->slow_lock, NULL) == 0;
    for (uint32_t i = 0; good && i < max; i++)
        good = pthread_mutex_init(&sessions->entry[i].guard, NULL) == 0;
    sessions->max = max;
    sessions->pipes = kc_pipe_method();
    if (!good || sessions->pipes == NULL) {
        BIO_meth_free(sessions->pipes);
        free(sessions);
        return KC_ERR_MEMORY;
    }
    *out = sessions;
    return KC_OK;
}

void kc_sessions_free(struct kc_sessions *sessions)
{
    if (sessions == NULL)
        return;
    for (uint32_t i = 0; i < sessions->max; i++) {
        if (sessions->entry[i].conn != 0)
            kc_sessions_end(&sessions->entry[i]);
        pthread_mutex_destroy(&sessions->entry[i].guard);
    }
    kc_desk_free_spare(sessions);
    BIO_meth_free(sessions->pipes);
    pthread_mutex_destroy(&sessions->desks_lock);
    pthread_mutex_destroy(&sessions->slow_lock);
    free(sessions);
}

uint64_t kc_sessions_now(const struct kc_core *core)
{
    return __atomic_load_n(&core->now, __ATOMIC_RELAXED);
}

unsigned kc_sessions_count(struct kc_core *core)
{
    return core->sessions == NULL ? 0 : __atomic_load_n(&core->sessions->open, __ATOMIC_RELAXED);
}

static struct kc_session *place_of(struct kc_sessions *sessions, uint64_t conn)
{
    bool named = conn >> 16 != 0 && KC_CONN_PLACE(conn) < sessions->max;
    return named ? &sessions->entry[KC_CONN_PLACE(conn)] : NULL;
}

enum kc_refusal kc_sessions_take(struct kc_core *core, uint64_t conn, struct kc_writer *effects,
                                 struct kc_session **out)
{
    enum kc_refusal refusal = KC_REFUSAL_UNKNOWN_ID;
    struct kc_session *s = place_of(core->sessions, conn);
    if (s == NULL)
        return refusal;
    pthread_mutex_lock(&s->guard);
    if (s->conn == conn)
        refusal = s->busy ? KC_REFUSAL_NOT_AWAITED : KC_REFUSAL_NONE;
    if (refusal == KC_REFUSAL_NONE)
        s->busy = true;
    pthread_mutex_unlock(&s->guard);
    if (refusal != KC_REFUSAL_NONE)
        return refusal;
    s->effects = effects;
    s->effects_end = effects->len + KC_SESSION_EFFECTS_MAX;
    s->resume = false;
    *out = s;
    return KC_REFUSAL_NONE;
}

void kc_sessions_give_back(struct kc_session *s)
{
    s->effects = NULL;
    s->used = __atomic_add_fetch(&s->core->sessions->clock, 1, __ATOMIC_RELAXED);
    pthread_mutex_lock(&s->guard);
    bool gone = s->gone;
    s->busy = gone;
    pthread_mutex_unlock(&s->guard);
    if (gone)
        kc_sessions_end(s);
}

/* Everything but guard and conn. */
static void clear(struct kc_session *s)
{
    s->core = NULL;
    s->state = KC_SESSION_HANDSHAKE;
    s->tls = NULL;
    s->desk = NULL;
    s->job = NULL;
    s->deadline = 0;
    s->used = 0;
    s->quoted_at = 0;
    s->proven = false;
    s->effects = NULL;
    s->effects_end = 0;
    s->resume = false;
}

/* The place is free from here on. */
static void leave(struct kc_session *s)
{
    clear(s);
    pthread_mutex_lock(&s->guard);
    s->conn = 0;
    s->gone = false;
    s->busy = false;
    pthread_mutex_unlock(&s->guard);
}

/* The excess of a session is now `n`; true when that is not too much for all. */
static bool count_excess(struct kc_session *s, size_t n)
{
    size_t *all = &s->core->sessions->excess[s->proven];
    size_t most = s->proven ? KC_SESSIONS_EXCESS_MAX : KC_SESSIONS_STRANGER_EXCESS_MAX;
    size_t before = s->excess;
    s->excess = n;
    if (n <= before) {
        if (n < before)
            __atomic_sub_fetch(all, before - n, __ATOMIC_RELAXED);
        return true;
    }
    return __atomic_add_fetch(all, n - before, __ATOMIC_RELAXED) <= most;
}

bool kc_sessions_fits(struct kc_session *s)
{
    const struct kc_desk *desk = s->job == NULL ? s->desk : NULL; /* else the slow thread's */
    size_t n = s->pipe.held_len;
    if (!s->proven)
        n += s->pipe.out_cap;
    if (!s->proven && desk != NULL)
        n += sizeof *desk + desk->body.len + desk->x.answer.len;
    size_t sure = s->proven ? KC_PIPE_HELD_SURE : KC_SESSION_STRANGER_SURE;
    return count_excess(s, n > sure ? n - sure : 0);
}

void kc_sessions_end(struct kc_session *s)
{
    struct kc_sessions *sessions = s->core->sessions;
    kc_slow_leave(s);
    kc_desk_give_back(sessions, s->desk);
    SSL_free(s->tls);
    kc_pipe_clear(&s->pipe);
    (void)count_excess(s, 0);
    __atomic_sub_fetch(&sessions->open, 1, __ATOMIC_RELAXED);
    if (!s->proven)
        __atomic_sub_fetch(&sessions->unproven, 1, __ATOMIC_RELAXED);
    leave(s);
}

void kc_sessions_prove(struct kc_session *s)
{
    if (s->proven)
        return;
    (void)count_excess(s, 0); /* it counts among the others from here on */
    s->proven = true;
    /* Two buffers of 16 KiB need not be made anew for each of its requests. */
    (void)SSL_clear_mode(s->tls, SSL_MODE_RELEASE_BUFFERS);
    __atomic_sub_fetch(&s->core->sessions->unproven, 1, __ATOMIC_RELAXED);
}

static enum kc_close set_up(struct kc_core *core, struct kc_session *s, enum kc_listener listener)
{
    enum kc_err err = kc_tls_open(core->tls, listener, &s->tls);
    if (err == KC_ERR_STATE)
        return KC_CLOSE_NOT_READY;
    if (err != KC_OK || !kc_pipe_attach(&s->pipe, core->sessions->pipes, s->tls)) {
        SSL_free(s->tls);
        return KC_CLOSE_INTERNAL;
    }
    return KC_CLOSE_DONE;
}

enum kc_refusal kc_sessions_open(struct kc_core *core, uint64_t conn, enum kc_listener listener,
                                 struct kc_writer *effects)
{
    struct kc_sessions *sessions = core->sessions;
    struct kc_session *s = place_of(sessions, conn);
    if (s == NULL)
        return KC_REFUSAL_LIMIT;
    pthread_mutex_lock(&s->guard);
    bool taken = s->conn != 0;
    if (!taken) {
        s->conn = conn;
        s->busy = true;
    }
    pthread_mutex_unlock(&s->guard);
    if (taken)
        return KC_REFUSAL_ID_IN_USE;

    s->core = core;
    s->reason = KC_CLOSE_DONE;
    enum kc_close why = set_up(core, s, listener);
    if (why == KC_CLOSE_DONE && !kc_sessions_admit(sessions, effects)) {
        SSL_free(s->tls);
        why = KC_CLOSE_BUSY;
    }
    if (why != KC_CLOSE_DONE) {
        leave(s);
        kc_sessions_say_close(effects, conn, why);
        return KC_REFUSAL_NONE;
    }
    __atomic_add_fetch(&sessions->open, 1, __ATOMIC_RELAXED);
    kc_session_time(s, KC_SESSION_HANDSHAKE_TIME);
    kc_sessions_give_back(s);
    return KC_REFUSAL_NONE;
}

enum kc_refusal kc_sessions_close(struct kc_core *core, uint64_t conn)
{
    struct kc_session *s = place_of(core->sessions, conn);
    if (s == NULL)
        return KC_REFUSAL_UNKNOWN_ID;
    pthread_mutex_lock(&s->guard);
    bool here = s->conn == conn;
    bool ours = here && !s->busy;
    if (ours)
        s->busy = true;
    else if (here)
        s->gone = true;
    pthread_mutex_unlock(&s->guard);
    if (ours)
        kc_sessions_end(s);
    return here ? KC_REFUSAL_NONE : KC_REFUSAL_UNKNOWN_ID;
}
