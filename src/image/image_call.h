/*
 * The one call into the image: a struct in untrusted memory whose address a loader passes in rdi
 * at EENTER. Plain numbers; the enclave reads each field once and believes none.
 *
 * Where the enclave leaves without an answer (poisoned, the TCS busy, entered after an exception,
 * a `call` that is not 8-byte aligned or not wholly outside ELRANGE) `status` stays as it was.
 */
#ifndef KC_IMAGE_IMAGE_CALL_H
#define KC_IMAGE_IMAGE_CALL_H

#include <stdint.h>

enum kc_image_status {
    KC_IMAGE_CALL_DONE = 0,
    KC_IMAGE_CALL_REFUSED = 1, /* pointers, lengths or the frame itself; nothing was done */
    KC_IMAGE_CALL_ROOM = 2,    /* `out_cap` did not suffice */
    KC_IMAGE_CALL_MEMORY = 3,  /* the thread's share of the heap is used up */
    KC_IMAGE_CALL_FAILED = 4,  /* any other failure of the core */
    /* What a loader writes beforehand, to see that no answer came. */
    KC_IMAGE_CALL_UNANSWERED = 0x756e,
};

struct kc_image_call {
    uint64_t in;      /* address, a multiple of 8 */
    uint64_t in_len;  /* at most KC_CORE_FRAME_MAX; read in whole words, so up to 7 bytes more */
    uint64_t out;     /* address, a multiple of 8 */
    uint64_t out_cap; /* a multiple of 8, at most KC_CORE_FRAME_MAX */
    uint64_t out_len; /* from the enclave: bytes of the answer, padded with zeros to 8 */
    uint64_t status;  /* from the enclave: enum kc_image_status */
};

#endif
