/*
 * Reads DER (X.690) strictly, over a kc_reader: one-octet tags, definite and shortest lengths, the
 * one encoding of each value. Failure is the reader's sticky one, and `at` then names the octet.
 *
 * Nothing here allocates; recursion happens in kc_der_any alone and is bounded there.
 */
#ifndef KC_FORMATS_DER_H
#define KC_FORMATS_DER_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/reader.h"

#define KC_DER_BOOLEAN          0x01
#define KC_DER_INTEGER          0x02
#define KC_DER_BIT_STRING       0x03
#define KC_DER_OCTET_STRING     0x04
#define KC_DER_NULL             0x05
#define KC_DER_OID              0x06
#define KC_DER_ENUMERATED       0x0a
#define KC_DER_UTF8_STRING      0x0c
#define KC_DER_PRINTABLE_STRING 0x13
#define KC_DER_IA5_STRING       0x16
#define KC_DER_UTC_TIME         0x17
#define KC_DER_GENERALIZED_TIME 0x18
#define KC_DER_SEQUENCE         0x30
#define KC_DER_SET              0x31
/* Context-specific [n], primitive and constructed. */
#define KC_DER_CONTEXT(n)             (0x80 | (n))
#define KC_DER_CONTEXT_CONSTRUCTED(n) (0xa0 | (n))

/* The tag that comes next; 0, which no element has, at the end or after a failure. */
uint8_t kc_der_peek(const struct kc_reader *r);

/* The content of the next element, which must bear `tag`, as a reader of its own or as bytes. */
struct kc_reader kc_der_enter(struct kc_reader *r, uint8_t tag);
struct kc_bytes kc_der_content(struct kc_reader *r, uint8_t tag);

/* Ends a reader made by kc_der_enter: unless it is used up without failure, `r` fails at its
 * place. */
void kc_der_leave(struct kc_reader *r, const struct kc_reader *inner);

/* The next element, tag and length included; its content is not looked at. */
struct kc_bytes kc_der_element(struct kc_reader *r, uint8_t tag);

/* Likewise of any tag, with every element in it well formed, 16 levels deep at most. */
struct kc_bytes kc_der_any(struct kc_reader *r);

bool kc_der_boolean(struct kc_reader *r);

/* The content octets of an INTEGER: shortest two's complement. */
struct kc_bytes kc_der_integer(struct kc_reader *r);

/* An INTEGER or ENUMERATED of 0 to `max`. */
uint32_t kc_der_uint(struct kc_reader *r, uint8_t tag, uint32_t max);

/* A non-negative INTEGER of at most `size` octets (leading zero apart), big endian, padded in
 * front with zeros. */
void kc_der_big_uint(struct kc_reader *r, uint8_t *out, size_t size);

/* The content octets of an OBJECT IDENTIFIER: whole subidentifiers in their shortest form. */
struct kc_bytes kc_der_oid(struct kc_reader *r);

/* A BIT STRING whose bits fill octets. */
struct kc_bytes kc_der_octet_aligned_bits(struct kc_reader *r);

/* A BIT STRING of named bits (X.690, 11.2.2: the last bit is one), 1 to 32 of them; the first is
 * the lowest. */
uint32_t kc_der_named_bits(struct kc_reader *r);

/* Copies an OCTET STRING of exactly `n` octets; zeros on failure. */
void kc_der_octets(struct kc_reader *r, void *out, size_t n);

/* UTCTime or GeneralizedTime, both with seconds and Z, in seconds since 1970. RFC 5280 (4.1.2.5)
 * wants UTCTime up to 2049; Intel's own attested-TLS certificates have GeneralizedTime of 2021. */
int64_t kc_der_time(struct kc_reader *r);

#endif
