/*
 * What the host says to the enclave. Encoder (host) and decoder (core) of each payload stand in
 * message.c; docs/boundary.md draws them.
 */
#ifndef KC_CORE_MESSAGE_H
#define KC_CORE_MESSAGE_H

#include "core/frame.h"
#include "core/record_id.h"
#include "formats/oe_report.h"
#include "formats/sgx_quote.h"

#define KC_BOUNDARY_VERSION       1
#define KC_CORE_REQUESTS_MAX      64   /* parked at the same time */
#define KC_MESSAGE_SETTINGS_MAX   1024 /* bytes of settings of an evidence format */
#define KC_MESSAGE_TARGET_FIXED   12   /* id and code of TARGETINFO and QUOTE */
#define KC_MESSAGE_EVIDENCE_FIXED (8 + KC_OE_UUID_SIZE)
#define KC_MESSAGE_START_FIXED    32
#define KC_MESSAGE_NAMES_MAX      2048 /* bytes of START's names */
#define KC_MESSAGE_ROOT_MAX       4096 /* bytes of the sealed root */
#define KC_MESSAGE_BYTES_MAX      65536
#define KC_MESSAGE_IDS_MAX        16384 /* bytes of names in one IDS */
#define KC_CORE_SESSIONS_MAX      512

/* A connection's number: the host chooses it, and may use it again once CLOSE or its effect was
 * said. Its low 16 bits are a place, below START's sessions_max, that is the connection's alone;
 * the rest tells one use of a place from the next and is not 0. */
#define KC_CONN_PLACE(conn) ((unsigned)((conn)&0xffff))

/* Ids of reports that the enclave itself asks for have this bit; the host's ids must not. */
#define KC_REQUEST_ID_OWN (UINT64_C(1) << 63)

enum kc_message_type {
    KC_MESSAGE_START = 1,
    KC_MESSAGE_TICK = 2,
    KC_MESSAGE_GET_REPORT = 3,
    KC_MESSAGE_GET_EVIDENCE_WITH_PUB_KEY = 4,
    KC_MESSAGE_TARGETINFO = 5,
    KC_MESSAGE_QUOTE = 6,
    KC_MESSAGE_OPEN = 7,
    KC_MESSAGE_BYTES = 8,
    KC_MESSAGE_CLOSE = 9,
    KC_MESSAGE_RESUME = 10,
    KC_MESSAGE_WORK = 11,
    KC_MESSAGE_RECORD = 12,
    KC_MESSAGE_IDS = 13,
    KC_MESSAGE_STORED = 14,
};

enum kc_listener {
    KC_LISTENER_SERVICE = 0, /* the leaf is issued by the service identity, once there is one */
    KC_LISTENER_RATLS = 1,   /* the leaf is self-signed, for readers that know no other */
};

/* RECORD, IDS: what the host found. */
enum kc_found {
    KC_FOUND = 0,
    KC_FOUND_NOTHING = 1, /* RECORD: there is no such record */
    KC_FOUND_FAILED = 2,  /* the store did not answer */
};

/* STORED: what became of a batch. */
enum kc_stored {
    KC_STORED_OK = 0,       /* all of it is durable */
    KC_STORED_CONFLICT = 1, /* a record was not of the version that was to be replaced */
    KC_STORED_FAILED = 2,   /* not stored, or not known */
    KC_STORED_FULL = 3,     /* the disk is full or read-only: nothing was stored */
};

/* Each type uses the fields that name it; the others are zero. */
struct kc_message {
    uint16_t type;
    uint32_t version;                /* START */
    uint32_t requests_max;           /* START: 1 to KC_CORE_REQUESTS_MAX */
    uint64_t now;                    /* START, TICK: seconds since 1970 */
    uint32_t sessions_max;           /* START: 0 (no service) to KC_CORE_SESSIONS_MAX */
    uint32_t certificate_life;       /* START: seconds, 60 to 86400; 0 where there is no service */
    struct kc_bytes names;           /* START: of the server, message.c has their form; view */
    uint64_t id;                     /* 3 to 6: number of the request; 3, 4: without
                                        KC_REQUEST_ID_OWN */
    uint64_t conn;                   /* OPEN to RESUME, RECORD to STORED; 0: the enclave's own */
    uint32_t listener;               /* OPEN: enum kc_listener */
    struct kc_record_id record;      /* RECORD; IDS: class alone, name empty */
    bool end;                        /* IDS: nothing comes after these */
    uint8_t batch[KC_BATCH_ID_SIZE]; /* STORED */
    uint8_t format[KC_OE_UUID_SIZE]; /* GET_EVIDENCE_WITH_PUB_KEY */
    uint32_t code;        /* TARGETINFO, QUOTE: AESM's code, 0: `body` holds it; RECORD, IDS: enum
                             kc_found; STORED: enum kc_stored */
    struct kc_bytes body; /* settings, target info, quote; START: the sealed root or nothing;
                             BYTES: of the peer; RECORD: blob; IDS: names (kc_message_next_name);
                             view */
};

/*
 * KC_ERR_UNSUPPORTED: a type that is none of the above. KC_ERR_MALFORMED: the payload is not as
 * long as its parts, or has a body beside a failure code.
 */
KC_MUST_USE enum kc_err kc_message_decode(const struct kc_frame_message *frame,
                                          struct kc_message *out);

/* Appends header and payload. */
void kc_message_encode(struct kc_writer *w, const struct kc_message *in);

/* START's names and those of IDS stand one behind the other, u8 length and as many bytes; those of
 * START have a u8 kind before it (enum kc_ratls_subject_name_kind). These take the next one off a
 * reader; false at the end or when it is cut short (kc_reader_done() tells which). */
KC_MUST_USE bool kc_message_next_name(struct kc_reader *r, struct kc_bytes *name);
void kc_message_write_name(struct kc_writer *w, struct kc_bytes name);

#endif
