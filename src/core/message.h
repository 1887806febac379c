/*
 * What the host says to the enclave. Encoder (host) and decoder (core) of each payload stand in
 * message.c; docs/boundary.md draws them.
 */
#ifndef KC_CORE_MESSAGE_H
#define KC_CORE_MESSAGE_H

#include "core/frame.h"
#include "formats/oe_report.h"
#include "formats/sgx_quote.h"

#define KC_BOUNDARY_VERSION       1
#define KC_CORE_REQUESTS_MAX      64   /* parked at the same time */
#define KC_MESSAGE_SETTINGS_MAX   1024 /* bytes of settings of an evidence format */
#define KC_MESSAGE_TARGET_FIXED   12   /* id and code of TARGETINFO and QUOTE */
#define KC_MESSAGE_EVIDENCE_FIXED (8 + KC_OE_UUID_SIZE)

enum kc_message_type {
    KC_MESSAGE_START = 1,
    KC_MESSAGE_TICK = 2,
    KC_MESSAGE_GET_REPORT = 3,
    KC_MESSAGE_GET_EVIDENCE_WITH_PUB_KEY = 4,
    KC_MESSAGE_TARGETINFO = 5,
    KC_MESSAGE_QUOTE = 6,
};

/* Each type uses the fields that name it; the others are zero. */
struct kc_message {
    uint16_t type;
    uint32_t version;                /* START */
    uint32_t requests_max;           /* START: 1 to KC_CORE_REQUESTS_MAX */
    uint64_t now;                    /* START, TICK: seconds since 1970 */
    uint64_t id;                     /* all others: the host's number for the request */
    uint8_t format[KC_OE_UUID_SIZE]; /* GET_EVIDENCE_WITH_PUB_KEY */
    uint32_t code;                   /* TARGETINFO, QUOTE: AESM's code, 0: `body` holds it */
    struct kc_bytes body;            /* settings, target info or quote; view */
};

/*
 * KC_ERR_UNSUPPORTED: a type that is none of the above. KC_ERR_MALFORMED: the payload is not as
 * long as its parts, or has a body beside a failure code.
 */
KC_MUST_USE enum kc_err kc_message_decode(const struct kc_frame_message *frame,
                                          struct kc_message *out);

/* Appends header and payload. */
void kc_message_encode(struct kc_writer *w, const struct kc_message *in);

#endif
