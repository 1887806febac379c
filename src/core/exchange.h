/*
 * One HTTP request on its way to its answer. An exchange is a function of the request and of the
 * records that it names: first all of them are fetched, then it is computed once, then its changes
 * are stored, all or none, and only then is it answered. While something is missing it waits; the
 * session goes on with it when the host has answered.
 *
 *   head is there -> who asks? (token) -> body -> plan: what is needed? -> fetch, scan, quote
 *       -> compute (slow ones on a thread of their own) -> store -> answer
 *
 * A change bears a random batch id that stands in its records. `conflict`, or an answer that cannot
 * be true, makes the exchange fetch again: a record with its batch id means that it was stored
 * after all; otherwise it is computed anew, KC_EXCHANGE_TRIES times at most, then 503.
 *
 * The session (session.h) owns it and calls the functions below; routes (route.h) fill it in.
 */
#ifndef KC_CORE_EXCHANGE_H
#define KC_CORE_EXCHANGE_H

#include "core/effect.h"
#include "core/message.h"
#include "core/record.h"
#include "core/root.h"
#include "http/method.h"

struct kc_core;
struct kc_route;
struct ssl_st;

#define KC_EXCHANGE_READS_MAX  4
#define KC_EXCHANGE_WRITES_MAX 4
#define KC_EXCHANGE_TRIES      8
#define KC_EXCHANGE_PATH_MAX   256
#define KC_EXCHANGE_BODY_OPEN  16384         /* bytes of body where no token was shown */
#define KC_EXCHANGE_BODY_MAX   (1024 * 1024) /* with a good one */

enum kc_step {
    KC_STEP_ANSWERED, /* status and answer are there */
    KC_STEP_BODY,     /* the body is wanted, `body_max` bytes at most; call again with it */
    KC_STEP_WAIT,     /* an effect asked the host for something */
    KC_STEP_SLOW,     /* kc_exchange_compute_slow() is wanted, on the slow thread */
};

/* Private to exchange.c. */
enum kc_exchange_state {
    KC_EXCHANGE_WHO,
    KC_EXCHANGE_WHO_WAITS,
    KC_EXCHANGE_BODY,
    KC_EXCHANGE_PLAN,
    KC_EXCHANGE_GATHER,
    KC_EXCHANGE_COMPUTE,
    KC_EXCHANGE_STORE,
    KC_EXCHANGE_STORE_WAITS,
    KC_EXCHANGE_CHECK_WAITS, /* it was not said that the changes are stored: are they there? */
    KC_EXCHANGE_END,
};

struct kc_exchange_read {
    struct kc_record_id id;
    bool asked;                     /* FETCH is out */
    bool known;                     /* `record` is what there is: NULL, there is none */
    const struct kc_record *record; /* held */
    uint64_t floor;                 /* version known when it was asked for: none may be older */
    unsigned asked_times;
};

struct kc_exchange_write {
    struct kc_record_id id;
    uint64_t replaces;        /* version; 0: there must be none */
    struct kc_record *record; /* the new one, held; NULL for the root, which `new_root` is */
};

struct kc_exchange {
    /* Set by the session before the first step. Views live as long as the exchange. */
    struct kc_core *core;
    uint64_t conn;
    struct ssl_st *tls; /* of this connection; NULL in tests without one */
    enum kc_http_method method;
    struct kc_bytes path;  /* decoded */
    struct kc_bytes query; /* still encoded */
    struct kc_bytes token; /* empty: none was shown */
    struct kc_bytes body;  /* after KC_STEP_BODY */
    uint64_t *quoted_at;   /* the connection's: when it last had a quote made; 0: never */

