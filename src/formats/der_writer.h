/*
 * Writes DER (X.690) into a kc_writer: the mirror of der.h. Failure is the writer's sticky one.
 *
 *   size_t list = kc_der_writer_begin(w, KC_DER_SEQUENCE);
 *   ... its elements ...
 *   kc_der_writer_end(w, list);
 *
 * A length is written when its element ends, in the shortest form: what was written is moved by the
 * one to three octets that it needs, so views into an open element do not survive its end.
 */
#ifndef KC_FORMATS_DER_WRITER_H
#define KC_FORMATS_DER_WRITER_H

#include "base/bytes.h"
#include "base/writer.h"
#include "formats/der.h"

/* Begins an element, constructed or not; kc_der_writer_end() wants what it returns, inner elements
 * first. The content is 16 MiB at most, as for the reader. */
size_t kc_der_writer_begin(struct kc_writer *w, uint8_t tag);
void kc_der_writer_end(struct kc_writer *w, size_t begun);

/* A whole element whose content octets are given: OCTET STRING, OBJECT IDENTIFIER, text. */
void kc_der_writer_element(struct kc_writer *w, uint8_t tag, struct kc_bytes content);

void kc_der_writer_true(struct kc_writer *w);

/* A non-negative INTEGER from its big endian octets, leading zeros allowed; none are 0. */
void kc_der_writer_big_uint(struct kc_writer *w, struct kc_bytes octets);

/* A BIT STRING; the lowest `unused` (0 to 7) bits of the last octet are no part of it and zero. */
void kc_der_writer_bits(struct kc_writer *w, struct kc_bytes octets, uint8_t unused);

/* Seconds since 1970 as certificates want them (RFC 5280, 4.1.2.5): UTCTime in the years 1950 to
 * 2049, GeneralizedTime before and after. The writer fails outside the years 1 to 9999. */
void kc_der_writer_time(struct kc_writer *w, int64_t seconds);

#endif
