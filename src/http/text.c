#include "http/text.h"

#include <string.h>

bool kc_http_text_is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static bool is_alphanumeric(uint8_t c)
{
    return kc_http_text_is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
}

static bool is_hex(uint8_t c)
{
    return kc_http_text_is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
}

/* Letters, digits and `others`; NUL is none of them. */
static bool consists_of(struct kc_bytes text, const char *others)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if (!is_alphanumeric(c) && (c == 0 || strchr(others, c) == NULL))
            return false;
    }
    return text.len > 0;
}

bool kc_http_text_is_token(struct kc_bytes text)
{
    return consists_of(text, "!#$%&'*+-.^_`|~");
}

bool kc_http_text_is_value(struct kc_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        bool at_end = i == 0 || i + 1 == text.len;
        if (c != '\t' && (c < 0x20 || c > 0x7e))
            return false;
        if (at_end && (c == ' ' || c == '\t'))
            return false;
    }
    return true;
}

bool kc_http_text_is_host(struct kc_bytes text)
{
    return consists_of(text, ".-_:[]");
}

bool kc_http_text_is_target(struct kc_bytes text)
{
    /* unreserved, sub-delims, and the other characters of pchar, path and query: no fragment. */
    if (text.len == 0 || text.ptr[0] != '/' || !consists_of(text, "-._~!$&'()*+,;=:@/?%"))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '%' &&
            (text.len - i < 3 || !is_hex(text.ptr[i + 1]) || !is_hex(text.ptr[i + 2])))
            return false;
    }
    return true;
}

bool kc_http_text_equal_no_case(struct kc_bytes a, struct kc_bytes b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    }
    return true;
}
