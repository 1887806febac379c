/*
 * Quotes over claims of kms-ratls/1 that the core itself wants: for its certificate, and for fresh
 * evidence of one connection. The one place that asks for them; the table of requests.h, the checks
 * of attestation.h.
 *
 * Quotes are dear (the Quoting Enclave makes them one by one), so they are shared out: one for a
 * connection a minute, and a quarter of the places is kept for those who have shown a good token.
 * The certificate's own does not count.
 */
#ifndef KC_CORE_QUOTES_H
#define KC_CORE_QUOTES_H

#include "core/effect.h"

struct kc_core;
struct kc_request;

enum kc_quote_for {
    KC_QUOTE_CERTIFICATE,
    KC_QUOTE_CONNECTION, /* of one that has shown no token */
    KC_QUOTE_AUTHENTICATED,
};

enum kc_quote_state {
    KC_QUOTE_WAITS,
    KC_QUOTE_MADE,
    KC_QUOTE_FAILED,
};

/*
 * Begins: TARGET_WANTED with an id of the enclave's own. report_data = SHA-256(claims), 32 zeros.
 * When it is made or has failed, `conn` gets RESUME_WANTED (0: nobody; certificates.h goes on by
 * itself). KC_ERR_ROOM: no place, say 503; KC_ERR_CRYPTO; those of kc_ratls_claims_decode() for
 * claims that are none. How often a connection may ask is the caller's to see to (exchange.h).
 */
KC_MUST_USE enum kc_err kc_quotes_begin(struct kc_core *core, enum kc_quote_for purpose,
                                        uint64_t conn, struct kc_bytes claims,
                                        struct kc_writer *effects, uint64_t *id);

/* How it stands. Once it is made or failed the place is free again: `quote` is then the caller's
 * (frees its ptr), or `failure` says why. KC_QUOTE_FAILED for an id that is not there. */
KC_MUST_USE enum kc_quote_state kc_quotes_poll(struct kc_core *core, uint64_t id,
                                               struct kc_room *quote, enum kc_failure *failure);

/* Nobody waits any more. */
void kc_quotes_abandon(struct kc_core *core, uint64_t id);

/*
 * By TARGETINFO and QUOTE, for a request of the core's own that this thread works on: how it ended.
 * The result stays in its place, for the session of its connection may be another thread's now; an
 * effect tells who waits. FAILED goes to the host beside it, for its log.
 */
void kc_quotes_conclude(struct kc_core *core, struct kc_request *request, struct kc_bytes quote,
                        enum kc_failure failure, uint32_t detail, struct kc_writer *effects);

#endif
