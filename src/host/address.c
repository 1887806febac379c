#include "host/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG 1024 /* the system's own limit may be less */

static const struct sockaddr_in *as_v4(const struct kc_address *address)
{
    return (const struct sockaddr_in *)&address->storage;
}

static const struct sockaddr_in6 *as_v6(const struct kc_address *address)
{
    return (const struct sockaddr_in6 *)&address->storage;
}

/* Digits only, no sign and no space. */
static bool parse_port(const char *text, in_port_t *out)
{
    unsigned long port = 0;
    size_t len = strlen(text);
    if (len == 0 || len > 5 || strspn(text, "0123456789") != len)
        return false;
    port = strtoul(text, NULL, 10);
    *out = htons((uint16_t)port);
    return port <= UINT16_MAX;
}

bool kc_address_parse(const char *text, struct kc_address *out)
{
    char host[KC_ADDRESS_TEXT_SIZE];
    const char *colon = strrchr(text, ':');
    in_port_t port = 0;
    if (colon == NULL || !parse_port(colon + 1, &port))
        return false;
    size_t len = (size_t)(colon - text);
    bool v6 = len > 2 && text[0] == '[' && text[len - 1] == ']';
    if (v6) {
        text++;
        len -= 2;
    }
    if (len >= sizeof host)
        return false;
    memcpy(host, text, len);
    host[len] = '\0';
    memset(out, 0, sizeof *out);
    if (v6) {
        struct sockaddr_in6 *a = (struct sockaddr_in6 *)&out->storage;
        *a = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = port};
        out->len = sizeof *a;
        return inet_pton(AF_INET6, host, &a->sin6_addr) == 1;
    }
    struct sockaddr_in *a = (struct sockaddr_in *)&out->storage;
    *a = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = port};
    out->len = sizeof *a;
    return inet_pton(AF_INET, host, &a->sin_addr) == 1;
}

void kc_address_format(const struct kc_address *address, char out[KC_ADDRESS_TEXT_SIZE])
{
    char host[INET6_ADDRSTRLEN] = "";
    if (address->storage.ss_family == AF_INET6) {
        inet_ntop(AF_INET6, &as_v6(address)->sin6_addr, host, sizeof host);
        snprintf(out, KC_ADDRESS_TEXT_SIZE, "[%s]:%u", host, ntohs(as_v6(address)->sin6_port));
    } else {
        inet_ntop(AF_INET, &as_v4(address)->sin_addr, host, sizeof host);
        snprintf(out, KC_ADDRESS_TEXT_SIZE, "%s:%u", host, ntohs(as_v4(address)->sin_port));
    }
}

void kc_address_set_port(struct kc_address *address, in_port_t port)
{
    if (address->storage.ss_family == AF_INET6)
        ((struct sockaddr_in6 *)&address->storage)->sin6_port = htons(port);
    else
        ((struct sockaddr_in *)&address->storage)->sin_port = htons(port);
}

struct kc_bytes kc_address_ip(const struct kc_address *address)
{
    if (address->storage.ss_family == AF_INET6)
        return kc_bytes_of(&as_v6(address)->sin6_addr, sizeof as_v6(address)->sin6_addr);
    return kc_bytes_of(&as_v4(address)->sin_addr, sizeof as_v4(address)->sin_addr);
}

bool kc_address_is_any(const struct kc_address *address)
{
    return kc_bytes_are_zero(kc_address_ip(address));
}

int kc_address_listen(const struct kc_address *address, struct kc_address *bound)
{
    const int on = 1;
    int fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    bound->len = sizeof bound->storage;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, (const struct sockaddr *)&address->storage, address->len) == 0 &&
        listen(fd, BACKLOG) == 0 &&
        getsockname(fd, (struct sockaddr *)&bound->storage, &bound->len) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}
