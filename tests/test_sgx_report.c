#include "formats/sgx_report.h"
#include "test.h"

/* A byte for each place, so that a field at a wrong offset shows. */
static void number(uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(i * 31 + i / 256 + 1);
}

static uint16_t u16_at(const uint8_t *p, size_t at)
{
    return (uint16_t)(p[at] | p[at + 1] << 8);
}

static uint32_t u32_at(const uint8_t *p, size_t at)
{
    return u16_at(p, at) | (uint32_t)u16_at(p, at + 2) << 16;
}

static uint64_t u64_at(const uint8_t *p, size_t at)
{
    return u32_at(p, at) | (uint64_t)u32_at(p, at + 4) << 32;
}

struct range {
    size_t at;
    size_t len;
};

static const struct range report_reserved[] = {{21, 11}, {96, 32}, {160, 32}, {262, 42}};
static const struct range targetinfo_reserved[] = {{49, 1}, {56, 8}, {128, 384}};
static const struct range keyrequest_reserved[] = {{6, 2}, {78, 434}};

static void zero(uint8_t *bytes, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        memset(bytes + ranges[i].at, 0, ranges[i].len);
}

static void test_report_offsets(void **state)
{
    (void)state;
    uint8_t in[KC_SGX_REPORT_SIZE];
    uint8_t out[KC_SGX_REPORT_SIZE];
    struct kc_sgx_report report;
    number(in, sizeof in);
    struct kc_reader r = kc_reader_of(kc_bytes_of(in, sizeof in));
    kc_sgx_report_decode(&r, &report);
    assert_true(kc_reader_done(&r));
    assert_memory_equal(report.body.cpu_svn, in, 16);
    assert_int_equal(report.body.misc_select, u32_at(in, 16));
    assert_int_equal(report.body.cet_attributes, in[20]);
    assert_memory_equal(report.body.isv_ext_prod_id, in + 32, 16);
    assert_true(report.body.attributes.flags == u64_at(in, 48));
    assert_true(report.body.attributes.xfrm == u64_at(in, 56));
    assert_memory_equal(report.body.mrenclave, in + 64, 32);
    assert_memory_equal(report.body.mrsigner, in + 128, 32);
    assert_memory_equal(report.body.config_id, in + 192, 64);
    assert_int_equal(report.body.isv_prod_id, u16_at(in, 256));
    assert_int_equal(report.body.isv_svn, u16_at(in, 258));
    assert_int_equal(report.body.config_svn, u16_at(in, 260));
    assert_memory_equal(report.body.isv_family_id, in + 304, 16);
    assert_memory_equal(report.body.report_data, in + 320, 64);
    assert_memory_equal(report.key_id, in + 384, 32);
    assert_memory_equal(report.mac, in + 416, 16);

    struct kc_writer w = kc_writer_of((struct kc_room){out, sizeof out});
    kc_sgx_report_encode(&w, &report);
    assert_int_equal(w.len, sizeof out);
    zero(in, report_reserved, COUNT_OF(report_reserved));
    assert_memory_equal(out, in, sizeof out);
}

static void test_targetinfo_offsets(void **state)
{
    (void)state;
    uint8_t in[KC_SGX_TARGETINFO_SIZE];
    uint8_t out[KC_SGX_TARGETINFO_SIZE];
    struct kc_sgx_targetinfo info;
    number(in, sizeof in);
    struct kc_reader r = kc_reader_of(kc_bytes_of(in, sizeof in));
    kc_sgx_targetinfo_decode(&r, &info);
    assert_true(kc_reader_done(&r));
    assert_memory_equal(info.mrenclave, in, 32);
    assert_true(info.attributes.flags == u64_at(in, 32));
    assert_true(info.attributes.xfrm == u64_at(in, 40));
    assert_int_equal(info.cet_attributes, in[48]);
    assert_int_equal(info.config_svn, u16_at(in, 50));
    assert_int_equal(info.misc_select, u32_at(in, 52));
    assert_memory_equal(info.config_id, in + 64, 64);

    struct kc_writer w = kc_writer_of((struct kc_room){out, sizeof out});
    kc_sgx_targetinfo_encode(&w, &info);
    assert_int_equal(w.len, sizeof out);
    zero(in, targetinfo_reserved, COUNT_OF(targetinfo_reserved));
    assert_memory_equal(out, in, sizeof out);
}

static void test_keyrequest_offsets(void **state)
{
    (void)state;
    uint8_t in[KC_SGX_KEYREQUEST_SIZE];
    uint8_t out[KC_SGX_KEYREQUEST_SIZE];
    struct kc_sgx_keyrequest request;
    number(in, sizeof in);
    struct kc_reader r = kc_reader_of(kc_bytes_of(in, sizeof in));
    kc_sgx_keyrequest_decode(&r, &request);
    assert_true(kc_reader_done(&r));
    assert_int_equal(request.key_name, u16_at(in, 0));
    assert_int_equal(request.key_policy, u16_at(in, 2));
    assert_int_equal(request.isv_svn, u16_at(in, 4));
    assert_memory_equal(request.cpu_svn, in + 8, 16);
    assert_true(request.attribute_mask.flags == u64_at(in, 24));
    assert_true(request.attribute_mask.xfrm == u64_at(in, 32));
    assert_memory_equal(request.key_id, in + 40, 32);
    assert_int_equal(request.misc_mask, u32_at(in, 72));
    assert_int_equal(request.config_svn, u16_at(in, 76));

    struct kc_writer w = kc_writer_of((struct kc_room){out, sizeof out});
    kc_sgx_keyrequest_encode(&w, &request);
    assert_int_equal(w.len, sizeof out);
    zero(in, keyrequest_reserved, COUNT_OF(keyrequest_reserved));
    assert_memory_equal(out, in, sizeof out);
}

/* One byte too few fails each reader. */
static void test_short(void **state)
{
    (void)state;
    static const uint8_t bytes[KC_SGX_TARGETINFO_SIZE];
    struct kc_sgx_report report;
    struct kc_sgx_targetinfo info;
    struct kc_sgx_keyrequest request;
    struct kc_reader r = kc_reader_of(kc_bytes_of(bytes, KC_SGX_REPORT_BODY_SIZE - 1));
    kc_sgx_report_body_decode(&r, &report.body);
    assert_true(kc_reader_failed(&r));
    r = kc_reader_of(kc_bytes_of(bytes, KC_SGX_REPORT_SIZE - 1));
    kc_sgx_report_decode(&r, &report);
    assert_true(kc_reader_failed(&r));
    r = kc_reader_of(kc_bytes_of(bytes, KC_SGX_TARGETINFO_SIZE - 1));
    kc_sgx_targetinfo_decode(&r, &info);
    assert_true(kc_reader_failed(&r));
    r = kc_reader_of(kc_bytes_of(bytes, KC_SGX_KEYREQUEST_SIZE - 1));
    kc_sgx_keyrequest_decode(&r, &request);
    assert_true(kc_reader_failed(&r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_report_offsets),
        cmocka_unit_test(test_targetinfo_offsets),
        cmocka_unit_test(test_keyrequest_offsets),
        cmocka_unit_test(test_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
