#include <jansson.h>

#include "formats/json.h"
#include "test.h"

static enum kc_err skip_all(const char *text, struct kc_error *error)
{
    struct kc_json j;
    kc_json_init(&j, kc_bytes_of_text(text));
    (void)kc_json_skip(&j);
    return kc_json_done(&j, error);
}

static const char *const good[] = {
    "{}",
    "[]",
    " [ 1 , 2 ] \n",
    "{\"a\":{\"a\":1},\"b\":{\"a\":2}}",
    "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u20aC\"]",
    "[0,-0,-1,10.50,999999999999999999,true,false,null]",
    "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]",
};

static const struct {
    const char *text;
    const char *what;
} bad[] = {
    {"", "JSON: no value where one must be"},
    {"{", "JSON: a string is expected here"},
    {"[", "JSON: no value where one must be"},
    {"[1", "JSON: no comma or end where one must be"},
    {"[1 2]", "JSON: no comma or end where one must be"},
    {"[1,]", "JSON: no value where one must be"},
    {"[,1]", "JSON: no value where one must be"},
    {"{,}", "JSON: a string is expected here"},
    {"{\"a\":1,}", "JSON: a string is expected here"},
    {"{\"a\" 1}", "JSON: no colon after a name"},
    {"{\"a\":}", "JSON: no value where one must be"},
    {"{a:1}", "JSON: a string is expected here"},
    {"[}", "JSON: no value where one must be"},
    {"{]", "JSON: a string is expected here"},
    {"[1}", "JSON: no comma or end where one must be"},
    {"[] x", "JSON: text after the end"},
    {"[][]", "JSON: text after the end"},
    {"{\"a\":1,\"a\":1}", "JSON: the same name twice in one object"},
    {"{\"\":1,\"\":1}", "JSON: the same name twice in one object"},
    {"[{\"b\":{\"c\":0},\"a\":1,\"b\":2}]", "JSON: the same name twice in one object"},
    {"{\"\\u0061\":1}", "JSON: an escape or a character outside ASCII"},
    {"[\"\x80\"]", "JSON: an escape or a character outside ASCII"},
    {"[\"\x7f\"]", "JSON: an escape or a character outside ASCII"},
    {"[\"\n\"]", "JSON: an escape or a character outside ASCII"},
    {"[\"", "JSON: a string without end"},
    {"[\"\\", "JSON: bad escape"},
    {"[\"\\x\"]", "JSON: bad escape"},
    {"[\"\\u12\"]", "JSON: bad escape"},
    {"[\"\\u12g4\"]", "JSON: bad escape"},
    {"[\"\\ud800\"]", "JSON: bad escape"},
    {"[\"\\udfff\"]", "JSON: bad escape"},
    {"[\"\\u0000\"]", "JSON: bad escape"},
    {"[01]", "JSON: not a number that may stand here"},
    {"[-]", "JSON: not a number that may stand here"},
    {"[-01]", "JSON: not a number that may stand here"},
    {"[1.]", "JSON: not a number that may stand here"},
    {"[.5]", "JSON: no value where one must be"},
    {"[+1]", "JSON: no value where one must be"},
    {"[1e1]", "JSON: no comma or end where one must be"},
    {"[1000000000000000000]", "JSON: not a number that may stand here"},
    {"[0.1000000000000000000]", "JSON: not a number that may stand here"},
    {"[NaN]", "JSON: no value where one must be"},
    {"[tru]", "JSON: no value where one must be"},
    {"[truex]", "JSON: no comma or end where one must be"},
    {"[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", "JSON: nested too deep"},
    {"{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{"
     "\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}}}}}}}}}",
     "JSON: nested too deep"},
    {"// no\n[]", "JSON: no value where one must be"},
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        struct kc_error error = KC_ERROR_NONE;
        if (skip_all(good[i], &error) != KC_OK)
            fail_msg("%s: %s at %d", good[i], error.what, (int)error.at);
    }
}

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct kc_error error = KC_ERROR_NONE;
        if (skip_all(bad[i].text, &error) != KC_ERR_MALFORMED)
            fail_msg("%s: accepted", bad[i].text);
        assert_string_equal(error.what, bad[i].what);
        assert_true(error.at <= strlen(bad[i].text));
    }
}

