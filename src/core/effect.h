/*
 * What the enclave says to the host: codes and numbers, reports and answers, never a secret and
 * never a sentence (host/words.c has those). Encoder (core) and decoder (host) of each payload
 * stand in effect.c; docs/boundary.md draws them.
 */
#ifndef KC_CORE_EFFECT_H
#define KC_CORE_EFFECT_H

#include "core/frame.h"
#include "core/record_id.h"
#include "formats/sgx_report.h"

/* The enclave's public key in PEM, zero padded. */
#define KC_PUBLIC_KEY_SIZE 512

enum kc_effect_type {
    KC_EFFECT_READY = 0x8001,
    KC_EFFECT_REFUSED = 0x8002,
    KC_EFFECT_TARGET_WANTED = 0x8003,
    KC_EFFECT_QUOTE_WANTED = 0x8004,
    KC_EFFECT_REPORT = 0x8005,
    KC_EFFECT_EVIDENCE = 0x8006,
    KC_EFFECT_FAILED = 0x8007,
    KC_EFFECT_LOG = 0x8008,
    KC_EFFECT_SEND = 0x8009,
    KC_EFFECT_CLOSE = 0x800a,
    KC_EFFECT_RESUME_WANTED = 0x800b,
    KC_EFFECT_WORK_WANTED = 0x800c,
    KC_EFFECT_FETCH = 0x800d,
    KC_EFFECT_SCAN = 0x800e,
    KC_EFFECT_STORE = 0x800f,
    KC_EFFECT_SERVING = 0x8010,
};

/* Bytes of one SEND at most; what is longer comes by more of them (RESUME_WANTED). */
#define KC_SEND_MAX 16384
/* Bytes of the list in one STORE at most. */
#define KC_STORE_MAX   16384
#define KC_KMS_ID_SIZE 32

/* CLOSE: why the enclave ended a connection. What it still had to say came before in SEND. */
enum kc_close {
    KC_CLOSE_DONE = 1,      /* the peer, or the answer, said that it is the last one */
    KC_CLOSE_TLS = 2,       /* the TLS library refused what came */
    KC_CLOSE_HTTP = 3,      /* the request could not be read */
    KC_CLOSE_DEADLINE = 4,  /* a time limit passed */
    KC_CLOSE_BUSY = 5,      /* too many connections */
    KC_CLOSE_NOT_READY = 6, /* there is no certificate yet */
    KC_CLOSE_INTERNAL = 7,  /* no memory, or the crypto library failed */
};

/* REFUSED: why a message was not acted on. */
enum kc_refusal {
    KC_REFUSAL_NONE = 0,
    KC_REFUSAL_UNKNOWN_TYPE = 1,
    KC_REFUSAL_PAYLOAD = 2,     /* parts do not fit each other */
    KC_REFUSAL_NOT_NOW = 3,     /* not in this state of the core */
    KC_REFUSAL_REPEATED = 4,    /* may come once only */
    KC_REFUSAL_VERSION = 5,     /* another version of the boundary; number: ours */
    KC_REFUSAL_LIMIT = 6,       /* a limit out of range; number: the largest */
    KC_REFUSAL_ID_IN_USE = 7,   /* number: the id */
    KC_REFUSAL_UNKNOWN_ID = 8,  /* nothing with this id is parked; number: the id */
    KC_REFUSAL_NOT_AWAITED = 9, /* the request awaits something else; number: the id */
    KC_REFUSAL_ROOT = 10,       /* START: the sealed root is damaged, or another enclave's, or
                                   another processor's */
    KC_REFUSAL_NAMES = 11,      /* START: not 1 to 16 host names and addresses */
    KC_REFUSAL_FAILED = 12,     /* START: number: enum kc_failure */
};

