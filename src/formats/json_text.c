/* Strings of JSON with what they may have beside printable ASCII: escapes and UTF-8. */
#include <string.h>

#include "base/hex.h"
#include "formats/json.h"

#define CHARACTER_MAX 4 /* bytes of UTF-8 */

static const char outside[] = "JSON: an escape or a character outside ASCII";
static const char bad_escape[] = "JSON: bad escape";

static size_t left_of(const struct kc_json *j)
{
    return (size_t)(j->end - j->next);
}

/* Bytes of the character outside ASCII at the reader's place, 0 when it is none (RFC 3629, 4). */
static size_t character_len(const struct kc_json *j)
{
    static const struct {
        uint8_t first, last; /* of the first byte */
        uint8_t low, high;   /* of the second; 80 to bf of the others */
        uint8_t len;
    } forms[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    const uint8_t *p = j->next;
    size_t i = 0;
    while (i < sizeof forms / sizeof forms[0] && (*p < forms[i].first || *p > forms[i].last))
        i++;
    if (i == sizeof forms / sizeof forms[0] || left_of(j) < forms[i].len || p[1] < forms[i].low ||
        p[1] > forms[i].high)
        return 0;
    for (size_t k = 2; k < forms[i].len; k++)
        if (p[k] < 0x80 || p[k] > 0xbf)
            return 0;
    return forms[i].len;
}

/* The four digits of \u; 0, which no escape may be, when they are none. */
static uint32_t code_unit(struct kc_json *j)
{
    uint8_t code[2] = {0, 0};
    size_t len = 0;
    if (left_of(j) < 4 ||
        kc_hex_decode(kc_bytes_of(j->next, 4), (struct kc_room){code, 2}, &len) != KC_OK)
        return 0;
    j->next += 4;
    return (uint32_t)code[0] << 8 | code[1];
}

/* What stands behind \u; a second escape where the first one is half of a pair. 0: refused. */
static uint32_t unicode_escape(struct kc_json *j)
{
    uint32_t unit = code_unit(j);
    if (unit < 0xd800 || unit > 0xdfff)
        return unit;
    if (!j->utf8 || unit > 0xdbff || left_of(j) < 2 || memcmp(j->next, "\\u", 2) != 0)
        return 0;
    j->next += 2;
    uint32_t low = code_unit(j);
    if (low < 0xdc00 || low > 0xdfff)
        return 0;
    return 0x10000 + ((unit - 0xd800) << 10 | (low - 0xdc00));
}

/* The character that an escape means; the reader stands behind the backslash. 0: refused. */
static uint32_t escaped(struct kc_json *j)
{
    static const char kinds[] = "\"\\/bfnrt";
    static const char meant[] = "\"\\/\b\f\n\r\t";
    uint8_t kind = j->next == j->end ? 0 : *j->next++;
    if (kind == 'u')
        return unicode_escape(j);
    const char *at = kind == 0 ? NULL : strchr(kinds, kind);
    return at == NULL ? 0 : (uint8_t)meant[at - kinds];
}

static size_t encode(uint32_t c, uint8_t out[CHARACTER_MAX])
{
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (uint8_t)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    out[0] = (uint8_t)(marks[len] | c);
    return len;
}

/* The next character of a string, as UTF-8; 0, and the reader has failed, when it is none. */
static size_t next_character(struct kc_json *j, uint8_t out[CHARACTER_MAX])
{
    uint8_t c = *j->next;
    if (c == '\\') {
        j->next++;
        uint32_t code = escaped(j);
        if (code != 0)
            return encode(code, out);
        kc_json_fail(j, bad_escape);
        return 0;
    }
    size_t len = c < 0x20 || (c == 0x7f && !j->utf8) ? 0
                 : c <= 0x7f                         ? 1
                 : j->utf8                           ? character_len(j)
                                                     : 0;
    if (len == 0) {
        kc_json_fail(j, j->utf8 ? "JSON: not UTF-8, or a control character" : outside);
        return 0;
    }
    memcpy(out, j->next, len);
    j->next += len;
    return len;
}

/* Steps over characters that stand for themselves. */
static void skip_plain(struct kc_json *j)
{
    while (j->next != j->end && *j->next >= 0x20 && *j->next < 0x7f && *j->next != '"' &&
           *j->next != '\\')
        j->next++;
}

/* True when the string goes on; false, and behind its quote, at its end. */
static bool goes_on(struct kc_json *j)
{
    if (kc_json_failed(j))
        return false;
    if (j->next == j->end) {
        kc_json_fail(j, "JSON: a string without end");
        return false;
    }
    if (*j->next != '"')
        return true;
    j->next++;
    return false;
}

void kc_json_skip_string(struct kc_json *j)
{
    uint8_t character[CHARACTER_MAX];
    j->next++;
    skip_plain(j);
    while (goes_on(j)) {
        (void)next_character(j, character);
        skip_plain(j);
    }
}

struct kc_bytes kc_json_text(struct kc_json *j, struct kc_room *room)
{
    uint8_t character[CHARACTER_MAX];
    size_t len = 0;
    if (kc_json_value_start(j) == j->end || *j->next != '"') {
        kc_json_fail(j, "JSON: a string is expected here");
        return kc_bytes_of(NULL, 0);
    }
    const uint8_t *start = ++j->next;
    skip_plain(j);
    if (j->next != j->end && *j->next == '"')
        return kc_bytes_of(start, (size_t)(j->next++ - start));
    j->next = start;
    while (goes_on(j)) {
        size_t n = next_character(j, character);
        if (n > room->len - len)
            kc_json_fail(j, "JSON: a string too long");
        else if (n > 0)
            memcpy(room->ptr + len, character, n);
        len += n;
    }
    if (kc_json_failed(j))
        return kc_bytes_of(NULL, 0);
    struct kc_bytes text = kc_bytes_of(room->ptr, len);
    *room = (struct kc_room){room->ptr + len, room->len - len};
    return text;
}
