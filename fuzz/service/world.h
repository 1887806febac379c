/*
 * What the hostile host of fuzz_service.c and its clients know. The clients are honest and
 * complete: they finish handshakes, remember what they were told, and judge every answer by it.
 */
#ifndef KC_FUZZ_SERVICE_WORLD_H
#define KC_FUZZ_SERVICE_WORLD_H

#include <openssl/ssl.h>

#include "../../tests/platform_sim.h"
#include "../fuzz.h"
#include "core/root.h"
#include "core/state.h"
#include "disk.h"
#include "hooks.h"
#include "secrets.h"

#define CLIENTS     6
#define READ_MAX    (96 * 1024)
#define EXPECTED    12
#define TOKENS      4
#define CIPHERTEXTS 12
#define TEXT_MAX    160
#define PLAIN_MAX   25 /* base64 of 18 bytes, and its end */
#define ASKS        24
#define LIES        8
#define BATCH_MAX   (160 * 1024)

/* What an answer is judged by. */
enum kind { OTHER, INIT, KEY_MAKE, KEY_READ, KEY_LIST, ENCRYPT, DECRYPT, GENERATE };

/* One ciphertext that a client was given. */
struct ciphertext {
    char text[TEXT_MAX];
    char plain[PLAIN_MAX];
    unsigned name;
    bool aad;
};

/* An answer that a client waits for. */
struct expected {
    enum kind kind;
    bool head; /* it has no body */
    bool needs_token;
    bool token_good; /* the one that was shown is one of this service */
    unsigned name;
    bool aad;
    unsigned items; /* 1 or 2 */
    struct {
        char plain[PLAIN_MAX];
        bool opens; /* DECRYPT: the ciphertext is a true one, of this key and data */
    } item[2];
};

struct client {
    uint64_t conn; /* 0: none yet */
    SSL *tls;
    bool open;    /* as the host has it */
    bool closing; /* CLOSE is in the batch */
    bool unsure;  /* the host did what nobody can follow: whether it is open, what comes when */
    bool spoilt;  /* what its TLS said came otherwise, or is not to be understood */
    bool raw;     /* something else than whole requests was written */
    bool let_in;  /* a good token was shown at some time */
    bool resume;  /* RESUME is owed */
    unsigned generation;
    unsigned waiting; /* answers */
    struct expected expected[EXPECTED];
    size_t read_len;
    uint8_t read[READ_MAX + 1];
};

/* What the core asked for and was not given yet. */
struct ask {
    uint16_t type; /* of the effect; 0: nothing */
    uint64_t order;
    uint64_t conn, id;
    struct kc_record_id record;
    uint32_t limit;
    uint8_t batch[KC_BATCH_ID_SIZE];
    size_t len;
    uint8_t body[KC_STORE_MAX]; /* report, or list to store */
};

struct lie {
    uint8_t after; /* honest answers before it */
    uint8_t how;
    uint16_t number;
};

struct world {
    struct test_machine machine;
    struct kc_platform platform; /* the machine's, seen by the hooks */
    struct kc_core *core;
    uint64_t now;
    bool started;
    bool lied;                  /* the store has said what an honest one would not */
    bool failed;                /* memory or random bytes: TLS may break */
    bool reports;               /* the host asked for reports of its own */
    const struct kc_root *root; /* the core's, once it had one */
    uint32_t made; /* bits of names: a client was told in this life that the key is there */
    bool serving;
    unsigned status; /* of the answer that was judged last */
    unsigned work;
    unsigned long_kib; /* of long bodies so far */
    bool no_resume, no_work;

    size_t tokens;
    struct {
        char text[64];
        uint8_t root_id[KC_ROOT_ID_SIZE]; /* not its kms-id: ready keys come again */
    } token[TOKENS];
    size_t ciphertexts; /* of all times; the place is the number modulo CIPHERTEXTS */
    struct ciphertext ciphertext[CIPHERTEXTS];

    uint64_t asked; /* how often */
    unsigned lies;
    struct lie lie[LIES];
    unsigned batches;
    uint8_t batch_id[32][KC_BATCH_ID_SIZE]; /* of the last STOREs */

    bool gather; /* messages wait for others in the batch */
    unsigned queued;
    size_t out_cap; /* 0: what the batch needs, to the byte */
    struct kc_writer queue;

    /* Not cleared. */
    struct ask ask[ASKS];
    struct client client[CLIENTS];
    struct disk disk;
    uint8_t queue_room[BATCH_MAX];
    uint8_t out[KC_CORE_FRAME_MAX + 64];
    uint8_t out_nested[KC_CORE_FRAME_MAX + 64];
};

/* --- host.c: messages and effects --- */

/* Into the batch, which goes at once unless it gathers. */
void host_say(struct world *w, struct kc_message message);
void host_say_conn(struct world *w, uint16_t type, uint64_t conn);
void host_raw(struct world *w, uint16_t type, struct kc_bytes payload, size_t length);
void host_flush(struct world *w);
/* By another thread, while a call is under way: a batch of its own. */
void host_say_nested(struct world *w, struct kc_message message);

/* --- answers.c: what the host says when it is asked --- */

void answer_honestly(struct world *w, struct ask *ask);
/* In one of many ways; the ask is then over, or not. */
void answer_somehow(struct world *w, struct ask *ask, unsigned how, unsigned number);
/* What is asked for the longest; NULL when nothing is. */
struct ask *answer_oldest(struct world *w);

/* --- client.c --- */

void client_open(struct world *w, unsigned which, unsigned context, uint32_t listener);
void client_free(struct client *client);
/* Reads what came and judges it. */
void client_reads(struct world *w, struct client *client);
/* Bytes that its TLS wants to send, taken; at most `n`. */
struct kc_bytes client_says(struct client *client, struct kc_room room);
/* False when TLS is not there. */
bool client_write(struct client *client, struct kc_bytes bytes);
/* Until nobody has anything to say: an honest host, but for the lies that were prepared. */
void client_settle(struct world *w);

/* --- judge.c --- */

/* An answer to `expected`; its body ends with a zero. Status 0: text of answers that nobody can
 * tell apart. */
void judge_answer(struct world *w, const struct expected *expected, unsigned status,
                  const char *body);
/* Of the service as it is now. */
bool judge_token(const struct world *w, const char *token);

/* --- requests.c --- */

#define TOKEN_WAYS 8

/* Writes request number `row`, with `suffix` behind its path and its own body or `body` (ptr not
 * NULL); requests.c has the bits of `flags` and `extra`. */
void request_write(struct world *w, struct client *client, unsigned row, unsigned flags,
                   unsigned name, unsigned extra, struct kc_bytes suffix, struct kc_bytes body);

/* What else the input has a client write. */
void request_note(const struct world *w, struct client *client, struct kc_bytes bytes);
void request_write_long(struct world *w, struct client *client, unsigned kib);

#define NAMES 12
extern const char *const request_names[NAMES];

#endif
