/*
 * The envelope of both directions of the boundary: a batch is messages one behind the other,
 *
 *   u16 type, u16 zero, u32 length, payload of `length` bytes
 *
 * little endian, without padding. kc_frame_check() looks at a whole batch before anything in it
 * is acted on; both sides use this one codec (docs/boundary.md).
 */
#ifndef KC_CORE_FRAME_H
#define KC_CORE_FRAME_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/reader.h"
#include "base/writer.h"

#define KC_FRAME_HEADER_SIZE  8
#define KC_FRAME_MESSAGES_MAX 64 /* in one batch from the host */

struct kc_frame_message {
    uint16_t type;
    struct kc_bytes payload; /* view */
};

/*
 * KC_ERR_MALFORMED: empty, a header or payload that is cut short, the zero field is not zero, or
 * more than `messages_max` messages.
 */
KC_MUST_USE enum kc_err kc_frame_check(struct kc_bytes frame, size_t messages_max);

/* The next message of a checked frame; false at its end. Start with kc_reader_of(frame). */
KC_MUST_USE bool kc_frame_next(struct kc_reader *r, struct kc_frame_message *out);

/* The header of a message whose payload of `length` bytes the caller writes next. */
void kc_frame_write_header(struct kc_writer *w, uint16_t type, size_t length);

#endif
