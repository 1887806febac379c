#include "base/hex.h"
#include "base/writer.h"
#include "formats/snp_certificates.h"
#include "test.h"

#define VCEK        "63da758de6644564adc5f4b93be8accd"
#define VCEK_TURNED "8d75da6364e66445adc5f4b93be8accd"
#define VLEK        "a8074bc2a25a483eaae639c045a0b8a1"
#define ASK         "4ab7b379bbac4fe4a02f05aef327c782"
#define ASK_TURNED  "79b3b74aacbbe44fa02f05aef327c782"
#define ARK         "c0b406a4a803495297433fb6014cd0ae"
#define CRL         "92f81bc358114d3d97ffd19f88dc67ea"
#define ZERO        "00000000000000000000000000000000"

struct row {
    const char *guid;
    uint32_t offset;
    uint32_t len;
};

static size_t make(const struct row *rows, size_t count, uint8_t *out, size_t room)
{
    struct kc_writer w = kc_writer_of((struct kc_room){out, room});
    for (size_t i = 0; i < count; i++) {
        uint8_t guid[16];
        size_t n = 0;
        assert_int_equal(
            kc_hex_decode(kc_bytes_of_text(rows[i].guid), (struct kc_room){guid, sizeof guid}, &n),
            KC_OK);
        kc_writer_copy(&w, guid, sizeof guid);
        kc_writer_u32(&w, rows[i].offset);
        kc_writer_u32(&w, rows[i].len);
    }
    for (uint8_t i = 0; i < 40; i++)
        kc_writer_u8(&w, i);
    assert_false(kc_writer_failed(&w));
    return w.len;
}

static void test_good(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {VCEK_TURNED, 144, 10}, {VLEK, 154, 9}, {ASK, 163, 8},
        {ARK, 171, 13},         {CRL, 144, 1},  {ZERO, 0, 0},
    };
    uint8_t table[256];
    struct kc_snp_certificates found;
    size_t len = make(rows, COUNT_OF(rows), table, sizeof table);
    assert_int_equal(len, 184);
    assert_int_equal(kc_snp_certificates_decode(kc_bytes_of(table, len), &found, NULL), KC_OK);
    assert_ptr_equal(found.vcek.ptr, table + 144);
    assert_int_equal(found.vcek.len, 10);
    assert_ptr_equal(found.vlek.ptr, table + 154);
    assert_ptr_equal(found.ask.ptr, table + 163);
    assert_int_equal(found.ark.len, 13);
    assert_int_equal(found.others, 1);
}

static void test_empty(void **state)
{
    (void)state;
    static const struct row rows[] = {{ZERO, 0, 0}};
    uint8_t table[64];
    struct kc_snp_certificates found;
    assert_int_equal(kc_snp_certificates_decode(kc_bytes_of(NULL, 0), &found, NULL), KC_OK);
    assert_int_equal(found.vcek.len + found.vlek.len + found.ask.len + found.ark.len, 0);
    size_t len = make(rows, 1, table, sizeof table);
    assert_int_equal(kc_snp_certificates_decode(kc_bytes_of(table, len), &found, NULL), KC_OK);
    assert_int_equal(found.others, 0);
}

#define OUTSIDE "SNP certificates: an entry empty or outside the table"

static const struct {
    const char *name;
    struct row rows[3];
    size_t count;
    const char *what;
} bad[] = {
    {"no end",
     {{VCEK, 72, 5}, {ASK, 77, 5}, {ARK, 80, 1}},
     3,
     "SNP certificates: the list has no end"},
    {"one kind twice",
     {{VCEK, 72, 5}, {VCEK, 77, 5}, {ZERO, 0, 0}},
     3,
     "SNP certificates: one kind twice"},
    {"one kind in both orders",
     {{ASK, 72, 5}, {ASK_TURNED, 77, 5}, {ZERO, 0, 0}},
     3,
     "SNP certificates: one kind twice"},
    {"empty entry", {{VCEK, 72, 0}, {ASK, 77, 5}, {ZERO, 0, 0}}, 3, OUTSIDE},
    {"inside the list", {{VCEK, 71, 5}, {ASK, 77, 5}, {ZERO, 0, 0}}, 3, OUTSIDE},
    {"at the start", {{VCEK, 72, 5}, {ASK, 0, 5}, {ZERO, 0, 0}}, 3, OUTSIDE},
    {"over the end", {{VCEK, 72, 41}, {ASK, 77, 5}, {ZERO, 0, 0}}, 3, OUTSIDE},
    {"behind the end", {{VCEK, 113, 1}, {ASK, 77, 5}, {ZERO, 0, 0}}, 3, OUTSIDE},
    {"wrapping", {{VCEK, 80, UINT32_MAX - 79}, {ASK, 77, 5}, {ZERO, 0, 0}}, 3, OUTSIDE},
    {"huge offset", {{VCEK, UINT32_MAX, 2}, {ASK, 77, 5}, {ZERO, 0, 0}}, 3, OUTSIDE},
    {"unknown kind outside", {{CRL, 72, 41}, {ASK, 77, 5}, {ZERO, 0, 0}}, 3, OUTSIDE},
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        uint8_t table[128];
        struct kc_snp_certificates found;
        struct kc_error error = KC_ERROR_NONE;
        size_t len = make(bad[i].rows, bad[i].count, table, sizeof table);
        enum kc_err err = kc_snp_certificates_decode(kc_bytes_of(table, len), &found, &error);
        if (err != KC_ERR_MALFORMED || strcmp(error.what, bad[i].what) != 0)
            fail_msg("%s: %s, '%s'", bad[i].name, kc_error_name(err), error.what);
    }
}

static void test_limits(void **state)
{
    (void)state;
    uint8_t *table = calloc(1, KC_SNP_CERTIFICATES_MAX_SIZE + 1);
    struct kc_snp_certificates found;
    struct kc_error error = KC_ERROR_NONE;
    size_t size = KC_SNP_CERTIFICATES_MAX_SIZE;
    assert_int_equal(kc_snp_certificates_decode(kc_bytes_of(table, size), &found, NULL), KC_OK);
    assert_int_equal(kc_snp_certificates_decode(kc_bytes_of(table, size + 1), &found, &error),
                     KC_ERR_MALFORMED);
    assert_string_equal(error.what, "SNP certificates: too large");
    for (size_t count = 16; count <= 17; count++) {
        struct row rows[18];
        for (size_t i = 0; i < count; i++)
            rows[i] = (struct row){CRL, 18 * 24, 1};
        rows[count] = (struct row){ZERO, 0, 0};
        size_t len = make(rows, count + 1, table, size);
        assert_int_equal(kc_snp_certificates_decode(kc_bytes_of(table, len), &found, NULL),
                         count == 16 ? KC_OK : KC_ERR_MALFORMED);
    }
    free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
