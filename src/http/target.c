#include "http/target.h"

#include <string.h>

#include "base/hex.h"
#include "base/reader.h"
#include "base/writer.h"

/* The next character, decoded. 0 is none: it fails the reader. */
static uint8_t next(struct kc_reader *r, bool *encoded)
{
    uint8_t c = kc_reader_u8(r);
    size_t n = 0;
    *encoded = c == '%';
    if (*encoded && kc_hex_decode(kc_reader_bytes(r, 2), (struct kc_room){&c, 1}, &n) != KC_OK)
        kc_reader_fail(r);
    if (c < 0x20 || c > 0x7e)
        kc_reader_fail(r);
    return kc_reader_failed(r) ? 0 : c;
}

static enum kc_err finish(const struct kc_reader *r, const struct kc_writer *w, size_t *out_len)
{
    if (kc_reader_failed(r))
        return KC_ERR_MALFORMED;
    if (kc_writer_failed(w))
        return KC_ERR_ROOM;
    *out_len = w->len;
    return KC_OK;
}

static bool is_dots(struct kc_bytes segment)
{
    return kc_bytes_equal(segment, kc_bytes_of_text(".")) ||
           kc_bytes_equal(segment, kc_bytes_of_text(".."));
}

/* Decoded, for `%2e` is a dot too. */
static bool has_dot_segment(struct kc_bytes path)
{
    size_t start = 0;
    for (size_t i = 0; i <= path.len; i++) {
        if (i < path.len && path.ptr[i] != '/')
            continue;
        if (i > start && is_dots(kc_bytes_of(path.ptr + start, i - start)))
            return true;
        start = i + 1;
    }
    return false;
}

enum kc_err kc_http_target_path(struct kc_bytes path, struct kc_room out, size_t *out_len)
{
    struct kc_reader r = kc_reader_of(path);
    struct kc_writer w = kc_writer_of(out);
    uint8_t last = 0;
    size_t len = 0;
    while (r.left > 0 && !kc_reader_failed(&r)) {
        bool encoded = false;
        uint8_t c = next(&r, &encoded);
        if (c == '/' && encoded)
            kc_reader_fail(&r);
        if (c != '/' || last != '/')
            kc_writer_u8(&w, c);
        last = c;
    }
    enum kc_err err = finish(&r, &w, &len);
    if (err == KC_OK && has_dot_segment(kc_bytes_of(out.ptr, len)))
        err = KC_ERR_MALFORMED;
    if (err == KC_OK)
        *out_len = len;
    return err;
}

static enum kc_err decode_value(struct kc_bytes value, struct kc_room out, size_t *out_len)
{
    struct kc_reader r = kc_reader_of(value);
    struct kc_writer w = kc_writer_of(out);
    while (r.left > 0 && !kc_reader_failed(&r)) {
        bool encoded = false;
        uint8_t c = next(&r, &encoded);
        kc_writer_u8(&w, c == '+' && !encoded ? ' ' : c);
    }
    return finish(&r, &w, out_len);
}

static struct kc_bytes until(struct kc_bytes text, uint8_t c)
{
    const uint8_t *end = text.len == 0 ? NULL : memchr(text.ptr, c, text.len);
    return end == NULL ? text : kc_bytes_of(text.ptr, (size_t)(end - text.ptr));
}

static struct kc_bytes after(struct kc_bytes text, size_t n)
{
    return n >= text.len ? kc_bytes_of(NULL, 0) : kc_bytes_of(text.ptr + n, text.len - n);
}

/* Names are compared decoded, so that `l%69st` is not a second spelling that slips through. */
static bool is_named(struct kc_bytes encoded, const char *name)
{
    struct kc_reader r = kc_reader_of(encoded);
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++) {
        bool escaped = false;
        if (r.left == 0 || next(&r, &escaped) != (uint8_t)name[i])
            return false;
    }
    return kc_reader_done(&r);
}

enum kc_err kc_http_target_parameter(struct kc_bytes query, const char *name, struct kc_room out,
                                     size_t *out_len)
{
    enum kc_err err = KC_ERR_ABSENT;
    size_t len = 0;
    while (query.len > 0) {
        struct kc_bytes pair = until(query, '&');
        struct kc_bytes key = until(pair, '=');
        query = after(query, pair.len + 1);
        if (!is_named(key, name))
            continue;
        if (err != KC_ERR_ABSENT)
            return KC_ERR_MALFORMED;
        err = decode_value(after(pair, key.len + 1), out, &len);
        if (err != KC_OK)
            return err;
    }
    if (err == KC_OK)
        *out_len = len;
    return err;
}
