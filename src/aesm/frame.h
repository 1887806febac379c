/*
 * Frames of the AESM protocol on a Unix socket: 4 bytes of length, little endian, then that many
 * bytes. Both ends use it, each against a peer that may be slow, silent or hostile: one deadline
 * bounds everything, and no length is believed beyond KC_AESM_FRAME_MAX.
 */
#ifndef KC_AESM_FRAME_H
#define KC_AESM_FRAME_H

#include "base/bytes.h"
#include "base/error.h"

#define KC_AESM_FRAME_MAX (64 * 1024)

struct kc_aesm_channel {
    int fd;              /* a non-blocking stream socket */
    int cancel_fd;       /* readable: give up at once; -1 for none */
    int64_t deadline_ms; /* by kc_aesm_now_ms() */
    int os_error;        /* errno of the last failure, 0 when it was none of the system's */
};

/* Milliseconds of the monotonic clock. */
int64_t kc_aesm_now_ms(void);

/* Waits until `events` (poll's) are there. KC_ERR_TIMEOUT: deadline or cancelled. */
KC_MUST_USE enum kc_err kc_aesm_channel_wait(struct kc_aesm_channel *channel, short events);

/*
 * Reads one frame to memory that the caller frees. KC_ERR_TIMEOUT, KC_ERR_IO, KC_ERR_MALFORMED: an
 * announced length of 0 or above KC_AESM_FRAME_MAX, or the peer closed before its end.
 */
KC_MUST_USE enum kc_err kc_aesm_frame_read(struct kc_aesm_channel *channel, struct kc_room *out);

/* Sends the length and `message`, of at most KC_AESM_FRAME_MAX bytes. */
KC_MUST_USE enum kc_err kc_aesm_frame_write(struct kc_aesm_channel *channel,
                                            struct kc_bytes message);

#endif
