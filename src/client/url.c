#include "client/url.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define SCHEME "https://"

/* 1 to 65535, without leading zeros: one text for one port. */
static bool is_port(const char *text)
{
    unsigned port = 0;
    size_t n = strspn(text, "0123456789");
    if (n == 0 || n > 5 || text[n] != '\0' || text[0] == '0')
        return false;
    for (size_t i = 0; i < n; i++)
        port = 10 * port + (unsigned)(text[i] - '0');
    return port <= 65535;
}

static bool is_label_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

/* Labels of 1 to 63 characters; the last not all digits, for that would be an address. */
static bool is_name(const char *host)
{
    size_t label = 0;
    bool digits = true;
    for (const char *c = host; *c != '\0'; c++) {
        if (*c == '.') {
            if (label == 0)
                return false;
            label = 0;
            digits = true;
            continue;
        }
        if (!is_label_character(*c) || ++label > 63)
            return false;
        digits = digits && *c >= '0' && *c <= '9';
    }
    return label > 0 && !digits;
}

/* Splits "host", "host:port", "[host]" or "[host]:port" in place; false where it is none. */
static bool split(char *text, char **host, char **port, bool *bracketed)
{
    char *end = NULL;
    *bracketed = text[0] == '[';
    if (*bracketed) {
        end = strchr(text, ']');
        if (end == NULL)
            return false;
        *end++ = '\0';
        text++;
    } else {
        end = text + strcspn(text, ":");
    }
    *host = text;
    *port = NULL;
    if (*end == ':')
        *port = end + 1;
    else if (*end != '\0')
        return false;
    *end = '\0';
    return true;
}

enum kc_err kc_client_url_parse(const char *text, struct kc_client_url *out, struct kc_error *error)
{
    char rest[sizeof out->authority];
    struct kc_client_url url = {0};
    struct in_addr v4;
    struct in6_addr v6;
    char *host = NULL;
    char *port = NULL;
    bool bracketed = false;
    if (strncmp(text, SCHEME, sizeof SCHEME - 1) != 0)
        return kc_error_set(error, KC_ERR_MALFORMED, "does not begin with https://", 0);
    text += sizeof SCHEME - 1;
    size_t n = strlen(text);
    if (n > 0 && text[n - 1] == '/')
        n--;
    if (n >= sizeof rest)
        return kc_error_set(error, KC_ERR_MALFORMED, "is too long", 0);
    memcpy(rest, text, n);
    rest[n] = '\0';
    if (!split(rest, &host, &port, &bracketed) || strlen(host) > KC_CLIENT_HOST_MAX ||
        strchr(rest, '/') != NULL)
        return kc_error_set(error, KC_ERR_MALFORMED, "is not https://HOST:PORT alone", 0);
    if (port != NULL && !is_port(port))
        return kc_error_set(error, KC_ERR_MALFORMED, "has no port from 1 to 65535", 0);
    url.is_address = bracketed || inet_pton(AF_INET, host, &v4) == 1;
    if (bracketed ? inet_pton(AF_INET6, host, &v6) != 1 : !url.is_address && !is_name(host))
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "names no host: a name, an IPv4 address, or an IPv6 one in brackets",
                            0);
    snprintf(url.host, sizeof url.host, "%s", host);
    snprintf(url.port, sizeof url.port, "%s", port == NULL ? "443" : port);
    snprintf(url.authority, sizeof url.authority, bracketed ? "[%s]:%s" : "%s:%s", url.host,
             url.port);
    *out = url;
    return KC_OK;
}
