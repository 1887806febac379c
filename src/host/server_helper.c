#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "aesm/aesm.h"
#include "host/server_state.h"

#define IN_SIZE (KC_SGX_QUOTE_MAX_SIZE + 1024)

bool kc_helper_thread(pthread_t *thread, void *(*run)(void *), void *argument)
{
    static const int faults[] = {SIGILL, SIGSEGV, SIGBUS, SIGFPE, SIGTRAP, SIGSYS};
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        sigdelset(&all, faults[i]);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
        return false;
    bool made = pthread_create(thread, NULL, run, argument) == 0;
    return pthread_sigmask(SIG_SETMASK, &before, NULL) == 0 && made;
}

enum kc_err kc_helper_new(struct kc_server_helper *helper, struct kc_server *server,
                          void (*serve)(struct kc_server_helper *helper,
                                        struct kc_server_job *jobs))
{
    helper->server = server;
    helper->serve = serve;
    helper->last = &helper->first;
    helper->in = (struct kc_room){malloc(IN_SIZE), IN_SIZE};
    helper->out = (struct kc_room){malloc(KC_CORE_FRAME_MAX), KC_CORE_FRAME_MAX};
    if (helper->in.ptr == NULL || helper->out.ptr == NULL ||
        pthread_mutex_init(&helper->lock, NULL) != 0 ||
        pthread_cond_init(&helper->filled, NULL) != 0)
        return KC_ERR_MEMORY;
    return KC_OK;
}

static void free_jobs(struct kc_server_job *jobs)
{
    while (jobs != NULL) {
        struct kc_server_job *next = jobs->next;
        free(jobs);
        jobs = next;
    }
}

/* All that waits, in order; waits for some. NULL: it is time to stop. */
static struct kc_server_job *take(struct kc_server_helper *helper)
{
    struct kc_server_job *jobs = NULL;
    pthread_mutex_lock(&helper->lock);
    while (!helper->stopped && helper->first == NULL)
        pthread_cond_wait(&helper->filled, &helper->lock);
    if (!helper->stopped) {
        jobs = helper->first;
        helper->first = NULL;
        helper->last = &helper->first;
    }
    pthread_mutex_unlock(&helper->lock);
    return jobs;
}

static void *run(void *argument)
{
    struct kc_server_helper *helper = argument;
    struct kc_server_job *jobs;
    if (helper->nice != 0)
        (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), helper->nice);
    while ((jobs = take(helper)) != NULL) {
        helper->serve(helper, jobs);
        free_jobs(jobs);
    }
    return NULL;
}

enum kc_err kc_helper_run(struct kc_server_helper *helper)
{
    helper->running = kc_helper_thread(&helper->thread, run, helper);
    return helper->running ? KC_OK : KC_ERR_MEMORY;
}

void kc_helper_give(struct kc_server_helper *helper, const struct kc_effect *effect)
{
    struct kc_server_job *job = malloc(sizeof *job + effect->body.len);
    if (job == NULL) {
        kc_server_fail(helper->server, KC_ERR_MEMORY, "out of memory");
        return;
    }
    job->next = NULL;
    job->effect = *effect;
    if (effect->body.len > 0)
        memcpy(job->body, effect->body.ptr, effect->body.len);
    job->effect.body = kc_bytes_of(job->body, effect->body.len);
    pthread_mutex_lock(&helper->lock);
    *helper->last = job;
    helper->last = &job->next;
    pthread_cond_signal(&helper->filled);
    pthread_mutex_unlock(&helper->lock);
}

void kc_helper_stop(struct kc_server_helper *helper)
{
    if (!helper->running)
        return;
    pthread_mutex_lock(&helper->lock);
    helper->stopped = true;
    pthread_cond_signal(&helper->filled);
    pthread_mutex_unlock(&helper->lock);
    pthread_join(helper->thread, NULL);
    helper->running = false;
}

void kc_helper_clear(struct kc_server_helper *helper)
{
    if (helper->server == NULL)
        return;
    free_jobs(helper->first);
    free(helper->in.ptr);
    free(helper->out.ptr);
    pthread_mutex_destroy(&helper->lock);
    pthread_cond_destroy(&helper->filled);
}
