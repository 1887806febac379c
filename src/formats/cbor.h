/*
 * CBOR (RFC 8949), the subset that claims maps and tagged evidence need, deterministic encoding
 * alone (section 4.2.1): unsigned integers, byte strings, text strings, arrays, maps, tags;
 * definite and shortest lengths.
 */
#ifndef KC_FORMATS_CBOR_H
#define KC_FORMATS_CBOR_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/reader.h"
#include "base/writer.h"

/* Each reads one item head (and body for strings); the reader's sticky error says what failed. */
uint64_t kc_cbor_read_uint(struct kc_reader *r);
struct kc_bytes kc_cbor_read_bytes(struct kc_reader *r);
struct kc_bytes kc_cbor_read_text(struct kc_reader *r); /* must be UTF-8 */
uint64_t kc_cbor_read_array(struct kc_reader *r);       /* number of items that follow */
uint64_t kc_cbor_read_map(struct kc_reader *r);         /* number of pairs that follow */
uint64_t kc_cbor_read_tag(struct kc_reader *r);

void kc_cbor_write_uint(struct kc_writer *w, uint64_t value);
void kc_cbor_write_bytes(struct kc_writer *w, struct kc_bytes bytes);
void kc_cbor_write_text(struct kc_writer *w, struct kc_bytes text);
void kc_cbor_write_array(struct kc_writer *w, uint64_t count);
void kc_cbor_write_map(struct kc_writer *w, uint64_t pairs);
void kc_cbor_write_tag(struct kc_writer *w, uint64_t tag);

#endif
