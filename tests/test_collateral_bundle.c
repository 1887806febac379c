/* Bundles: one encoding, and nothing else is read. */
#include <openssl/sha.h>

#include "collateral/bundle.h"
#include "test.h"

static size_t encode(const struct kc_bundle *bundle, uint8_t *out, size_t room)
{
    struct kc_writer w = KC_WRITER_COUNT;
    assert_int_equal(kc_bundle_encode(&w, bundle), KC_OK);
    size_t counted = w.len;
    w = kc_writer_of((struct kc_room){out, room});
    assert_int_equal(kc_bundle_encode(&w, bundle), KC_OK);
    assert_int_equal(w.len, counted);
    return w.len;
}

static void keeps_what_is_put(void **state)
{
    (void)state;
    struct kc_bundle in = {0};
    struct kc_bundle out;
    uint8_t bytes[4096];
    for (unsigned set = 0; set < 1u << KC_BUNDLE_PIECES; set += 37) {
        for (int i = 0; i < KC_BUNDLE_PIECES; i++) {
            if ((set >> i & 1) != 0)
                assert_true(kc_bundle_put(&in, (enum kc_bundle_piece)i,
                                          kc_bytes_of("abcdefghijklm", (size_t)i)));
        }
        size_t len = encode(&in, bytes, sizeof bytes);
        assert_true(kc_bundle_is(kc_bytes_of(bytes, len)));
        assert_int_equal(kc_bundle_decode(kc_bytes_of(bytes, len), &out, NULL), KC_OK);
        for (int i = 0; i < KC_BUNDLE_PIECES; i++) {
            assert_true((out.piece[i].ptr == NULL) == ((set >> i & 1) == 0));
            assert_true(kc_bytes_equal(kc_bytes_of(in.piece[i].ptr, in.piece[i].len),
                                       kc_bytes_of(out.piece[i].ptr, out.piece[i].len)));
        }
        struct kc_writer w = kc_writer_of((struct kc_room){bytes, len - 1});
        assert_int_equal(kc_bundle_encode(&w, &in), KC_ERR_ROOM);
        kc_bundle_clear(&in);
        kc_bundle_clear(&out);
    }
}

/* Each with a hash that holds, so that the form alone decides. */
static const struct {
    const char *name;
    const char *hex; /* behind the eight bytes of the beginning */
    const char *want;
} forms[] = {
    {"nothing", "", NULL},
    {"one", "0002000000aabb", NULL},
    {"two", "0002000000aabb0101000000cc", NULL},
    {"empty piece", "0000000000", NULL},
    {"last number", "0b01000000aa", NULL},
    {"number too high", "0c01000000aa", "bundle: a piece of an unknown number"},
    {"twice", "0001000000aa0001000000aa", "bundle: pieces are not in their order"},
    {"order", "0101000000aa0001000000aa", "bundle: pieces are not in their order"},
    {"short", "0002000000aa", "bundle: a piece is longer than what is left"},
    {"huge", "00ffffffffaa", "bundle: a piece is longer than what is left"},
    {"cut in the length", "000200", "bundle: a piece is longer than what is left"},
    {"one byte behind", "0001000000aabb", "bundle: a piece is longer than what is left"},
};

static size_t make(const char *hex, uint8_t *out)
{
    size_t n = 8;
    memcpy(out, "KCBUNDL1", 8);
    for (; *hex != '\0'; hex += 2) {
        unsigned byte = 0;
        assert_int_equal(sscanf(hex, "%2x", &byte), 1);
        out[n++] = (uint8_t)byte;
    }
    SHA256(out, n, out + n);
    return n + 32;
}

static void reads_one_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        uint8_t bytes[256];
        size_t len = make(forms[i].hex, bytes);
        struct kc_bundle out = {0};
        struct kc_error error = KC_ERROR_NONE;
        enum kc_err err = kc_bundle_decode(kc_bytes_of(bytes, len), &out, &error);
        if ((err == KC_OK) != (forms[i].want == NULL) ||
            (err != KC_OK && strcmp(error.what, forms[i].want) != 0))
            fail_msg("%s: %s", forms[i].name, error.what);
        kc_bundle_clear(&out);
    }
}

static void finds_damage(void **state)
{
    (void)state;
    struct kc_bundle in = {0};
    struct kc_bundle out;
    uint8_t bytes[256];
    assert_true(kc_bundle_put(&in, KC_BUNDLE_TCB_INFO, kc_bytes_of_text("{}")));
    size_t len = encode(&in, bytes, sizeof bytes);
    for (size_t i = 0; i < len; i++) {
        bytes[i] ^= 0x10;
        assert_int_equal(kc_bundle_decode(kc_bytes_of(bytes, len), &out, NULL), KC_ERR_MALFORMED);
        bytes[i] ^= 0x10;
        assert_int_equal(kc_bundle_decode(kc_bytes_of(bytes, i), &out, NULL), KC_ERR_MALFORMED);
    }
    kc_bundle_clear(&in);
}

static void refuses_long_pieces(void **state)
{
    (void)state;
    struct kc_bundle in = {0};
    struct kc_writer w = KC_WRITER_COUNT;
    uint8_t *large = calloc(1, KC_BUNDLE_PIECE_MAX + 1);
    assert_true(kc_bundle_put(&in, KC_BUNDLE_PCK_CRL, kc_bytes_of(large, KC_BUNDLE_PIECE_MAX + 1)));
    assert_int_equal(kc_bundle_encode(&w, &in), KC_ERR_ROOM);
    assert_true(kc_bundle_put(&in, KC_BUNDLE_PCK_CRL, kc_bytes_of(large, KC_BUNDLE_PIECE_MAX)));
    w = KC_WRITER_COUNT;
    assert_int_equal(kc_bundle_encode(&w, &in), KC_OK);
    free(large);
    kc_bundle_clear(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_is_put),
        cmocka_unit_test(reads_one_form),
        cmocka_unit_test(finds_damage),
        cmocka_unit_test(refuses_long_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