/* FAILED: why a request ended without an answer. */
enum kc_failure {
    KC_FAILURE_NONE = 0,
    KC_FAILURE_BUSY = 1,            /* too many parked requests; detail: how many may be */
    KC_FAILURE_FORMAT_UNKNOWN = 2,  /* no format has this UUID */
    KC_FAILURE_FORMAT = 3,          /* detail: enum kc_oe_format, which we do not make */
    KC_FAILURE_SETTINGS = 4,        /* the format has no settings; detail: bytes given */
    KC_FAILURE_TARGET = 5,          /* no target info; detail: the host's code */
    KC_FAILURE_TARGET_RESERVED = 6, /* reserved bytes of the target info are set */
    KC_FAILURE_QUOTE = 7,           /* no quote; detail: the host's code */
    KC_FAILURE_TRIES = 8,           /* the attestation key was never ready; detail: tries */
    KC_FAILURE_PLATFORM = 9,        /* EREPORT did not work */
    KC_FAILURE_CRYPTO = 10,         /* no key, no hash */
    KC_FAILURE_MEMORY = 11,
    /* The quote that came back is not one of the report that left: */
    KC_FAILURE_QUOTE_SHAPE = 12,    /* detail: offset of what is wrong */
    KC_FAILURE_QUOTE_TRAILING = 13, /* detail: bytes too many */
    KC_FAILURE_QUOTE_MRENCLAVE = 14,
    KC_FAILURE_QUOTE_ATTRIBUTES = 15,
    KC_FAILURE_QUOTE_REPORT_DATA = 16,
    KC_FAILURE_QUOTE_BODY = 17,  /* another field of the report body */
    KC_FAILURE_TIME = 18,        /* the host did not answer in time */
    KC_FAILURE_CERTIFICATE = 19, /* the quote does not fit into a certificate, or the time */
};

enum kc_log {
    KC_LOG_KEY_MADE = 1,        /* numbers: bits, 0 */
    KC_LOG_CLOCK_BACKWARDS = 2, /* numbers: time kept, time offered */
    KC_LOG_QUOTE_AGAIN = 3,     /* numbers: id, the host's code */
    KC_LOG_INITIALISED = 4,     /* numbers: 0, 0 */
    KC_LOG_RECORD_DAMAGED =
        5,                  /* a blob is not the record that was asked for. numbers: class, conn */
    KC_LOG_RECORD_OLD = 6,  /* a record of an earlier version than one seen. numbers: class,
                               version */
    KC_LOG_STORE_LIED = 7,  /* an answer of the store that cannot be true. numbers: class, conn */
    KC_LOG_CERTIFICATE = 8, /* a new one is in use. numbers: not before, not after */
    KC_LOG_RENEWAL_FAILED = 9, /* alarm. numbers: not after of the one in use, enum kc_failure */
    KC_LOG_ROOT_RESEALED = 10, /* numbers: 0, 0 */
    KC_LOG_STORE_FULL = 11,    /* numbers: conn, 0 */
};

/* Each type uses the fields that name it; the others are zero. */
struct kc_effect {
    uint16_t type;
    uint32_t version;      /* READY */
    uint32_t requests_max; /* READY */
    uint16_t message;      /* REFUSED: type of the message */
    uint32_t code;         /* REFUSED, FAILED, LOG */
    uint32_t detail;       /* FAILED */
    uint64_t number;       /* REFUSED, LOG */
    uint64_t number2;      /* LOG */
    uint64_t id;           /* TARGET_WANTED, QUOTE_WANTED, REPORT, EVIDENCE, FAILED */
    struct kc_bytes key;   /* REPORT, EVIDENCE: KC_PUBLIC_KEY_SIZE bytes; view */
    struct kc_bytes body;  /* QUOTE_WANTED: report; REPORT: quote; EVIDENCE: evidence; SEND: bytes
                              for the peer; STORE: the list (kc_store_write_next); view */
    uint64_t conn;         /* SEND to RESUME_WANTED, FETCH to STORE; 0: the enclave's own.
                              CLOSE has `code`: enum kc_close */
    struct kc_record_id record; /* FETCH; SCAN: class, and the name that the list begins after */
    uint32_t limit;             /* SCAN: names at most */
    uint8_t batch[KC_BATCH_ID_SIZE]; /* STORE: 16 random bytes that STORED must bear */
    uint8_t kms_id[KC_KMS_ID_SIZE];  /* SERVING: zeros while there is no service identity */
    uint64_t not_before;             /* SERVING: of the certificate, as is the next */
    uint64_t not_after;
};

/* One record of STORE's list. The host stores all or none of a list: each record that it has must
 * be of version `replaces` (0: there is none), and the new one is of version `replaces` + 1. */
struct kc_store_write {
    struct kc_record_id id;
    uint64_t replaces;
    struct kc_bytes blob; /* view */
};

void kc_store_write_encode(struct kc_writer *w, const struct kc_store_write *in);
/* The next of a list; false at its end or where it is cut short (kc_reader_done() tells). */
KC_MUST_USE bool kc_store_write_next(struct kc_reader *r, struct kc_store_write *out);

/* KC_ERR_UNSUPPORTED: a type that is none of the above. KC_ERR_MALFORMED: a wrong length. */
KC_MUST_USE enum kc_err kc_effect_decode(const struct kc_frame_message *frame,
                                         struct kc_effect *out);

/* Appends header and payload. */
void kc_effect_encode(struct kc_writer *w, const struct kc_effect *in);

#endif
