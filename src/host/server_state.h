/*
 * The server's own files share this. Each struct says which thread may touch it.
 */
#ifndef KC_HOST_SERVER_STATE_H
#define KC_HOST_SERVER_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

#include "core/core.h"
#include "core/message.h"
#include "host/server.h"

#define KC_SERVER_WORKERS_MAX 14
#define KC_SERVER_LISTENERS   2
#define KC_WORKER_MESSAGES    60 /* in a batch: room of KC_CORE_FRAME_MAX suffices (core.h) */

/* Bytes that grow. */
struct kc_server_bytes {
    uint8_t *ptr;
    size_t len;
    size_t cap;
};

enum kc_server_phase {
    KC_SERVER_SERVES,
    KC_SERVER_DRAINS, /* no new connections, answers under way may end */
    KC_SERVER_CUTS,   /* connections are closed whatever they do */
    KC_SERVER_ENDS,   /* loops end */
};

enum kc_connection_state {
    KC_CONNECTION_OPEN,
    KC_CONNECTION_GONE,   /* the enclave is still to be told */
    KC_CONNECTION_ENDED,  /* by the enclave: what is unsent goes out, what comes is not read */
    KC_CONNECTION_CLOSED, /* on its way to be freed */
};

/* Of its worker's thread alone. */
struct kc_connection {
    uv_tcp_t tcp;
    uv_shutdown_t shutdown;
    struct kc_server_worker *worker;
    uint64_t conn;
    enum kc_connection_state state;
    bool stalled;         /* the peer takes too little: not read, not resumed */
    bool resume;          /* RESUME is wanted */
    bool resume_listed;   /* in the worker's list */
    bool answered;        /* nothing came since the last SEND */
    unsigned sends;       /* SENDs, not beyond 2 */
    uint64_t linger_till; /* milliseconds of the loop */
    struct kc_connection *next_resume;
    struct kc_connection *next_gone;
};

struct kc_server_arrival {
    int fd;
    enum kc_listener listener;
};

/* What others have for a worker: frames, and sockets. */
struct kc_server_mailbox {
    pthread_mutex_t lock;
    struct kc_server_bytes messages; /* for the enclave */
    struct kc_server_bytes effects;  /* for connections */
    struct kc_server_arrival arrivals[KC_CORE_SESSIONS_MAX];
    size_t arrival_count;
};

/* A thread, its loop, its connections: those whose place is `index` modulo the number of workers.
 * Of that thread alone but for what is marked. */
struct kc_server_worker {
    struct kc_server *server;
    unsigned index;
    pthread_t thread;
    bool running;
    uv_loop_t loop;
    uv_async_t wake; /* any thread */
    uv_check_t turn;
    uv_idle_t again; /* active while a turn left something to do */
    uv_timer_t sweep;
    struct kc_server_mailbox mailbox; /* any thread, by its lock */
    struct kc_server_mailbox taken;
    bool has_mail;
    bool told_drained;
    struct kc_connection **places;
    unsigned place_count;
    unsigned next_place;
    uint64_t generation;
    atomic_uint reserved; /* places that are taken, or promised by the acceptor */
    unsigned open;        /* connections that are not freed */
    struct kc_connection *resumes;
    struct kc_connection **resumes_end;
    struct kc_connection *gone;
    struct kc_room in;
    size_t in_len;
    unsigned in_count; /* messages in `in` */
    struct kc_room out;
};

/* An effect that a helper is to act on. */
struct kc_server_job {
    struct kc_server_job *next;
    struct kc_effect effect; /* its body is what follows */
    uint8_t body[];
};

/* A thread that does one thing after the other. */
struct kc_server_helper {
    struct kc_server *server;
    void (*serve)(struct kc_server_helper *helper, struct kc_server_job *jobs);
    pthread_t thread;
    bool running;
    int nice;
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct kc_server_job *first; /* by the lock, as what follows */
    struct kc_server_job **last;
    bool stopped;
    struct kc_room in; /* of the helper's thread */
    struct kc_room out;
};

struct kc_server_listener {
    uv_poll_t poll;
    struct kc_server *server;
    int fd;
    enum kc_listener kind;
    bool polling;
    struct kc_address address;
};

struct kc_server {
    struct kc_server_options options;
    uv_loop_t loop; /* of the thread that runs it */
    bool has_loop;
    uv_async_t wake;
    uv_timer_t tick;
    uv_timer_t limit;
    uv_signal_t terminate;
    uv_signal_t interrupt;
    uv_signal_t hang_up;
    struct kc_server_listener listeners[KC_SERVER_LISTENERS];
    unsigned listener_count;
    struct kc_server_worker *workers;
    unsigned worker_count;
    struct kc_server_helper store;
    struct kc_server_helper aesm;
    struct kc_server_helper slow;
    struct kc_room out; /* for the effects of START and TICK */
    bool ready;
    bool draining;
    bool told_full; /* since the last TICK: that no connection can be accepted */

