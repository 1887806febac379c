#include "ratls/subject_name.h"
#include "test.h"

static const struct {
    const char *text;
    bool good;
} host_names[] = {
    {"a", true},
    {"localhost", true},
    {"KMS.Example.ORG", true},
    {"1.2.3.example", true},
    {"xn--bcher-kva.example", true},
    {"3com", true},
    {"az-AZ.a0z9", true},
    {"a.Z", true},
    {"A", true},
    {"z", true},
    {"a.9a0", true},
    {"a@b", false},
    {"a[b", false},
    {"a`b", false},
    {"a{b", false},
    {"a/b", false},
    {"a:b", false},
    {"", false},
    {".", false},
    {"a.", false},
    {".a", false},
    {"a..b", false},
    {"-a", false},
    {"a-", false},
    {"a.-b", false},
    {"*.example.org", false},
    {"under_score", false},
    {"sp ace", false},
    {"127.0.0.1", false},
    {"1", false},
    {"b\xc3\xbc"
     "cher.example",
     false},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
};

static void test_subject_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(host_names); i++) {
        const struct kc_ratls_subject_name name = {KC_RATLS_NAME_DNS,
                                                   kc_bytes_of_text(host_names[i].text)};
        if (kc_ratls_subject_name_is_good(&name) != host_names[i].good)
            fail_msg("\"%s\"", host_names[i].text);
    }
    const struct kc_ratls_subject_name nul = {KC_RATLS_NAME_DNS, {(const uint8_t *)"a\0b", 3}};
    assert_false(kc_ratls_subject_name_is_good(&nul));
    uint8_t dns[254];
    memset(dns, 'a', sizeof dns);
    for (size_t i = 63; i < sizeof dns; i += 64)
        dns[i] = '.';
    for (size_t len = 252; len <= 254; len++) {
        const struct kc_ratls_subject_name name = {KC_RATLS_NAME_DNS, {dns, len}};
        assert_int_equal(kc_ratls_subject_name_is_good(&name), len <= 253);
    }
    static const uint8_t address[17];
    for (size_t len = 0; len <= sizeof address; len++) {
        const struct kc_ratls_subject_name name = {KC_RATLS_NAME_IP, {address, len}};
        assert_int_equal(kc_ratls_subject_name_is_good(&name), len == 4 || len == 16);
    }
    const struct kc_ratls_subject_name unknown = {(enum kc_ratls_subject_name_kind)2, {address, 4}};
    assert_false(kc_ratls_subject_name_is_good(&unknown));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_subject_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
