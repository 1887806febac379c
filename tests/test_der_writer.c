#include "base/hex.h"
#include "formats/der_writer.h"
#include "test.h"

/* Content lengths around every change of form (X.690, 8.1.3), inside one more element. */
static const struct {
    size_t len;
    const char *head; /* of the outer and the inner element */
} lengths[] = {
    {0, "30020400"},
    {1, "30030401"},
    {125, "307f047d"},
    {126, "308180047e"},
    {127, "308181047f"},
    {128, "308183048180"},
    {255, "308201020481ff"},
    {256, "3082010404820100"},
    {65535, "3083010003"
            "0482ffff"},
    {65536, "3083010005"
            "0483010000"},
};

static size_t write_nested(struct kc_writer *w, const uint8_t *content, size_t len)
{
    size_t outer = kc_der_writer_begin(w, KC_DER_SEQUENCE);
    kc_der_writer_element(w, KC_DER_OCTET_STRING, kc_bytes_of(content, len));
    kc_der_writer_end(w, outer);
    return w->len;
}

static void test_lengths(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        uint8_t want[16];
        size_t head_len = 0;
        size_t len = lengths[i].len;
        uint8_t *content = malloc(len + 1);
        uint8_t *out = malloc(len + sizeof want);
        memset(content, 0x5a, len + 1);
        assert_int_equal(kc_hex_decode(kc_bytes_of_text(lengths[i].head),
                                       (struct kc_room){want, sizeof want}, &head_len),
                         KC_OK);
        struct kc_writer counter = KC_WRITER_COUNT;
        assert_int_equal(write_nested(&counter, content, len), head_len + len);
        struct kc_writer w = kc_writer_of((struct kc_room){out, head_len + len});
        assert_int_equal(write_nested(&w, content, len), head_len + len);
        assert_false(kc_writer_failed(&w));
        assert_memory_equal(out, want, head_len);
        assert_memory_equal(out + head_len, content, len);
        struct kc_writer tight = kc_writer_of((struct kc_room){out, head_len + len - 1});
        (void)write_nested(&tight, content, len);
        assert_true(kc_writer_failed(&tight));
        free(content);
        free(out);
    }
}

static void test_too_long(void **state)
{
    (void)state;
    struct kc_writer w = KC_WRITER_COUNT;
    size_t element = kc_der_writer_begin(&w, KC_DER_OCTET_STRING);
    kc_writer_zeros(&w, 0x1000000);
    kc_der_writer_end(&w, element);
    assert_true(kc_writer_failed(&w));
    struct kc_writer longest = KC_WRITER_COUNT;
    element = kc_der_writer_begin(&longest, KC_DER_OCTET_STRING);
    kc_writer_zeros(&longest, 0xffffff);
    kc_der_writer_end(&longest, element);
    assert_false(kc_writer_failed(&longest));
    assert_int_equal(longest.len, 0xffffff + 5);
}

enum kind { NUMBER, BITS, TIME, TRUTH };

static const struct {
    const char *name;
    enum kind kind;
    const char *content; /* octets in hexadecimal */
    int64_t number;      /* unused bits, or seconds */
    const char *want;    /* NULL: the writer fails */
} elements[] = {
    {"0 of no octets", NUMBER, "", 0, "020100"},
    {"0", NUMBER, "0000", 0, "020100"},
    {"1 with leading zeros", NUMBER, "000001", 0, "020101"},
    {"127", NUMBER, "7f", 0, "02017f"},
    {"128 gets its zero", NUMBER, "80", 0, "02020080"},
    {"32 high octets", NUMBER, "ffff0000", 0, "020500ffff0000"},
    {"no bits", BITS, "", 0, "030100"},
    {"octets", BITS, "04ff", 0, "03030004ff"},
    {"one bit", BITS, "80", 7, "03020780"},
    {"unused bits of no octet", BITS, "", 1, NULL},
    {"eight unused bits", BITS, "0000", 8, NULL},
    {"unused bits that are one", BITS, "01", 1, NULL},
    {"true", TRUTH, "", 0, "0101ff"},
    {"first second of UTCTime", TIME, "", -631152000, "170d3530303130313030303030305a"},
    {"the second before", TIME, "", -631152001, "180f31393439313233313233353935395a"},
    {"1970", TIME, "", 0, "170d3730303130313030303030305a"},
    {"last second of UTCTime", TIME, "", 2524607999, "170d3439313233313233353935395a"},
    {"the second after", TIME, "", 2524608000, "180f32303530303130313030303030305a"},
    {"last second", TIME, "", 253402300799, "180f39393939313233313233353935395a"},
    {"first second", TIME, "", -62135596800, "180f30303031303130313030303030305a"},
    {"year 10000", TIME, "", 253402300800, NULL},
    {"year 0", TIME, "", -62135596801, NULL},
    {"the least", TIME, "", INT64_MIN, NULL},
};

static void write_one(struct kc_writer *w, enum kind kind, struct kc_bytes content, int64_t number)
{
    switch (kind) {
    case NUMBER:
        kc_der_writer_big_uint(w, content);
        break;
    case BITS:
        kc_der_writer_bits(w, content, (uint8_t)number);
        break;
    case TIME:
        kc_der_writer_time(w, number);
        break;
    case TRUTH:
        kc_der_writer_true(w);
        break;
    }
}

/* What was written, der.h reads. */
static void read_back(enum kind kind, struct kc_bytes der, int64_t number, const char *name)
{
    struct kc_reader r = kc_reader_of(der);
    if (kind == NUMBER)
        (void)kc_der_integer(&r);
    else if (kind == TRUTH)
        assert_true(kc_der_boolean(&r));
    else if (kind == TIME)
        assert_int_equal(kc_der_time(&r), number);
    else
        (void)kc_der_any(&r);
    if (!kc_reader_done(&r))
        fail_msg("%s: cannot be read", name);
}

static void test_elements(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(elements); i++) {
        uint8_t content[8];
        uint8_t out[32];
        char text[65];
        size_t n = 0;
        assert_int_equal(kc_hex_decode(kc_bytes_of_text(elements[i].content),
                                       (struct kc_room){content, sizeof content}, &n),
                         KC_OK);
        struct kc_writer w = kc_writer_of((struct kc_room){out, sizeof out});
        write_one(&w, elements[i].kind, kc_bytes_of(content, n), elements[i].number);
        if (kc_writer_failed(&w) != (elements[i].want == NULL))
            fail_msg("%s: failed %d", elements[i].name, kc_writer_failed(&w));
        if (elements[i].want == NULL)
            continue;
        kc_hex_encode_lower(kc_bytes_of(out, w.len), text);
        assert_string_equal(text, elements[i].want);
        read_back(elements[i].kind, kc_bytes_of(out, w.len), elements[i].number, elements[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_elements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