static void test_too_many_members(void **state)
{
    (void)state;
    char text[1024] = "{";
    for (int members = 1; members <= KC_JSON_NAMES_MAX + 1; members++) {
        size_t len = strlen(text);
        snprintf(text + len, sizeof text - len, "%s\"%d\":0", members == 1 ? "" : ",", members);
        char whole[1028];
        snprintf(whole, sizeof whole, "%s}", text);
        struct kc_error error = KC_ERROR_NONE;
        bool fits = members <= KC_JSON_NAMES_MAX;
        assert_int_equal(skip_all(whole, &error), fits ? KC_OK : KC_ERR_MALFORMED);
        if (!fits)
            assert_string_equal(error.what, "JSON: too many members");
    }
}

enum kind {
    NUMBER, /* up to 255 */
    HEX,    /* 2 bytes */
    TIME,
    STRING,
};

static const struct {
    const char *text;
    enum kind kind;
    const char *what; /* NULL: good */
    int64_t value;
} values[] = {
    {"0", NUMBER, NULL, 0},
    {" 255", NUMBER, NULL, 255},
    {"256", NUMBER, "JSON: number out of range", 0},
    {"1.0", NUMBER, "JSON: number out of range", 0},
    {"1e0", NUMBER, "JSON: number out of range", 0},
    {"1E0", NUMBER, "JSON: number out of range", 0},
    {"-1", NUMBER, "JSON: a whole number is expected here", 0},
    {"\"1\"", NUMBER, "JSON: a whole number is expected here", 0},
    {"null", NUMBER, "JSON: a whole number is expected here", 0},
    {"007", NUMBER, "JSON: not a number that may stand here", 0},
    {"99999999999999999999999", NUMBER, "JSON: not a number that may stand here", 0},
    {"\"12aB\"", HEX, NULL, 0x12ab},
    {"\"12a\"", HEX, "JSON: not hexadecimal of the right length", 0},
    {"\"12ab34\"", HEX, "JSON: not hexadecimal of the right length", 0},
    {"\"\"", HEX, "JSON: not hexadecimal of the right length", 0},
    {"\"12g4\"", HEX, "JSON: not hexadecimal of the right length", 0},
    {"1234", HEX, "JSON: a string is expected here", 0},
    {"\"2018-01-04T00:00:00Z\"", TIME, NULL, 1515024000},
    {"\"2018-01-04T00:00:00.5Z\"", TIME, "JSON: not a date of the form YYYY-MM-DDThh:mm:ssZ", 0},
    {"\"2018-01-04T00:00:00+00:00\"", TIME, "JSON: not a date of the form YYYY-MM-DDThh:mm:ssZ", 0},
    {"\"2018-02-30T00:00:00Z\"", TIME, "JSON: not a date of the form YYYY-MM-DDThh:mm:ssZ", 0},
    {"\"\"", TIME, "JSON: not a date of the form YYYY-MM-DDThh:mm:ssZ", 0},
    {"7", TIME, "JSON: a string is expected here", 0},
    {"\"abc\"", STRING, NULL, 3},
    {"\"a\\u0062\"", STRING, "JSON: an escape or a character outside ASCII", 0},
    {"[]", STRING, "JSON: a string is expected here", 0},
};

static int64_t read_value(struct kc_json *j, enum kind kind)
{
    uint8_t hex[2];
    switch (kind) {
    case NUMBER:
        return (int64_t)kc_json_number(j, 255);
    case HEX:
        kc_json_hex(j, hex, sizeof hex);
        return hex[0] << 8 | hex[1];
    case TIME:
        return kc_json_time(j);
    case STRING:
        break;
    }
    return (int64_t)kc_json_string(j).len;
}

static void test_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        struct kc_json j;
        struct kc_error error = KC_ERROR_NONE;
        kc_json_init(&j, kc_bytes_of_text(values[i].text));
        int64_t got = read_value(&j, values[i].kind);
        enum kc_err err = kc_json_done(&j, &error);
        assert_int_equal(got, values[i].value);
        assert_int_equal(err, values[i].what == NULL ? KC_OK : KC_ERR_MALFORMED);
        if (values[i].what != NULL)
            assert_string_equal(error.what, values[i].what);
    }
}

