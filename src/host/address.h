/*
 * Addresses to listen at, as text: "127.0.0.1:8200", "[::1]:8200". Numbers only: nothing is looked
 * up, so that a server listens where its configuration says and nowhere else.
 */
#ifndef KC_HOST_ADDRESS_H
#define KC_HOST_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "base/bytes.h"

#define KC_ADDRESS_TEXT_SIZE 64

struct kc_address {
    struct sockaddr_storage storage;
    socklen_t len;
};

/* False for anything else. Port 0: any that is free. */
bool kc_address_parse(const char *text, struct kc_address *out);

void kc_address_format(const struct kc_address *address, char out[KC_ADDRESS_TEXT_SIZE]);

void kc_address_set_port(struct kc_address *address, in_port_t port);

/* The bytes of the IP address, 4 or 16. */
struct kc_bytes kc_address_ip(const struct kc_address *address);

/* Whether it stands for every address of the machine. */
bool kc_address_is_any(const struct kc_address *address);

/* A listening socket that does not block; -1 with errno. `bound` has the port then. */
int kc_address_listen(const struct kc_address *address, struct kc_address *bound);

#endif
