/* Who has to go: those whose time is over, and those who make way for others. */
#include <openssl/ssl.h>

#include "core/sessions.h"

/* Bytes of close_notify, encrypted, at most; what does not fit is not said. */
#define NOTIFY_MAX 64

void kc_sessions_say_close(struct kc_writer *effects, uint64_t conn, enum kc_close why)
{
    const struct kc_effect close = {.type = KC_EFFECT_CLOSE, .conn = conn, .code = why};
    kc_effect_encode(effects, &close);
}

/* Waits for the peer and not for the host, and has shown no token. With its guard held. */
static bool may_be_evicted(const struct kc_session *s)
{
    return s->conn != 0 && !s->busy && !s->proven && s->state != KC_SESSION_WAIT &&
           s->state != KC_SESSION_SLOW;
}

/* That which was used longest ago of those that may be; busy, or NULL. */
static struct kc_session *pick_victim(struct kc_sessions *sessions)
{
    struct kc_session *victim = NULL;
    uint64_t oldest = UINT64_MAX;
    for (uint32_t i = 0; i < sessions->max; i++) {
        struct kc_session *s = &sessions->entry[i];
        pthread_mutex_lock(&s->guard);
        if (may_be_evicted(s) && s->used < oldest) {
            oldest = s->used;
            victim = s;
        }
        pthread_mutex_unlock(&s->guard);
    }
    if (victim == NULL)
        return NULL;
    pthread_mutex_lock(&victim->guard);
    bool still = may_be_evicted(victim) && victim->used == oldest;
    if (still)
        victim->busy = true;
    pthread_mutex_unlock(&victim->guard);
    return still ? victim : NULL;
}

bool kc_sessions_admit(struct kc_sessions *sessions, struct kc_writer *effects)
{
    unsigned most = (sessions->max * 3 + 3) / 4;
    if (__atomic_add_fetch(&sessions->unproven, 1, __ATOMIC_RELAXED) <= most)
        return true;
    struct kc_session *victim = pick_victim(sessions);
    if (victim == NULL) {
        __atomic_sub_fetch(&sessions->unproven, 1, __ATOMIC_RELAXED);
        return false;
    }
    kc_sessions_say_close(effects, victim->conn, KC_CLOSE_BUSY);
    kc_sessions_end(victim);
    return true;
}

/* close_notify where the peer can read it; nothing that waits before it is sent any more. */
static void expire(struct kc_session *s, struct kc_writer *effects)
{
    if (s->state != KC_SESSION_HANDSHAKE && s->state != KC_SESSION_LAST &&
        kc_pipe_waiting(&s->pipe) == 0) {
        (void)SSL_shutdown(s->tls);
        if (kc_pipe_waiting(&s->pipe) <= NOTIFY_MAX)
            kc_pipe_send(&s->pipe, s->conn, NOTIFY_MAX, effects);
    }
    kc_sessions_say_close(effects, s->conn, KC_CLOSE_DEADLINE);
    kc_sessions_end(s);
}

void kc_sessions_tick(struct kc_core *core, struct kc_writer *effects)
{
    struct kc_sessions *sessions = core->sessions;
    uint64_t now = kc_sessions_now(core);
    unsigned ended = 0;
    if (sessions == NULL)
        return;
    for (uint32_t i = 0; i < sessions->max && ended < KC_SESSIONS_TICK_MAX; i++) {
        struct kc_session *s = &sessions->entry[i];
        pthread_mutex_lock(&s->guard);
        bool over = s->conn != 0 && !s->busy && now >= s->deadline;
        if (over)
            s->busy = true;
        pthread_mutex_unlock(&s->guard);
        if (!over)
            continue;
        expire(s, effects);
        ended++;
    }
}
