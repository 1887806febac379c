/*
 * One connection of a client: TLS records in, HTTP requests out of them, answers back. Bytes before
 * authentication, time and memory are bounded here, whatever the peer or the host does.
 *
 * A session belongs to the thread that works on it: kc_sessions_take() gives it to one at a time.
 */
#ifndef KC_CORE_SESSION_H
#define KC_CORE_SESSION_H

#include "core/exchange.h"

struct kc_sessions;

/* Seconds. */
#define KC_SESSION_HANDSHAKE_TIME 10
#define KC_SESSION_HEAD_TIME      10 /* from the first byte of a request to the end of its head */
#define KC_SESSION_BODY_TIME      30
#define KC_SESSION_IDLE_TIME      75 /* between requests */
#define KC_SESSION_PARKED_TIME    60 /* waiting for the host */
#define KC_SESSION_ANSWER_TIME    60 /* from the beginning of an answer until it is sent */

#define KC_SESSION_SLOW_MAX 16 /* requests that wait for the slow thread; more are told 503 */

/* Bytes of effects of one message of a connection at most: a step of its exchange, or SEND. What
 * has no room comes after RESUME_WANTED. */
#define KC_SESSION_EFFECTS_MAX (KC_EXCHANGE_EFFECTS_MAX + 512)
/* A TICK ends so many at most, the next one more: close_notify and CLOSE for each. */
#define KC_SESSIONS_TICK_MAX         64
#define KC_SESSIONS_TICK_EFFECTS_MAX (KC_SESSIONS_TICK_MAX * (16 + 64 + 20))

KC_MUST_USE enum kc_err kc_sessions_new(uint32_t max, struct kc_sessions **out);
void kc_sessions_free(struct kc_sessions *sessions); /* NULL is fine */

/* How many are open. */
unsigned kc_sessions_count(struct kc_core *core);

/* By TICK: ends those whose time is over. */
void kc_sessions_tick(struct kc_core *core, struct kc_writer *effects);

#endif
