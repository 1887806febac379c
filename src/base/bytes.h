/*
 * Bytes as a value, comparison and wiping. Nothing here allocates or fails.
 *
 * kc_bytes is a view that owns nothing: it is good as long as what it points into.
 */
#ifndef KC_BASE_BYTES_H
#define KC_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes to read. `ptr` may be NULL only when `len` is 0. */
struct kc_bytes {
    const uint8_t *ptr;
    size_t len;
};

/* Room to write. `ptr` may be NULL only when `len` is 0. */
struct kc_room {
    uint8_t *ptr;
    size_t len;
};

static inline struct kc_bytes kc_bytes_of(const void *ptr, size_t len)
{
    return (struct kc_bytes){ptr, len};
}

/* Lets a view into bytes at `from` view a copy of them at `to`; NULL stays NULL. */
void kc_bytes_move(struct kc_bytes *view, const uint8_t *from, const uint8_t *to);

/* The bytes of a C string, without its NUL. */
struct kc_bytes kc_bytes_of_text(const char *text);

/* For public data: returns as soon as a difference is known. */
bool kc_bytes_equal(struct kc_bytes a, struct kc_bytes b);

/* True when all bytes are zero; true for no bytes. */
bool kc_bytes_are_zero(struct kc_bytes a);

/* For secrets: the time depends on `len` alone. */
bool kc_bytes_equal_secret(const void *a, const void *b, size_t len);

/* Overwrites with zeros in a way that no compiler leaves out. */
void kc_bytes_wipe(void *ptr, size_t len);

#endif