    _Atomic enum kc_server_phase phase;
    atomic_bool stop;    /* somebody wants it to end */
    atomic_bool waiting; /* connections wait for a place */
    atomic_uint drained; /* workers without connections, once it drains */
    _Atomic enum kc_err failed;
    pthread_mutex_t lock;
    bool serving; /* by the lock, as what follows */
    bool started; /* READY came */
    bool refused; /* START was */
    struct kc_effect refusal;
    uint8_t kms_id[KC_KMS_ID_SIZE];
};

/* server.c */
void kc_server_wake(struct kc_server *server);
/* The enclave is dead or memory is at its end: everything ends, once. */
void kc_server_fail(struct kc_server *server, enum kc_err err, const char *what);

/* server_call.c: a batch into the enclave, its effects to where they belong. A batch whose effects
 * could be too many goes in parts. `self`: the worker that calls, or NULL. */
void kc_server_call(struct kc_server *server, struct kc_server_worker *self, struct kc_bytes batch,
                    struct kc_room out);
void kc_server_say(struct kc_server *server, const struct kc_message *message, struct kc_room in,
                   struct kc_room out);

/* server_effects.c */
void kc_server_take_effects(struct kc_server *server, struct kc_server_worker *self,
                            struct kc_bytes frame);

/* server_listen.c */
KC_MUST_USE enum kc_err kc_server_listen(struct kc_server *server, struct kc_server_error *error);
void kc_server_accept_on(struct kc_server *server);
void kc_server_listen_stop(struct kc_server *server);

/* server_start.c: START, from the store and the options. */
KC_MUST_USE enum kc_err kc_server_start(struct kc_server *server, struct kc_server_error *error);

/* server_worker.c */
KC_MUST_USE enum kc_err kc_worker_new(struct kc_server_worker *worker, struct kc_server *server,
                                      unsigned index);
KC_MUST_USE enum kc_err kc_worker_run(struct kc_server_worker *worker);
void kc_worker_join(struct kc_server_worker *worker);
void kc_worker_clear(struct kc_server_worker *worker);
/* Sends what is gathered into the enclave. */
void kc_worker_flush(struct kc_server_worker *worker);
void kc_worker_put(struct kc_server_worker *worker, const struct kc_message *message);

/* server_mailbox.c: from any thread. */
struct kc_server_worker *kc_mailbox_owner(struct kc_server *server, uint64_t conn);
void kc_mailbox_message(struct kc_server *server, const struct kc_message *message);
void kc_mailbox_effect(struct kc_server *server, const struct kc_effect *effect);
void kc_mailbox_arrival(struct kc_server_worker *worker, int fd, enum kc_listener listener);
/* Swaps what came with what was taken before, which must be empty. */
void kc_mailbox_take(struct kc_server_worker *worker);
void kc_mailbox_clear(struct kc_server_mailbox *mailbox);

/* server_connection.c */
void kc_connection_open(struct kc_server_worker *worker, int fd, enum kc_listener listener);
/* NULL: there is none (any more). */
struct kc_connection *kc_connection_find(struct kc_server_worker *worker, uint64_t conn);
/* Does what an effect of this connection says. */
void kc_connection_act(struct kc_connection *c, const struct kc_effect *effect);
/* The peer has gone, or is sent away. */
void kc_connection_lose(struct kc_connection *c);
/* Once the enclave knows, or need not. */
void kc_connection_close(struct kc_connection *c);
bool kc_connection_is_idle(const struct kc_connection *c);

/* server_helper.c */
KC_MUST_USE enum kc_err kc_helper_new(struct kc_server_helper *helper, struct kc_server *server,
                                      void (*serve)(struct kc_server_helper *helper,
                                                    struct kc_server_job *jobs));
KC_MUST_USE enum kc_err kc_helper_run(struct kc_server_helper *helper);
/* From any thread; copies the effect with its body. */
void kc_helper_give(struct kc_server_helper *helper, const struct kc_effect *effect);
void kc_helper_stop(struct kc_server_helper *helper);
void kc_helper_clear(struct kc_server_helper *helper);

/* A thread that gets no signals but those of faults. */
KC_MUST_USE bool kc_helper_thread(pthread_t *thread, void *(*run)(void *), void *argument);

/* server_store.c, server_aesm.c: what the helpers do. */
void kc_server_serve_store(struct kc_server_helper *helper, struct kc_server_job *jobs);
void kc_server_serve_aesm(struct kc_server_helper *helper, struct kc_server_job *jobs);
void kc_server_serve_slow(struct kc_server_helper *helper, struct kc_server_job *jobs);

#endif
