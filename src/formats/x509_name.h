/*
 * X.500 names and the GeneralNames that hold them (RFC 5280, 4.1.2.4 and 4.2.1.6), as far as
 * certificates of attestation use them: one attribute in each RDN, values that are
 * PrintableString, UTF8String or IA5String and are what their tag says.
 *
 * Both fail by the reader's sticky error.
 */
#ifndef KC_FORMATS_X509_NAME_H
#define KC_FORMATS_X509_NAME_H

#include "formats/der.h"

/* A Name, tag and length included. `common_name` gets the value of its commonName, empty when
 * there is none; a second one is an error. */
struct kc_bytes kc_x509_name_read(struct kc_reader *r, struct kc_bytes *common_name);

/* The content of GeneralNames, at least one: e-mail, DNS, directory name, URI and IP address (4 or
 * 16 octets). Uses up `r`. */
void kc_x509_general_names_check(struct kc_reader *r);

#endif
