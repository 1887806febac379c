#include "formats/json.h"

#include <string.h>

#include "base/hex.h"
#include "base/time.h"

#define NUMBER_DIGITS_MAX 18 /* fits into 64 bits with room to spare */

void kc_json_init(struct kc_json *j, struct kc_bytes text)
{
    j->start = text.ptr;
    j->next = text.ptr;
    j->end = text.len == 0 ? text.ptr : text.ptr + text.len;
    j->depth = 0;
    j->names = 0;
    j->utf8 = false;
    j->error = KC_ERROR_NONE;
}

void kc_json_init_utf8(struct kc_json *j, struct kc_bytes text)
{
    kc_json_init(j, text);
    j->utf8 = true;
}

static void fail(struct kc_json *j, enum kc_err code, const char *what)
{
    if (!kc_json_failed(j))
        j->error = (struct kc_error){code, what, (uint64_t)(j->next - j->start)};
    j->next = j->end;
}

void kc_json_fail(struct kc_json *j, const char *what)
{
    fail(j, KC_ERR_MALFORMED, what);
}

void kc_json_fail_unsupported(struct kc_json *j, const char *what)
{
    fail(j, KC_ERR_UNSUPPORTED, what);
}

bool kc_json_failed(const struct kc_json *j)
{
    return j->error.code != KC_OK;
}

const uint8_t *kc_json_value_start(struct kc_json *j)
{
    while (j->next != j->end &&
           (*j->next == ' ' || *j->next == '\n' || *j->next == '\r' || *j->next == '\t'))
        j->next++;
    return j->next;
}

enum kc_err kc_json_done(struct kc_json *j, struct kc_error *error)
{
    if (kc_json_value_start(j) != j->end)
        kc_json_fail(j, "JSON: text after the end");
    if (kc_json_failed(j))
        return kc_error_set(error, j->error.code, j->error.what, j->error.at);
    return KC_OK;
}

/* The next character that is no white space, 0 at the end of the text: valid text has no NUL. */
static uint8_t peek(struct kc_json *j)
{
    return kc_json_value_start(j) == j->end ? 0 : *j->next;
}

static bool take(struct kc_json *j, uint8_t c)
{
    if (peek(j) != c)
        return false;
    j->next++;
    return true;
}

static void open_scope(struct kc_json *j, struct kc_json_scope *scope, uint8_t c, const char *what)
{
    *scope = (struct kc_json_scope){j->names, false};
    if (!take(j, c)) {
        kc_json_fail(j, what);
    } else if (++j->depth > KC_JSON_DEPTH_MAX) {
        kc_json_fail(j, "JSON: nested too deep");
    }
}

/* Steps over a comma, or over `close` and out of the scope. */
static bool next_in_scope(struct kc_json *j, struct kc_json_scope *scope, uint8_t close)
{
    if (kc_json_failed(j))
        return false;
    if (take(j, close)) {
        j->depth--;
        j->names = scope->first_name;
        return false;
    }
    if (scope->begun && !take(j, ','))
        kc_json_fail(j, "JSON: no comma or end where one must be");
    scope->begun = true;
    return !kc_json_failed(j);
}

void kc_json_object_begin(struct kc_json *j, struct kc_json_scope *object)
{
    open_scope(j, object, '{', "JSON: an object is expected here");
}

void kc_json_array_begin(struct kc_json *j, struct kc_json_scope *array)
{
    open_scope(j, array, '[', "JSON: a list is expected here");
}

bool kc_json_array_next(struct kc_json *j, struct kc_json_scope *array)
{
    return next_in_scope(j, array, ']');
}

static void remember_name(struct kc_json *j, const struct kc_json_scope *object,
                          struct kc_bytes name)
{
    for (unsigned i = object->first_name; i < j->names; i++) {
        if (kc_bytes_equal(j->name[i], name)) {
            kc_json_fail(j, "JSON: the same name twice in one object");
            return;
        }
    }
    if (j->names == KC_JSON_NAMES_MAX)
        kc_json_fail(j, "JSON: too many members");
    else
        j->name[j->names++] = name;
}

bool kc_json_object_next(struct kc_json *j, struct kc_json_scope *object, struct kc_bytes *name)
{
    *name = kc_bytes_of(NULL, 0);
    if (!next_in_scope(j, object, '}'))
        return false;
    struct kc_bytes read = kc_json_string(j);
    if (kc_json_failed(j))
        return false;
    remember_name(j, object, read);
    if (!kc_json_failed(j) && !take(j, ':'))
        kc_json_fail(j, "JSON: no colon after a name");
    if (kc_json_failed(j))
        return false;
    *name = read;
    return true;
}

struct kc_bytes kc_json_string(struct kc_json *j)
{
    if (!take(j, '"')) {
        kc_json_fail(j, "JSON: a string is expected here");
        return kc_bytes_of(NULL, 0);
    }
    const uint8_t *start = j->next;
    while (j->next != j->end && *j->next != '"') {
        if (*j->next < 0x20 || *j->next > 0x7e || *j->next == '\\') {
            kc_json_fail(j, "JSON: an escape or a character outside ASCII");
            return kc_bytes_of(NULL, 0);
        }
        j->next++;
    }
    if (j->next == j->end) {
        kc_json_fail(j, "JSON: a string without end");
        return kc_bytes_of(NULL, 0);
    }
    return kc_bytes_of(start, (size_t)(j->next++ - start));
}

