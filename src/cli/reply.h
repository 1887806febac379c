/*
 * Requests of the transit API and what comes back: {"data": {...}}, or {"errors": ["..."]} with a
 * status of 4xx and 5xx (and the same without an envelope for some of /v1/sys).
 */
#ifndef KC_CLI_REPLY_H
#define KC_CLI_REPLY_H

#include "cli/service.h"

/* Sends it; KC_EXIT_OK when an answer came, whatever its status is, otherwise the exit status after
 * it has said why. The caller clears the answer. */
KC_MUST_USE int kc_reply_ask(const struct kc_service *service,
                             const struct kc_client_request *request,
                             struct kc_client_answer *answer);

/* KC_EXIT_OK for 2xx. Otherwise says what the service says: KC_EXIT_REFUSED, or for what may pass
 * (429, 5xx) KC_EXIT_UNJUDGED. */
KC_MUST_USE int kc_reply_check(const struct kc_service *service,
                               const struct kc_client_answer *answer);

/*
 * The string that stands in the answer under `name`, inside of "data" if `in_data`: a view, which
 * copies no secret. False where there is none, or the answer cannot be read, or the string has
 * escapes, which tokens, ciphertexts and base64 have not.
 */
KC_MUST_USE bool kc_reply_string(const struct kc_client_answer *answer, bool in_data,
                                 const char *name, struct kc_bytes *out);

/* Likewise outside of "data", with its escapes as they stand. */
KC_MUST_USE bool kc_reply_raw_string(const struct kc_client_answer *answer, const char *name,
                                     struct kc_bytes *out);

/* "the service's answer cannot be read": for answers without what they must have. */
KC_MUST_USE int kc_reply_malformed(const struct kc_service *service);

/* True for names that a path can hold as they are: letters, digits, '.', '_' and '-', at most 128,
 * and neither "." nor "..". */
bool kc_reply_is_name(const char *name);

/* {"<key>":"<text>"}, both without anything that JSON would escape, to be wiped and freed. NULL
 * without memory. */
char *kc_reply_body(const char *key, struct kc_bytes text);
void kc_reply_body_free(char *body);

#endif
