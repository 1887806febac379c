/*
 * The names of a server in its leaf (RFC 5280, 4.2.1.6): host names and IP addresses.
 *
 * They come from the host's configuration and prove nothing: what a client must know of the server
 * is in the claims. They are here so that TLS clients that insist on a name find it.
 */
#ifndef KC_RATLS_SUBJECT_NAME_H
#define KC_RATLS_SUBJECT_NAME_H

#include "base/bytes.h"
#include "base/writer.h"

#define KC_RATLS_NAMES_MAX 16

enum kc_ratls_subject_name_kind {
    KC_RATLS_NAME_DNS, /* "kms.example.org": letters, digits and hyphens in labels, no wildcard */
    KC_RATLS_NAME_IP,  /* 4 or 16 bytes, network order */
};

struct kc_ratls_subject_name {
    enum kc_ratls_subject_name_kind kind;
    struct kc_bytes value;
};

/* False for a DNS name that is none (RFC 1123, 2.1: 253 characters, labels of 1 to 63, the last one
 * not all digits, for that is an address), or an address of another length. */
bool kc_ratls_subject_name_is_good(const struct kc_ratls_subject_name *name);

/* GeneralNames: one SEQUENCE of them all. */
void kc_ratls_subject_name_write_all(struct kc_writer *w, const struct kc_ratls_subject_name *names,
                                     size_t count);

#endif
