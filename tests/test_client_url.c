/* Where a service is, and what is no such place. */
#include "client/url.h"
#include "test.h"

static const struct {
    const char *text;
    const char *want; /* "host port authority", or the reason */
} rows[] = {
    {"https://127.0.0.1:8200", "127.0.0.1 8200 127.0.0.1:8200"},
    {"https://127.0.0.1:8200/", "127.0.0.1 8200 127.0.0.1:8200"},
    {"https://kms.example.org", "kms.example.org 443 kms.example.org:443"},
    {"https://kms", "kms 443 kms:443"},
    {"https://k-m_s.a1:1", "k-m_s.a1 1 k-m_s.a1:1"},
    {"https://[::1]:8200", "::1 8200 [::1]:8200"},
    {"https://[2001:db8::1]", "2001:db8::1 443 [2001:db8::1]:443"},
    {"https://a:65535", "a 65535 a:65535"},

    {"", "does not begin with https://"},
    {"127.0.0.1:8200", "does not begin with https://"},
    {"http://127.0.0.1:8200", "does not begin with https://"},
    {"HTTPS://127.0.0.1", "does not begin with https://"},
    {"https://", "names no host: a name, an IPv4 address, or an IPv6 one in brackets"},
    {"https:///", "names no host: a name, an IPv4 address, or an IPv6 one in brackets"},
    {"https://:8200", "names no host: a name, an IPv4 address, or an IPv6 one in brackets"},
    {"https://a:", "has no port from 1 to 65535"},
    {"https://a:0", "has no port from 1 to 65535"},
    {"https://a:080", "has no port from 1 to 65535"},
    {"https://a:65536", "has no port from 1 to 65535"},
    {"https://a:100000", "has no port from 1 to 65535"},
    {"https://a:1:2", "has no port from 1 to 65535"},
    {"https://a:1x", "has no port from 1 to 65535"},
    {"https://a//", "is not https://HOST:PORT alone"},
    {"https://a/v1", "is not https://HOST:PORT alone"},
    {"https://a?b", "names no host: a name, an IPv4 address, or an IPv6 one in brackets"},
    {"https://a#b", "names no host: a name, an IPv4 address, or an IPv6 one in brackets"},
    {"https://user@a", "names no host: a name, an IPv4 address, or an IPv6 one in brackets"},
    {"https://a b", "names no host: a name, an IPv4 address, or an IPv6 one in brackets"},
    {"https://a\r\n", "names no host: a name, an IPv4 address, or an IPv6 one in brackets"},
    {"https://a..b", "names no host: a name, an IPv4 address, or an IPv6 one in brackets"},
    {"https://a.", "names no host: a name, an IPv4 address, or an IPv6 one in brackets"},
    {"https://1.2.3", "names no host: a name, an IPv4 address, or an IPv6 one in brackets"},
    {"https://1.2.3.256", "names no host: a name, an IPv4 address, or an IPv6 one in brackets"},
    {"https://::1", "has no port from 1 to 65535"},
    {"https://[::1", "is not https://HOST:PORT alone"},
    {"https://[::1]x", "is not https://HOST:PORT alone"},
    {"https://[127.0.0.1]", "names no host: a name, an IPv4 address, or an IPv6 one in brackets"},
    {"https://[fe80::1%lo]", "names no host: a name, an IPv4 address, or an IPv6 one in brackets"},
};

static void reads_one_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kc_client_url url;
        struct kc_error error = KC_ERROR_NONE;
        char got[600];
        if (kc_client_url_parse(rows[i].text, &url, &error) == KC_OK)
            snprintf(got, sizeof got, "%s %s %s", url.host, url.port, url.authority);
        else
            snprintf(got, sizeof got, "%s", error.what);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("'%s' gives '%s'", rows[i].text, got);
    }
}

static void refuses_long_names(void **state)
{
    (void)state;
    struct kc_client_url url;
    char text[400];
    static const size_t lengths[] = {253, 254, 262, 263, 380};
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        memset(text, 'a', sizeof text);
        memcpy(text, "https://", 8);
        for (size_t j = 8 + 60; j < sizeof text; j += 61)
            text[j] = '.';
        text[8 + lengths[i]] = '\0';
        assert_int_equal(kc_client_url_parse(text, &url, NULL),
                         lengths[i] <= 253 ? KC_OK : KC_ERR_MALFORMED);
    }
    memset(text + 8, 'a', 64);
    text[8 + 63] = '\0';
    assert_int_equal(kc_client_url_parse(text, &url, NULL), KC_OK);
    text[8 + 63] = 'a';
    text[8 + 64] = '\0';
    assert_int_equal(kc_client_url_parse(text, &url, NULL), KC_ERR_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_one_form),
        cmocka_unit_test(refuses_long_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
