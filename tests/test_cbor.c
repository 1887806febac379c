#include "base/hex.h"
#include "formats/cbor.h"
#include "test.h"

static struct kc_reader reader_of_hex(const char *hex, uint8_t *room, size_t cap)
{
    size_t n = 0;
    assert_int_equal(kc_hex_decode(kc_bytes_of_text(hex), (struct kc_room){room, cap}, &n), KC_OK);
    return kc_reader_of(kc_bytes_of(room, n));
}

/* RFC 8949, appendix A, and the borders of each width. */
static const struct {
    const char *hex;
    uint64_t value;
} numbers[] = {
    {"00", 0},
    {"01", 1},
    {"0a", 10},
    {"17", 23},
    {"1818", 24},
    {"1819", 25},
    {"1864", 100},
    {"18ff", 255},
    {"190100", 256},
    {"1903e8", 1000},
    {"19ffff", 65535},
    {"1a00010000", 65536},
    {"1a000f4240", 1000000},
    {"1affffffff", 4294967295},
    {"1b0000000100000000", 4294967296},
    {"1b000000e8d4a51000", 1000000000000},
    {"1bffffffffffffffff", UINT64_MAX},
};

static void test_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        uint8_t in[16];
        uint8_t out[16];
        struct kc_reader r = reader_of_hex(numbers[i].hex, in, sizeof in);
        size_t n = r.left;
        assert_true(kc_cbor_read_uint(&r) == numbers[i].value);
        assert_true(kc_reader_done(&r));
        struct kc_writer w = kc_writer_of((struct kc_room){out, sizeof out});
        kc_cbor_write_uint(&w, numbers[i].value);
        assert_int_equal(w.len, n);
        assert_memory_equal(out, in, n);
    }
}

enum kind { UINT, BYTES, TEXT, ARRAY, MAP, TAG };

static void read_kind(struct kc_reader *r, enum kind kind)
{
    if (kind == UINT)
        (void)kc_cbor_read_uint(r);
    else if (kind == BYTES)
        (void)kc_cbor_read_bytes(r);
    else if (kind == TEXT)
        (void)kc_cbor_read_text(r);
    else if (kind == ARRAY)
        (void)kc_cbor_read_array(r);
    else if (kind == MAP)
        (void)kc_cbor_read_map(r);
    else
        (void)kc_cbor_read_tag(r);
}

static const struct {
    const char *name;
    enum kind kind;
    const char *hex;
    bool good;
} items[] = {
    {"empty bytes", BYTES, "40", true},
    {"four bytes", BYTES, "4401020304", true},
    {"empty text", TEXT, "60", true},
    {"text", TEXT, "6449455446", true},
    {"two-byte character", TEXT, "62c3bc", true},
    {"three-byte character", TEXT, "63e6b0b4", true},
    {"four-byte character", TEXT, "64f0908591", true},
    {"last character", TEXT, "64f48fbfbf", true},
    {"array", ARRAY, "82", true},
    {"map", MAP, "a1", true},
    {"tag", TAG, "d9ea60", true},

    {"nothing", UINT, "", false},
    {"0 in two bytes", UINT, "1800", false},
    {"23 in two bytes", UINT, "1817", false},
    {"255 in three bytes", UINT, "1900ff", false},
    {"65535 in five bytes", UINT, "1a0000ffff", false},
    {"2^32 - 1 in nine bytes", UINT, "1b00000000ffffffff", false},
    {"cut after the head", UINT, "18", false},
    {"cut in the argument", UINT, "1a000100", false},
    {"reserved 28", UINT, "1c", false},
    {"reserved 30", UINT, "1e", false},
    {"indefinite", UINT, "1f", false},
    {"negative", UINT, "20", false},
    {"bytes as number", UINT, "40", false},
    {"number as bytes", BYTES, "00", false},
    {"text as bytes", BYTES, "6161", false},
    {"long length of bytes", BYTES, "580101", false},
    {"indefinite bytes", BYTES, "5f4101ff", false},
    {"bytes cut", BYTES, "440102", false},
    {"bytes of 2^64 - 1", BYTES, "5bffffffffffffffff", false},
    {"bytes as text", TEXT, "4161", false},
    {"text cut", TEXT, "6261", false},
    {"indefinite text", TEXT, "7f6161ff", false},
    {"lone continuation", TEXT, "6180", false},
    {"overlong in two", TEXT, "62c0af", false},
    {"overlong in three", TEXT, "63e09fbf", false},
    {"overlong in four", TEXT, "64f08fbfbf", false},
    {"surrogate", TEXT, "63eda080", false},
    {"beyond Unicode", TEXT, "64f4908080", false},
    {"beginning of five", TEXT, "65f888808080", false},
    {"character cut", TEXT, "62e6b0", false},
    {"bad second byte", TEXT, "62c341", false},
    {"bad third byte", TEXT, "63e6b041", false},
    {"array in long form", ARRAY, "9802", false},
    {"indefinite array", ARRAY, "9f", false},
    {"map as array", ARRAY, "a1", false},
    {"map in long form", MAP, "b801", false},
    {"indefinite map", MAP, "bf", false},
    {"tag in long form", TAG, "da0000ea60", false},
    {"float as tag", TAG, "f97e00", false},
};

static void test_items(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(items); i++) {
        uint8_t in[16];
        struct kc_reader r = reader_of_hex(items[i].hex, in, sizeof in);
        read_kind(&r, items[i].kind);
        if (kc_reader_done(&r) != items[i].good)
            fail_msg("%s", items[i].name);
    }
}

/* Every width of length, written and read again. */
static void test_lengths(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 23, 24, 255, 256, 65535, 65536, 70000};
    static uint8_t body[70000];
    static uint8_t out[70016];
    memset(body, 'x', sizeof body);
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        struct kc_writer w = kc_writer_of((struct kc_room){out, sizeof out});
        kc_cbor_write_bytes(&w, kc_bytes_of(body, lengths[i]));
        struct kc_reader r = kc_reader_of(kc_writer_written(&w));
        assert_int_equal(kc_cbor_read_bytes(&r).len, lengths[i]);
        assert_true(kc_reader_done(&r));
        w = kc_writer_of((struct kc_room){out, sizeof out});
        kc_cbor_write_text(&w, kc_bytes_of(body, lengths[i]));
        r = kc_reader_of(kc_writer_written(&w));
        assert_int_equal(kc_cbor_read_text(&r).len, lengths[i]);
        assert_true(kc_reader_done(&r));
        w = kc_writer_of((struct kc_room){out, sizeof out});
        kc_cbor_write_array(&w, lengths[i]);
        kc_cbor_write_map(&w, lengths[i]);
        kc_cbor_write_tag(&w, lengths[i]);
        r = kc_reader_of(kc_writer_written(&w));
        assert_true(kc_cbor_read_array(&r) == lengths[i]);
        assert_true(kc_cbor_read_map(&r) == lengths[i]);
        assert_true(kc_cbor_read_tag(&r) == lengths[i]);
        assert_true(kc_reader_done(&r));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_items),
        cmocka_unit_test(test_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
