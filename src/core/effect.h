/*
 * What the enclave says to the host: codes and numbers, reports and answers, never a secret and
 * never a sentence (host/words.c has those). Encoder (core) and decoder (host) of each payload
 * stand in effect.c; docs/boundary.md draws them.
 */
#ifndef KC_CORE_EFFECT_H
#define KC_CORE_EFFECT_H

#include "core/frame.h"
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
    KC_FAILURE_QUOTE_BODY = 17, /* another field of the report body */
};

enum kc_log {
    KC_LOG_KEY_MADE = 1,        /* numbers: bits, 0 */
    KC_LOG_CLOCK_BACKWARDS = 2, /* numbers: time kept, time offered */
    KC_LOG_QUOTE_AGAIN = 3,     /* numbers: id, the host's code */
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
    struct kc_bytes body;  /* QUOTE_WANTED: report; REPORT: quote; EVIDENCE: evidence; view */
};

/* KC_ERR_UNSUPPORTED: a type that is none of the above. KC_ERR_MALFORMED: a wrong length. */
KC_MUST_USE enum kc_err kc_effect_decode(const struct kc_frame_message *frame,
                                         struct kc_effect *out);

/* Appends header and payload. */
void kc_effect_encode(struct kc_writer *w, const struct kc_effect *in);

#endif
