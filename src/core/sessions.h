/*
 * The table of sessions and what a session is made of, for the files of session.h alone.
 *
 * A session belongs to the thread that took it. Its guard is held for a few instructions, never
 * over TLS, crypto or parsing.
 */
#ifndef KC_CORE_SESSIONS_H
#define KC_CORE_SESSIONS_H

#include <pthread.h>

#include "core/session.h"
#include "core/session_pipe.h"
#include "core/state.h"
#include "http/message.h"

struct bio_method_st;

#define KC_SESSION_LINE_MAX         8192
#define KC_SESSION_HEADER_BYTES_MAX 16384
#define KC_SESSION_HEAD_ROOM        (KC_SESSION_LINE_MAX + 2 + KC_SESSION_HEADER_BYTES_MAX)
#define KC_SESSION_PLAIN            4096  /* plaintext that is read at once */
#define KC_SESSION_BODY_KEPT        16384 /* room for bodies that a spare desk keeps */
#define KC_SESSION_DESKS_SPARE      16
/* Ciphertext that TLS reads before the handshake is done. */
#define KC_SESSION_HANDSHAKE_MAX 16384
/* What all sessions that have shown a good token may hold of unread bytes beyond what is sure to
 * each. */
#define KC_SESSIONS_EXCESS_MAX (16u * 1024 * 1024)
/* The others' is apart, and of all that a peer who sends and does not read can have kept for it:
 * unread bytes, a desk, an answer, what waits to be sent. A request and its answer are sure. */
#define KC_SESSION_STRANGER_SURE        65536
#define KC_SESSIONS_STRANGER_EXCESS_MAX (8u * 1024 * 1024)
/* Effects behind those of the exchange: RESUME_WANTED or CLOSE, WORK_WANTED. */
#define KC_SESSION_TAIL 64
/* Effects before them: LOG of what the host answered. */
#define KC_SESSION_HEAD_EFFECTS 256
_Static_assert(KC_SESSION_EFFECTS_MAX >=
                   KC_SESSION_HEAD_EFFECTS + KC_EXCHANGE_EFFECTS_MAX + KC_SESSION_TAIL,
               "an answer of the host and one step fit");

enum kc_session_state {
    KC_SESSION_HANDSHAKE,
    KC_SESSION_HEAD,  /* between requests too */
    KC_SESSION_STEP,  /* the exchange can go on */
    KC_SESSION_WAIT,  /* it waits for the host */
    KC_SESSION_SLOW,  /* it is the slow queue's */
    KC_SESSION_BODY,  /* it wants the body */
    KC_SESSION_DRAIN, /* it is answered before its body was read */
    KC_SESSION_ANSWER,
    KC_SESSION_LAST, /* what waits to be sent is the last */
};

/* What a request needs from its first byte to the end of its answer. Spare ones are clean. */
struct kc_desk {
    struct kc_http_message http;
    uint8_t head[KC_SESSION_HEAD_ROOM];
    uint8_t path[KC_EXCHANGE_PATH_MAX];
    uint8_t plain[KC_SESSION_PLAIN];
    size_t plain_at; /* bytes of it that were used */
    size_t plain_len;
    size_t plain_most; /* bytes of it that are to be wiped */
    struct kc_room body;
    size_t body_len;
    struct kc_exchange x;
    size_t answer_at; /* bytes of the answer's body that were written */
    bool body_ended;  /* the whole request was read */
    bool keep_alive;  /* the connection lives on after this answer */
    struct kc_desk *next_spare;
};

enum kc_slow_state {
    KC_SLOW_FREE,
    KC_SLOW_QUEUED,
    KC_SLOW_COMPUTING, /* the desk is the slow thread's */
    KC_SLOW_DONE,
};

struct kc_slow_job {
    enum kc_slow_state state;
    uint64_t conn;
    uint64_t order;
    struct kc_desk *desk;
    bool orphan; /* its session has ended meanwhile */
};

struct kc_session {
    pthread_mutex_t
        guard;     /* over conn, busy, gone; and over all, for who sees that it is not busy */
    uint64_t conn; /* 0: the place is free */
    bool busy;     /* a thread works on it */
    bool gone;     /* to be ended by that thread */

    struct kc_core *core;
    enum kc_session_state state;
    struct ssl_st *tls;
    struct kc_pipe pipe;
    size_t excess;        /* as it is counted for all */
    struct kc_desk *desk; /* NULL between requests */
    struct kc_slow_job *job;
    uint64_t deadline;
    uint64_t used; /* order of last use */
    uint64_t quoted_at;
    bool proven; /* a good token was shown */
    enum kc_close reason;

