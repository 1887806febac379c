#include "formats/der_writer.h"

#include <string.h>

#include "base/time.h"

#define LENGTH_MAX 0xffffffu

/* First and last second of the years that UTCTime has, and of those that kc_time_format writes. */
#define UTC_FIRST  INT64_C(-631152000)
#define UTC_LAST   INT64_C(2524607999)
#define TIME_FIRST INT64_C(-62135596800)
#define TIME_LAST  INT64_C(253402300799)

size_t kc_der_writer_begin(struct kc_writer *w, uint8_t tag)
{
    kc_writer_u8(w, tag);
    return w->len;
}

/* Octets of a definite length in its shortest form (X.690, 10.1). */
static size_t length_octets(size_t len)
{
    return len < 0x80 ? 1 : len < 0x100 ? 2 : len < 0x10000 ? 3 : 4;
}

void kc_der_writer_end(struct kc_writer *w, size_t begun)
{
    if (w->failed)
        return;
    size_t len = w->len - begun;
    size_t octets = length_octets(len);
    if (len > LENGTH_MAX) {
        w->failed = true;
        return;
    }
    if (kc_writer_room(w, octets) == NULL)
        return; /* only counting, or no room */
    uint8_t *head = w->ptr + begun;
    memmove(head + octets, head, len);
    size_t rest = len;
    for (size_t i = octets; i-- > 0; rest >>= 8)
        head[i] = (uint8_t)rest;
    if (octets > 1)
        head[0] = (uint8_t)(0x80 | (octets - 1));
}

void kc_der_writer_element(struct kc_writer *w, uint8_t tag, struct kc_bytes content)
{
    size_t element = kc_der_writer_begin(w, tag);
    kc_writer_bytes(w, content);
    kc_der_writer_end(w, element);
}

void kc_der_writer_true(struct kc_writer *w)
{
    static const uint8_t octet = 0xff; /* X.690, 11.1 */
    kc_der_writer_element(w, KC_DER_BOOLEAN, kc_bytes_of(&octet, 1));
}

void kc_der_writer_big_uint(struct kc_writer *w, struct kc_bytes octets)
{
    size_t zeros = 0;
    while (zeros < octets.len && octets.ptr[zeros] == 0)
        zeros++;
    bool none = zeros == octets.len;
    size_t number = kc_der_writer_begin(w, KC_DER_INTEGER);
    if (none || octets.ptr[zeros] >= 0x80)
        kc_writer_u8(w, 0);
    if (!none)
        kc_writer_copy(w, octets.ptr + zeros, octets.len - zeros);
    kc_der_writer_end(w, number);
}

void kc_der_writer_bits(struct kc_writer *w, struct kc_bytes octets, uint8_t unused)
{
    bool good = unused == 0 || (unused <= 7 && octets.len > 0 &&
                                (octets.ptr[octets.len - 1] & ((1u << unused) - 1)) == 0);
    if (!good) {
        w->failed = true;
        return;
    }
    size_t bits = kc_der_writer_begin(w, KC_DER_BIT_STRING);
    kc_writer_u8(w, unused);
    kc_writer_bytes(w, octets);
    kc_der_writer_end(w, bits);
}

void kc_der_writer_time(struct kc_writer *w, int64_t seconds)
{
    char text[KC_TIME_TEXT_SIZE];
    uint8_t octets[16];
    size_t n = 0;
    if (seconds < TIME_FIRST || seconds > TIME_LAST) {
        w->failed = true;
        return;
    }
    kc_time_format(seconds, text);
    for (size_t i = 0; i < KC_TIME_TEXT_SIZE - 1; i++) {
        if (text[i] == 'Z' || (text[i] >= '0' && text[i] <= '9'))
            octets[n++] = (uint8_t)text[i];
    }
    if (seconds >= UTC_FIRST && seconds <= UTC_LAST)
        kc_der_writer_element(w, KC_DER_UTC_TIME, kc_bytes_of(octets + 2, n - 2));
    else
        kc_der_writer_element(w, KC_DER_GENERALIZED_TIME, kc_bytes_of(octets, n));
}