static bool is_digit(const struct kc_json *j)
{
    return j->next != j->end && *j->next >= '0' && *j->next <= '9';
}

/* Digits without a leading zero, as many as NUMBER_DIGITS_MAX. */
static uint64_t digits(struct kc_json *j)
{
    const uint8_t *start = j->next;
    uint64_t value = 0;
    while (is_digit(j) && j->next - start < NUMBER_DIGITS_MAX)
        value = value * 10 + (uint64_t)(*j->next++ - '0');
    if (j->next == start || is_digit(j) || (*start == '0' && j->next - start > 1))
        kc_json_fail(j, "JSON: not a number that may stand here");
    return kc_json_failed(j) ? 0 : value;
}

uint64_t kc_json_number(struct kc_json *j, uint64_t max)
{
    uint8_t first = peek(j);
    if (first < '0' || first > '9') {
        kc_json_fail(j, "JSON: a whole number is expected here");
        return 0;
    }
    const uint8_t *start = j->next;
    uint64_t value = digits(j);
    bool goes_on = j->next != j->end && (*j->next == '.' || *j->next == 'e' || *j->next == 'E');
    if (!kc_json_failed(j) && (value > max || goes_on)) {
        j->next = start;
        kc_json_fail(j, "JSON: number out of range");
    }
    return kc_json_failed(j) ? 0 : value;
}

void kc_json_hex(struct kc_json *j, uint8_t *out, size_t n)
{
    size_t len = 0;
    const uint8_t *start = kc_json_value_start(j);
    struct kc_bytes text = kc_json_string(j);
    if (!kc_json_failed(j) &&
        (text.len != 2 * n || kc_hex_decode(text, (struct kc_room){out, n}, &len) != KC_OK)) {
        j->next = start;
        kc_json_fail(j, "JSON: not hexadecimal of the right length");
    }
    if (kc_json_failed(j))
        memset(out, 0, n);
}

int64_t kc_json_time(struct kc_json *j)
{
    int64_t time = 0;
    const uint8_t *start = kc_json_value_start(j);
    struct kc_bytes text = kc_json_string(j);
    if (kc_json_failed(j))
        return 0;
    if (text.len != KC_TIME_TEXT_SIZE - 1 || text.ptr[text.len - 1] != 'Z' ||
        kc_time_parse(text, &time) != KC_OK) {
        j->next = start;
        kc_json_fail(j, "JSON: not a date of the form YYYY-MM-DDThh:mm:ssZ");
    }
    return kc_json_failed(j) ? 0 : time;
}

static void skip_number(struct kc_json *j)
{
    if (*j->next == '-')
        j->next++;
    (void)digits(j);
    if (j->next == j->end || *j->next != '.')
        return;
    j->next++;
    const uint8_t *start = j->next;
    while (is_digit(j) && j->next - start < NUMBER_DIGITS_MAX)
        j->next++;
    if (j->next == start || is_digit(j))
        kc_json_fail(j, "JSON: not a number that may stand here");
}

static void skip_word(struct kc_json *j)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t n = strlen(words[i]);
        if ((size_t)(j->end - j->next) >= n && memcmp(j->next, words[i], n) == 0) {
            j->next += n;
            return;
        }
    }
    kc_json_fail(j, "JSON: no value where one must be");
}

/* Deep at most KC_JSON_DEPTH_MAX: the scopes count. */
static void skip_value(struct kc_json *j) // NOLINT(misc-no-recursion)
{
    struct kc_json_scope scope = {0, false};
    struct kc_bytes name = {NULL, 0};
    uint8_t first = peek(j);
    if (first == '{') {
        kc_json_object_begin(j, &scope);
        while (kc_json_object_next(j, &scope, &name))
            skip_value(j);
    } else if (first == '[') {
        kc_json_array_begin(j, &scope);
        while (kc_json_array_next(j, &scope))
            skip_value(j);
    } else if (first == '"') {
        kc_json_skip_string(j);
    } else if (first == '-' || (first >= '0' && first <= '9')) {
        skip_number(j);
    } else {
        skip_word(j);
    }
}

struct kc_bytes kc_json_skip(struct kc_json *j)
{
    const uint8_t *start = kc_json_value_start(j);
    skip_value(j);
    return kc_json_failed(j) ? kc_bytes_of(NULL, 0) : kc_bytes_of(start, (size_t)(j->next - start));
}

static size_t find_member(const struct kc_json_member *members, size_t count, struct kc_bytes name)
{
    size_t i = 0;
    while (i < count && !kc_bytes_equal(name, kc_bytes_of_text(members[i].name)))
        i++;
    return i;
}

uint32_t kc_json_members(struct kc_json *j, const struct kc_json_member *members, size_t count,
                         void *out)
{
    struct kc_json_scope object = {0, false};
    struct kc_bytes name = {NULL, 0};
    uint32_t seen = 0;
    kc_json_object_begin(j, &object);
    while (kc_json_object_next(j, &object, &name)) {
        size_t i = find_member(members, count, name);
        if (i == count) {
            (void)kc_json_skip(j);
        } else {
            seen |= UINT32_C(1) << i;
            members[i].read(j, out);
        }
    }
    for (size_t i = 0; i < count; i++)
        if (members[i].missing != NULL && (seen & UINT32_C(1) << i) == 0)
            kc_json_fail(j, members[i].missing);
    return seen;
}
