#include "base/pem.h"

#include <string.h>

#include "base/base64.h"

#define LINE_CHARS 64
#define LINE_BYTES 48
#define WIDE_CHARS 76
#define WIDE_BYTES 57

static bool skip_text(struct kc_reader *r, const char *text)
{
    size_t n = strlen(text);
    if (r->failed || r->left < n || memcmp(r->ptr, text, n) != 0)
        return false;
    kc_reader_skip(r, n);
    return true;
}

static bool skip_marker(struct kc_reader *r, const char *kind, const char *label)
{
    return skip_text(r, "-----") && skip_text(r, kind) && skip_text(r, label) &&
           skip_text(r, "-----");
}

enum line {
    LINE_BAD,
    LINE_FULL,
    LINE_SHORT, /* must be the last */
    LINE_NO_ROOM,
};

/* The block's first line says how long all but the last are. */
static size_t width_of(const struct kc_reader *r)
{
    const uint8_t *newline = r->left > 0 ? memchr(r->ptr, '\n', r->left) : NULL;
    return newline != NULL && newline - r->ptr == WIDE_CHARS ? WIDE_CHARS : LINE_CHARS;
}

/* One line of base64, its LF included, appended to `out`. */
static enum line read_line(struct kc_reader *r, size_t width, struct kc_room out, size_t *total)
{
    uint8_t decoded[WIDE_BYTES];
    size_t n = 0;
    const uint8_t *newline = memchr(r->ptr, '\n', r->left);
    if (newline == NULL)
        return LINE_BAD;
    struct kc_bytes line = kc_reader_bytes(r, (size_t)(newline - r->ptr));
    kc_reader_skip(r, 1);
    if (line.len == 0 || line.len > width ||
        kc_base64_decode(KC_BASE64, line, (struct kc_room){decoded, sizeof decoded}, &n) != KC_OK)
        return LINE_BAD;
    if (n > out.len - *total)
        return LINE_NO_ROOM;
    memcpy(out.ptr + *total, decoded, n);
    kc_bytes_wipe(decoded, sizeof decoded);
    *total += n;
    return n == width / 4 * 3 ? LINE_FULL : LINE_SHORT;
}

enum kc_err kc_pem_read(struct kc_reader *r, const char *label, struct kc_room out, size_t *out_len,
                        struct kc_error *error)
{
    size_t total = 0;
    enum line last = LINE_FULL;
    if (!skip_marker(r, "BEGIN ", label) || !skip_text(r, "\n"))
        return kc_error_set(error, KC_ERR_MALFORMED, "PEM: no BEGIN line of the wanted kind",
                            r->at);
    size_t width = width_of(r);
    while (r->left > 0 && *r->ptr != '-') {
        size_t at = r->at;
        if (last != LINE_FULL)
            return kc_error_set(error, KC_ERR_MALFORMED, "PEM: a short line before the last", at);
        last = read_line(r, width, out, &total);
        if (last == LINE_BAD)
            return kc_error_set(error, KC_ERR_MALFORMED, "PEM: bad base64 line", at);
        if (last == LINE_NO_ROOM)
            return kc_error_set(error, KC_ERR_ROOM, "PEM: block too large", at);
    }
    if (total == 0 || !skip_marker(r, "END ", label) ||
        (r->left > 0 && *r->ptr != '-' && !skip_text(r, "\n")))
        return kc_error_set(error, KC_ERR_MALFORMED, "PEM: no END line where it must be", r->at);
    *out_len = total;
    return KC_OK;
}

void kc_pem_write(struct kc_writer *w, const char *label, struct kc_bytes der)
{
    char line[LINE_CHARS + 1];
    kc_writer_bytes(w, kc_bytes_of_text("-----BEGIN "));
    kc_writer_bytes(w, kc_bytes_of_text(label));
    kc_writer_bytes(w, kc_bytes_of_text("-----\n"));
    for (size_t i = 0; i < der.len; i += LINE_BYTES) {
        size_t n = der.len - i < LINE_BYTES ? der.len - i : LINE_BYTES;
        kc_base64_encode(KC_BASE64, kc_bytes_of(der.ptr + i, n), line);
        kc_writer_bytes(w, kc_bytes_of_text(line));
        kc_writer_u8(w, '\n');
    }
    kc_bytes_wipe(line, sizeof line);
    kc_writer_bytes(w, kc_bytes_of_text("-----END "));
    kc_writer_bytes(w, kc_bytes_of_text(label));
    kc_writer_bytes(w, kc_bytes_of_text("-----\n"));
}
