/*
 * Reads JSON (RFC 8259) in one pass, without allocation: signed collateral, requests of clients.
 *
 * Stricter than the RFC where two readers could see different things: a name twice in one object
 * is refused, so are escapes in names and in strings that are read, bytes outside ASCII, numbers
 * with an exponent, nesting over KC_JSON_DEPTH_MAX. What a caller does not know it skips, and what
 * is skipped obeys the same rules. What clients of the API send may have all of Unicode in its
 * values (kc_json_init_utf8, kc_json_text); every other rule is the same.
 *
 * Failure is sticky: after it every read gives zeros or no bytes, every loop ends, and
 * kc_json_done() says no. The caller walks the document in its own order:
 *
 *      kc_json_init(&j, bytes);
 *      kc_json_object_begin(&j, &object);
 *      while (kc_json_object_next(&j, &object, &name))
 *          if (is_mine(name)) n = kc_json_number(&j, 255); else kc_json_skip(&j);
 *      return kc_json_done(&j, error);
 */
#ifndef KC_FORMATS_JSON_H
#define KC_FORMATS_JSON_H

#include "base/bytes.h"
#include "base/error.h"

#define KC_JSON_DEPTH_MAX 16
#define KC_JSON_NAMES_MAX 64 /* names of all objects that are open at one time */

struct kc_json {
    const uint8_t *start;
    const uint8_t *next;
    const uint8_t *end;
    unsigned depth;
    unsigned names;
    bool utf8; /* values may have characters outside ASCII */
    struct kc_bytes name[KC_JSON_NAMES_MAX];
    struct kc_error error;
};

/* One open object or array. */
struct kc_json_scope {
    unsigned first_name;
    bool begun;
};

void kc_json_init(struct kc_json *j, struct kc_bytes text);

/* For JSON in which values may be any text: UTF-8 (RFC 3629) and pairs of surrogate escapes pass in
 * strings that are skipped or read by kc_json_text(). Names stay ASCII without escapes. */
void kc_json_init_utf8(struct kc_json *j, struct kc_bytes text);

/* Marks the document as malformed, or as of a kind that we do not handle, at the reader's place.
 * The first failure stays. */
void kc_json_fail(struct kc_json *j, const char *what);
void kc_json_fail_unsupported(struct kc_json *j, const char *what);

bool kc_json_failed(const struct kc_json *j);

/* KC_OK when nothing failed and only white space is left. Otherwise `error` has the first failure,
 * with the offset in the text. */
KC_MUST_USE enum kc_err kc_json_done(struct kc_json *j, struct kc_error *error);

/* Next member's name, its value being the next thing to read; false at the end or on failure. */
void kc_json_object_begin(struct kc_json *j, struct kc_json_scope *object);
bool kc_json_object_next(struct kc_json *j, struct kc_json_scope *object, struct kc_bytes *name);

/* True when an element is the next thing to read; false at the end or on failure. */
void kc_json_array_begin(struct kc_json *j, struct kc_json_scope *array);
bool kc_json_array_next(struct kc_json *j, struct kc_json_scope *array);

/* The characters of a string without escapes: a view into the text. */
struct kc_bytes kc_json_string(struct kc_json *j);

/* The characters of a string, escapes undone: a view into the text where there are none, else they
 * go to the front of `room`, which loses them. The string's length in the text is always enough
 * room; with less the reader fails. U+0000 is refused. */
struct kc_bytes kc_json_text(struct kc_json *j, struct kc_room *room);

/* Steps over a string, escapes allowed; the reader stands on its quote. */
void kc_json_skip_string(struct kc_json *j);

/* A whole number from 0 to `max`. */
uint64_t kc_json_number(struct kc_json *j, uint64_t max);

/* A string of exactly 2 * n hexadecimal digits; zeros on failure. */
void kc_json_hex(struct kc_json *j, uint8_t *out, size_t n);

/* A string "YYYY-MM-DDThh:mm:ssZ", and no other form of RFC 3339, as seconds since 1970. */
int64_t kc_json_time(struct kc_json *j);

/* Steps over any value, and gives its text. */
struct kc_bytes kc_json_skip(struct kc_json *j);

/* One member that an object may have. */
struct kc_json_member {
    const char *name;
    const char *missing; /* what to say where it is absent; NULL: it may be */
    void (*read)(struct kc_json *j, void *out);
};

/* Reads a whole object: members of the table through their readers, which get `out`; others are
 * skipped. At most 32 in the table. Bits of the result: which were there. */
uint32_t kc_json_members(struct kc_json *j, const struct kc_json_member *members, size_t count,
                         void *out);

/* Steps over white space: the reader then stands on the first character of the next value. */
const uint8_t *kc_json_value_start(struct kc_json *j);

#endif
