/*
 * Requests that take milliseconds to compute: a few, on a thread of their own, so that nobody else
 * waits. While one is computed its desk is that thread's, and its session may end.
 */
#include "core/sessions.h"

static struct kc_slow_job *find(struct kc_sessions *sessions, enum kc_slow_state state)
{
    struct kc_slow_job *found = NULL;
    for (size_t i = 0; i < KC_SESSION_SLOW_MAX; i++) {
        struct kc_slow_job *job = &sessions->job[i];
        if (job->state == state && (found == NULL || job->order < found->order))
            found = job;
    }
    return found;
}

bool kc_slow_add(struct kc_session *s)
{
    struct kc_sessions *sessions = s->core->sessions;
    pthread_mutex_lock(&sessions->slow_lock);
    struct kc_slow_job *job = find(sessions, KC_SLOW_FREE);
    if (job != NULL)
        *job = (struct kc_slow_job){.state = KC_SLOW_QUEUED,
                                    .conn = s->conn,
                                    .order = ++sessions->slow_order,
                                    .desk = s->desk};
    pthread_mutex_unlock(&sessions->slow_lock);
    s->job = job;
    return job != NULL;
}

bool kc_slow_done(struct kc_session *s)
{
    struct kc_sessions *sessions = s->core->sessions;
    pthread_mutex_lock(&sessions->slow_lock);
    bool done = s->job->state == KC_SLOW_DONE;
    if (done)
        s->job->state = KC_SLOW_FREE;
    pthread_mutex_unlock(&sessions->slow_lock);
    if (done)
        s->job = NULL;
    return done;
}

void kc_slow_leave(struct kc_session *s)
{
    struct kc_sessions *sessions = s->core->sessions;
    if (s->job == NULL)
        return;
    pthread_mutex_lock(&sessions->slow_lock);
    if (s->job->state == KC_SLOW_COMPUTING) {
        s->job->orphan = true;
        s->desk = NULL;
    } else {
        s->job->state = KC_SLOW_FREE;
    }
    pthread_mutex_unlock(&sessions->slow_lock);
    s->job = NULL;
}

bool kc_slow_work(struct kc_sessions *sessions, uint64_t *conn)
{
    pthread_mutex_lock(&sessions->slow_lock);
    struct kc_slow_job *job = find(sessions, KC_SLOW_QUEUED);
    if (job != NULL)
        job->state = KC_SLOW_COMPUTING;
    pthread_mutex_unlock(&sessions->slow_lock);
    if (job == NULL)
        return false;

    struct kc_desk *desk = job->desk;
    kc_exchange_compute_slow(&desk->x);

    pthread_mutex_lock(&sessions->slow_lock);
    bool orphan = job->orphan;
    *conn = job->conn;
    job->state = orphan ? KC_SLOW_FREE : KC_SLOW_DONE;
    pthread_mutex_unlock(&sessions->slow_lock);
    if (orphan)
        kc_desk_give_back(sessions, desk);
    return !orphan;
}