    /* While it is busy. */
    struct kc_writer *effects;
    size_t effects_end; /* of effects->len, for the message that is handled */
    bool resume;        /* there is more to do */
};

struct kc_sessions {
    uint32_t max;
    unsigned open;     /* atomic */
    unsigned unproven; /* atomic: of these, those that have shown no good token */
    uint64_t clock;    /* atomic: counts uses */
    size_t excess[2];  /* atomic: sums of those of the sessions; [true]: the proven ones */
    struct bio_method_st *pipes;

    pthread_mutex_t desks_lock;
    struct kc_desk *spare;
    unsigned spare_count;

    pthread_mutex_t slow_lock;
    uint64_t slow_order;
    struct kc_slow_job job[KC_SESSION_SLOW_MAX];

    struct kc_session entry[];
};

/* --- sessions.c --- */

/* The session for this thread alone, or why not. `effects` are those of the message. */
KC_MUST_USE enum kc_refusal kc_sessions_take(struct kc_core *core, uint64_t conn,
                                             struct kc_writer *effects, struct kc_session **out);
/* Gives it back, or ends it when it has gone meanwhile. */
void kc_sessions_give_back(struct kc_session *s);

/* Opens, with CLOSE for an effect where that cannot be. */
KC_MUST_USE enum kc_refusal kc_sessions_open(struct kc_core *core, uint64_t conn,
                                             enum kc_listener listener, struct kc_writer *effects);
/* The peer has gone: ends it now, or when the thread that has it gives it back. */
KC_MUST_USE enum kc_refusal kc_sessions_close(struct kc_core *core, uint64_t conn);

/* Ends a session that this thread has: the place is free. */
void kc_sessions_end(struct kc_session *s);

/* Counts what the session holds; false when that is too much. */
KC_MUST_USE bool kc_sessions_fits(struct kc_session *s);

/* A good token was shown. */
void kc_sessions_prove(struct kc_session *s);

uint64_t kc_sessions_now(const struct kc_core *core);

/* --- sessions_limits.c --- */

/* Counts one more that has shown no token: they may have three of four places. Where they have them
 * one of them makes way; false when none can. */
KC_MUST_USE bool kc_sessions_admit(struct kc_sessions *sessions, struct kc_writer *effects);
void kc_sessions_say_close(struct kc_writer *effects, uint64_t conn, enum kc_close why);

/* --- sessions_desk.c --- */

struct kc_desk *kc_desk_take(struct kc_sessions *sessions); /* NULL without memory */
/* Wipes it first. NULL is fine. */
void kc_desk_give_back(struct kc_sessions *sessions, struct kc_desk *desk);
/* Ready for the next request of the same connection; what was read ahead stays. */
void kc_desk_next(struct kc_desk *desk);
/* More of a body. False without memory, and the body is as it was. */
KC_MUST_USE bool kc_desk_add_body(struct kc_desk *desk, struct kc_bytes piece);
void kc_desk_free_spare(struct kc_sessions *sessions);

/* --- session_slow.c --- */

/* Puts the desk's exchange into the queue. False: it is full. */
KC_MUST_USE bool kc_slow_add(struct kc_session *s);
/* True when it is computed, and the session's own again. */
KC_MUST_USE bool kc_slow_done(struct kc_session *s);
/* Computes the oldest, if there is one; true when `conn` is then to be resumed. */
KC_MUST_USE bool kc_slow_work(struct kc_sessions *sessions, uint64_t *conn);
/* The session ends: it keeps the desk unless the slow thread has it. */
void kc_slow_leave(struct kc_session *s);

/* --- session.c --- */

/* A session that just opened, or whose host has said something. */
void kc_session_run(struct kc_session *s);
/* The last words are written: CLOSE once they are sent. `notify`: close_notify is one of them. */
void kc_session_finish(struct kc_session *s, enum kc_close reason, bool notify);
/* Plaintext on the desk; false when there is none, or the session is at its end. */
KC_MUST_USE bool kc_session_fill(struct kc_session *s);
/* Encrypts; false: the session is at its end. */
KC_MUST_USE bool kc_session_write(struct kc_session *s, struct kc_bytes plain);
void kc_session_time(struct kc_session *s, uint64_t seconds);

/* --- session_request.c, session_answer.c: one piece of work; false when there is nothing to do
 * until the host says something --- */

KC_MUST_USE bool kc_session_head(struct kc_session *s);
KC_MUST_USE bool kc_session_body(struct kc_session *s);
KC_MUST_USE bool kc_session_step(struct kc_session *s);
KC_MUST_USE bool kc_session_answer(struct kc_session *s);
/* The exchange has a status: reads what is left of the request, or begins to write. */
KC_MUST_USE bool kc_session_answered(struct kc_session *s);

#endif
