/*
 * What the routes share: reading the fields of a request's body, and writing answers. Vault's and
 * OpenBao's conventions: unknown fields are ignored, null is absent, numbers and booleans may come
 * as strings; answers stand in an envelope.
 *
 * `what` is always a literal that names the field and says what it must be; the client reads it.
 */
#ifndef KC_CORE_API_JSON_H
#define KC_CORE_API_JSON_H

#include "core/exchange.h"
#include "formats/json.h"

/* --- requests --- */

/* Reads the body: an object of these members, `null`, or nothing at all. False when it is none; the
 * exchange is then refused with 400. */
KC_MUST_USE bool kc_api_read(struct kc_exchange *x, const struct kc_json_member *members,
                             size_t count, void *out);

/* Readers for members. True when null stands there; it is then read. */
KC_MUST_USE bool kc_api_null(struct kc_json *j);
/* true, false, 1, 0, as they are or as strings; null and the empty string are false. */
bool kc_api_bool(struct kc_json *j, const char *what);
/* A whole number up to `max`, or one as a string; null and the empty string are 0. */
uint64_t kc_api_number(struct kc_json *j, uint64_t max, const char *what);
/* Any value that is not null, false, 0, an empty string, list or object fails with `what`: for
 * what would change security and is not to be had here. */
void kc_api_refuse_set(struct kc_json *j, const char *what);

/* The name in the route's path as the id of a KEY record. False, and refused with 400, when it
 * cannot be one. */
KC_MUST_USE bool kc_api_key_id(struct kc_exchange *x, struct kc_record_id *out);

/* A whole number of the query, 0 where it is absent. False, and refused with 400 and `what`, when
 * it is none. */
KC_MUST_USE bool kc_api_query_number(struct kc_exchange *x, const char *name, uint64_t max,
                                     const char *what, uint64_t *out);

/* The core's clock. */
uint64_t kc_api_now(struct kc_core *core);

/* --- answers --- */

/* A writer over `size` bytes of answer; without memory the exchange is refused with 500 and the
 * writer fails. kc_api_answered() ends it: JSON, with this status. */
struct kc_writer kc_api_answer(struct kc_exchange *x, size_t size);
void kc_api_answered(struct kc_exchange *x, const struct kc_writer *w, unsigned status);

/* Bytes that the envelope takes, warnings not counted. */
#define KC_API_ENVELOPE_MAX 256
#define KC_API_UUID_SIZE    16

/* {"request_id": ..., "data": and what follows it. `random` becomes the request's id. */
void kc_api_open(struct kc_writer *w, const uint8_t random[KC_API_UUID_SIZE]);
/* `warning`: a literal, or NULL. */
void kc_api_close(struct kc_writer *w, const char *warning);

void kc_api_text(struct kc_writer *w, const char *json);        /* as it is */
void kc_api_string(struct kc_writer *w, struct kc_bytes text);  /* ASCII; quoted, escaped */
void kc_api_base64(struct kc_writer *w, struct kc_bytes bytes); /* not quoted */
void kc_api_hex(struct kc_writer *w, struct kc_bytes bytes);    /* quoted */
void kc_api_decimal(struct kc_writer *w, uint64_t number);

#endif
