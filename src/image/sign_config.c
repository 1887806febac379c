#include "image/sign_config.h"

#include <string.h>

#include "base/time.h"
#include "image/image.h"
#include "image/layout.h"

struct setting {
    const char *name;
    uint64_t min;
    uint64_t max;
    const char *bad_value;
    const char *missing;
};

enum { DEBUG, HEAP, STACK, TCS, PROD_ID, SVN, DATE, SETTING_COUNT };

static const struct setting settings[SETTING_COUNT] = {
    [DEBUG] = {"Debug", 0, 1, "Debug is not 0 or 1", "Debug= is missing"},
    [HEAP] = {"NumHeapPages", 1, KC_LAYOUT_MAX_HEAP_PAGES, "NumHeapPages is not 1 to 262144",
              "NumHeapPages= is missing"},
    [STACK] = {"NumStackPages", 1, KC_LAYOUT_MAX_STACK_PAGES, "NumStackPages is not 1 to 2048",
               "NumStackPages= is missing"},
    [TCS] = {"NumTCS", 1, KC_IMAGE_MAX_TCS, "NumTCS is not 1 to 64", "NumTCS= is missing"},
    [PROD_ID] = {"ProductID", 0, UINT16_MAX, "ProductID is not 0 to 65535",
                 "ProductID= is missing"},
    [SVN] = {"SecurityVersion", 0, UINT16_MAX, "SecurityVersion is not 0 to 65535",
             "SecurityVersion= is missing"},
    [DATE] = {"Date", 19700101, 99991231, "Date is not a day written YYYYMMDD", NULL},
};

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct kc_bytes trim(struct kc_bytes text)
{
    while (text.len > 0 && is_space(text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    while (text.len > 0 && is_space(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

/* What stands before the first `c`, and behind it in `rest` ({NULL, 0} when there is none). */
static struct kc_bytes split(struct kc_bytes text, uint8_t c, struct kc_bytes *rest)
{
    const uint8_t *found = text.len > 0 ? memchr(text.ptr, c, text.len) : NULL;
    if (found == NULL) {
        *rest = kc_bytes_of(NULL, 0);
        return text;
    }
    size_t n = (size_t)(found - text.ptr);
    *rest = kc_bytes_of(found + 1, text.len - n - 1);
    return kc_bytes_of(text.ptr, n);
}

/* Decimal digits only. */
static bool parse_number(struct kc_bytes text, uint64_t *out)
{
    uint64_t value = 0;
    if (text.len == 0 || text.len > 9)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    *out = value;
    return true;
}

static bool is_date(uint64_t value)
{
    int64_t seconds = 0;
    return kc_time_from_fields((int)(value / 10000), (int)(value / 100 % 100), (int)(value % 100),
                               0, 0, 0, &seconds);
}

static uint32_t to_bcd(uint64_t value)
{
    uint32_t bcd = 0;
    for (unsigned shift = 0; shift < 32; shift += 4, value /= 10)
        bcd |= (uint32_t)(value % 10) << shift;
    return bcd;
}

static int find_setting(struct kc_bytes name)
{
    for (int i = 0; i < SETTING_COUNT; i++) {
        if (kc_bytes_equal(name, kc_bytes_of_text(settings[i].name)))
            return i;
    }
    return -1;
}

static enum kc_err parse_line(struct kc_bytes line, uint64_t number, uint64_t *values, bool *set,
                              struct kc_error *error)
{
    struct kc_bytes rest = {NULL, 0};
    line = trim(split(line, '#', &rest));
    if (line.len == 0)
        return KC_OK;
    struct kc_bytes name = trim(split(line, '=', &rest));
    if (rest.ptr == NULL)
        return kc_error_set(error, KC_ERR_MALFORMED, "line is not Name=Value", number);
    int i = find_setting(name);
    if (i < 0)
        return kc_error_set(error, KC_ERR_MALFORMED, "unknown setting", number);
    if (set[i])
        return kc_error_set(error, KC_ERR_MALFORMED, "setting is given twice", number);
    uint64_t value = 0;
    if (!parse_number(trim(rest), &value) || value < settings[i].min || value > settings[i].max ||
        (i == DATE && !is_date(value)))
        return kc_error_set(error, KC_ERR_MALFORMED, settings[i].bad_value, number);
    values[i] = value;
    set[i] = true;
    return KC_OK;
}

enum kc_err kc_sign_config_parse(struct kc_bytes text, struct kc_sign_config *out,
                                 struct kc_error *error)
{
    uint64_t values[SETTING_COUNT] = {0};
    bool set[SETTING_COUNT] = {false};
    for (uint64_t number = 1; text.len > 0; number++) {
        struct kc_bytes line = split(text, '\n', &text);
        enum kc_err err = parse_line(line, number, values, set, error);
        if (err != KC_OK)
            return err;
    }
    for (int i = 0; i < SETTING_COUNT; i++) {
        if (!set[i] && settings[i].missing != NULL)
            return kc_error_set(error, KC_ERR_MALFORMED, settings[i].missing, 0);
    }
    *out = (struct kc_sign_config){.debug = values[DEBUG] == 1,
                                   .heap_pages = (uint32_t)values[HEAP],
                                   .stack_pages = (uint32_t)values[STACK],
                                   .tcs_count = (uint32_t)values[TCS],
                                   .isv_prod_id = (uint16_t)values[PROD_ID],
                                   .isv_svn = (uint16_t)values[SVN],
                                   .date = to_bcd(values[DATE])};
    return KC_OK;
}

uint32_t kc_sign_config_date(int64_t unix_time)
{
    char text[KC_TIME_TEXT_SIZE];
    uint32_t bcd = 0;
    if (unix_time < 0 || unix_time > KC_TIME_MAX)
        return 0;
    kc_time_format(unix_time, text);
    for (size_t i = 0; i < sizeof "YYYY-MM-DD" - 1; i++) {
        if (text[i] != '-')
            bcd = bcd << 4 | (uint32_t)(text[i] - '0');
    }
    return bcd;
}
