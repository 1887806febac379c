#include "client/buffer.h"

#include <stdlib.h>
#include <string.h>

#define FIRST ((size_t)4096)

/* Not realloc(): it would leave the old bytes behind. */
static enum kc_err grow(struct kc_client_buffer *b, size_t need)
{
    size_t cap = b->cap == 0 ? FIRST : b->cap;
    while (cap < need) {
        if (cap > SIZE_MAX / 2)
            return KC_ERR_MEMORY;
        cap *= 2;
    }
    uint8_t *ptr = malloc(cap);
    if (ptr == NULL)
        return KC_ERR_MEMORY;
    if (b->ptr != NULL && b->len > 0)
        memcpy(ptr, b->ptr, b->len);
    size_t len = b->len;
    kc_client_buffer_clear(b);
    *b = (struct kc_client_buffer){ptr, len, cap};
    return KC_OK;
}

enum kc_err kc_client_buffer_add(struct kc_client_buffer *b, struct kc_bytes bytes, size_t max)
{
    if (bytes.len > max || b->len > max - bytes.len)
        return KC_ERR_ROOM;
    if (b->ptr == NULL || b->cap - b->len <= bytes.len) {
        enum kc_err err = grow(b, b->len + bytes.len + 1);
        if (err != KC_OK)
            return err;
    }
    if (bytes.len > 0)
        memcpy(b->ptr + b->len, bytes.ptr, bytes.len);
    b->len += bytes.len;
    b->ptr[b->len] = 0;
    return KC_OK;
}

void kc_client_buffer_clear(struct kc_client_buffer *b)
{
    if (b->ptr != NULL)
        kc_bytes_wipe(b->ptr, b->cap);
    free(b->ptr);
    *b = (struct kc_client_buffer){0};
}
