/*
 * The extensions of a certificate (RFC 5280, 4.2): those of Intel's profile and the two that TLS
 * certificates add are read, others are noted when critical.
 */
#ifndef KC_FORMATS_CERTIFICATE_EXTENSIONS_H
#define KC_FORMATS_CERTIFICATE_EXTENSIONS_H

#include "formats/certificate.h"
#include "formats/der.h"

#define KC_CERTIFICATE_EXTENSIONS_MAX 32

/* Content octets of Intel's SGX extension, 1.2.840.113741.1.13.1. */
extern const uint8_t kc_certificate_oid_sgx[9];

struct kc_certificate_extension {
    struct kc_bytes oid;
    bool critical;
    struct kc_bytes value; /* content of extnValue */
    size_t value_at;       /* its offset */
};

/* Reads one Extension; fails by the reader's sticky error. */
void kc_certificate_extension_read(struct kc_reader *r, struct kc_certificate_extension *out);

/*
 * Reads `extensions`, the content of the SEQUENCE OF Extension, and fills the fields of `out` that
 * come from it. Fails by the reader's sticky error: an extension that stands twice, one that is
 * read and breaks its syntax, one that limits what a certificate is good for and is not judged
 * here (name constraints, proxy certificates, address blocks, Netscape's type).
 */
void kc_certificate_extensions_read(struct kc_reader *extensions, struct kc_certificate *out);

#endif