    /* What the routes see and fill in. */
    const struct kc_route *route;
    struct kc_bytes parameter; /* what stands for ":name" in the route's path */
    bool authenticated;
    struct kc_exchange_read read[KC_EXCHANGE_READS_MAX];
    size_t read_count;
    bool scan_wanted; /* names of `scan_class` after `scan_after`, `scan_limit` of them */
    uint8_t scan_class;
    struct kc_record_id scan_after;
    uint32_t scan_limit;
    struct kc_room scanned; /* the names (kc_message_next_name); owned */
    size_t scanned_len;
    bool quote_wanted; /* over `claims` (quotes.h). The engine asks: 429 within a minute of the
                          connection's last one, 503 without a place or when none is made */
    uint8_t claims[512];
    size_t claims_len;
    struct kc_room quote; /* owned */
    void *work;           /* the route's own, from plan to compute; freed by route->forget */
    struct kc_exchange_write write[KC_EXCHANGE_WRITES_MAX];
    size_t write_count;
    bool initialising;               /* kc_exchange_take_init() */
    struct kc_root *new_root;        /* init alone: stored as ROOT/root with the changes, which are
                                        sealed under it, and the core's from then on; owned */
    uint8_t batch[KC_BATCH_ID_SIZE]; /* of this try's changes: for kc_record_new() in compute */

    /* The answer. */
    unsigned status;          /* 0: none yet */
    const char *content_type; /* NULL: application/json */
    struct kc_room answer;    /* owned, wiped when freed */
    size_t answer_len;
    unsigned retry_after; /* seconds; 0: the header is not there */
    bool close;           /* the connection must end after this answer */

    /* Private. */
    enum kc_exchange_state state;
    size_t body_max;
    struct {
        unsigned status; /* 0: none */
        const char *why;
        unsigned retry_after;
    } fault; /* of an answer of the store; told once all that was asked for is there */
    unsigned tries;
    bool ask_again;              /* records are to be fetched from the store, not the cache */
    struct kc_exchange_read who; /* the token's record */
    bool scan_asked;
    bool scan_done;
    uint32_t scan_left;
    struct kc_record_id scan_last;
    uint64_t quote_id;
    bool quote_asked;
    bool quote_done;
    struct kc_exchange_read check[KC_EXCHANGE_WRITES_MAX]; /* the changes, as the store has them */
    enum kc_stored stored;                                 /* what the host said of them */
};

/* Goes on as far as it can. Never slow. Effects are at most KC_EXCHANGE_EFFECTS_MAX bytes. */
#define KC_EXCHANGE_EFFECTS_MAX (KC_STORE_MAX + 256)
enum kc_step kc_exchange_step(struct kc_exchange *x, struct kc_writer *effects);

/* After KC_STEP_SLOW, on any thread that has the exchange for itself: computes. Then step again. */
void kc_exchange_compute_slow(struct kc_exchange *x);

/* The host's answers. KC_REFUSAL_NOT_AWAITED for what was not asked for, or is answered already. */
KC_MUST_USE enum kc_refusal kc_exchange_take_record(struct kc_exchange *x,
                                                    const struct kc_message *in,
                                                    struct kc_writer *effects);
KC_MUST_USE enum kc_refusal kc_exchange_take_ids(struct kc_exchange *x, const struct kc_message *in,
                                                 struct kc_writer *effects);
KC_MUST_USE enum kc_refusal kc_exchange_take_stored(struct kc_exchange *x,
                                                    const struct kc_message *in,
                                                    struct kc_writer *effects);

/* Lets go of everything, wipes, and leaves zeros; at any time. */
void kc_exchange_end(struct kc_exchange *x);

/* --- for routes --- */

/* Answers {"errors": ["<message>"]}; the message is a literal without characters to escape. */
void kc_exchange_refuse(struct kc_exchange *x, unsigned status, const char *message);

/* Room of `n` bytes for the answer's body, NULL (and the exchange refused with 500) without memory.
 * The route then sets status and answer_len. */
uint8_t *kc_exchange_answer_room(struct kc_exchange *x, size_t n);

/* Names a record that must be there before compute; its place in `read`. */
size_t kc_exchange_need(struct kc_exchange *x, const struct kc_record_id *id);

/* Adds a change; takes the hold of `record` over. The version that it replaces is that of
 * `replaces`, or 0, and its own must be the next. NULL, or one change too many: refused with 500.
 */
void kc_exchange_change(struct kc_exchange *x, struct kc_record *record,
                        const struct kc_record *replaces);

/* For the plan of init: from now until its end this exchange alone initialises. False: another
 * does. */
KC_MUST_USE bool kc_exchange_take_init(struct kc_exchange *x);

#endif