/* Every change of one character of these texts: what we accept, jansson accepts. */
static void test_against_jansson(void **state)
{
    (void)state;
    static const char alphabet[] = "{}[]\",:0159-.eE\\u \n\ttruefalsn/aA\x7f\x80\x01";
    size_t accepted = 0;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        for (size_t at = 0; at < strlen(good[i]); at++) {
            for (size_t c = 0; c < sizeof alphabet - 1; c++) {
                char text[128];
                snprintf(text, sizeof text, "%s", good[i]);
                text[at] = alphabet[c];
                if (skip_all(text, NULL) != KC_OK)
                    continue;
                json_t *tree = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
                if (tree == NULL)
                    fail_msg("jansson refuses '%s'", text);
                json_decref(tree);
                accepted++;
            }
        }
    }
    assert_true(accepted > 100);
}

/* What clients may send: the same rules, but for text. */
static const struct {
    const char *json;
    const char *text; /* NULL: refused */
} texts[] = {
    {"\"abc\"", "abc"},
    {"\"\"", ""},
    {"\"a\\u0062\\/\\u002B\"", "ab/+"},
    {"\"\\\"\\\\\\b\\f\\n\\r\\t\"", "\"\\\b\f\n\r\t"},
    {"\"\\u00e9\\u20ac\"", "\xc3\xa9\xe2\x82\xac"},
    {"\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80"},
    {"\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f\"", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f"},
    {"\"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\"", "\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf"},
    {"\"\\u0000\"", NULL},
    {"\"\\ud83d\"", NULL},
    {"\"\\ud83dx\"", NULL},
    {"\"\\ud83d\\u0041\"", NULL},
    {"\"\\ude00\\ud83d\"", NULL},
    {"\"\x80\"", NULL},
    {"\"\xc0\x80\"", NULL},
    {"\"\xc3\"", NULL},
    {"\"\xc3(\"", NULL},
    {"\"\xe0\x80\x80\"", NULL},
    {"\"\xed\xa0\x80\"", NULL},
    {"\"\xf4\x90\x80\x80\"", NULL},
    {"\"\xf8\x88\x80\x80\x80\"", NULL},
    {"\"\x01\"", NULL},
    {"\"\n\"", NULL},
    {"\"", NULL},
    {"\"\\", NULL},
    {"\"\\x\"", NULL},
    {"1", NULL},
    {"", NULL},
};

static void test_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct kc_json j;
        uint8_t bytes[64];
        struct kc_room room = {bytes, strlen(texts[i].json)};
        kc_json_init_utf8(&j, kc_bytes_of_text(texts[i].json));
        struct kc_bytes got = kc_json_text(&j, &room);
        bool fine = kc_json_done(&j, NULL) == KC_OK;
        if (fine != (texts[i].text != NULL) ||
            (fine && !kc_bytes_equal(got, kc_bytes_of_text(texts[i].text))))
            fail_msg("row %zu: %s", i, texts[i].json);
        /* Skipping has the same opinion. */
        kc_json_init_utf8(&j, kc_bytes_of_text(texts[i].json));
        (void)kc_json_skip(&j);
        if (texts[i].json[0] != '1' && (kc_json_done(&j, NULL) == KC_OK) != fine)
            fail_msg("row %zu: %s is judged otherwise when skipped", i, texts[i].json);
    }
}

/* Room is used up from the front, and never more than there is. */
static void test_text_room(void **state)
{
    (void)state;
    struct kc_json j;
    uint8_t bytes[3];
    struct kc_room room = {bytes, sizeof bytes};
    struct kc_json_scope list;
    kc_json_init_utf8(&j, kc_bytes_of_text("[\"a\\n\", \"plain\", \"\\t\", \"\\n\"]"));
    kc_json_array_begin(&j, &list);
    assert_true(kc_json_array_next(&j, &list));
    assert_true(kc_bytes_equal(kc_json_text(&j, &room), kc_bytes_of_text("a\n")));
    assert_int_equal(room.len, 1);
    assert_true(kc_json_array_next(&j, &list));
    assert_true(kc_bytes_equal(kc_json_text(&j, &room), kc_bytes_of_text("plain")));
    assert_true(kc_json_array_next(&j, &list));
    assert_true(kc_bytes_equal(kc_json_text(&j, &room), kc_bytes_of_text("\t")));
    assert_int_equal(room.len, 0);
    assert_true(kc_json_array_next(&j, &list));
    assert_int_equal(kc_json_text(&j, &room).len, 0);
    assert_true(kc_json_failed(&j));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_text_room),
        cmocka_unit_test(test_too_many_members),
        cmocka_unit_test(test_against_jansson),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
