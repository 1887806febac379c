/*
 * The certificates that connections show: made with a quote at START, again once the service is
 * initialised, and again at half their life. Self-signed before init, then issued by the service
 * identity (default listener) and self-signed (the listener for readers of RA-TLS).
 *
 * The quote comes by way of the host: until it is there the old certificate stays; when none can be
 * had it is tried again, later and later, and LOG raises an alarm each time.
 *
 * Any thread may call; one at a time works, and what another one brings meanwhile it does too, or
 * the next TICK.
 */
#ifndef KC_CORE_CERTIFICATES_H
#define KC_CORE_CERTIFICATES_H

#include "core/effect.h"
#include "core/message.h"

struct kc_core;
struct kc_certificates;
struct kc_ratls_claims;

/* Seconds. */
#define KC_CERTIFICATES_SKEW       300 /* that they are valid before now; a quarter of a short life */
#define KC_CERTIFICATES_QUOTE_TIME 120 /* that the host has for a quote */
#define KC_CERTIFICATES_RETRY_MIN  10
#define KC_CERTIFICATES_RETRY_MAX  600

/* Bytes of effects of one call below, at most. */
#define KC_CERTIFICATES_EFFECTS_MAX 256

/* `names` are those of START (copied), `life` in seconds. KC_ERR_MALFORMED: names that are none, or
 * not 1 to 16 of them. KC_ERR_MEMORY. */
KC_MUST_USE enum kc_err kc_certificates_new(struct kc_bytes names, uint32_t life,
                                            struct kc_certificates **out);
void kc_certificates_free(struct kc_certificates *certificates); /* NULL is fine */

/* Asks for a quote over the claims as they are now, unless one is on its way; one that is on its
 * way with other claims (before init) is given up. */
void kc_certificates_renew(struct kc_core *core, struct kc_writer *effects);

/* By TICK: renews when it is time. */
void kc_certificates_tick(struct kc_core *core, struct kc_writer *effects);

/* By TARGETINFO and QUOTE, when a quote of its own is made or has failed: writes the certificates,
 * gives them to tls.h, SERVING. */
void kc_certificates_quoted(struct kc_core *core, struct kc_writer *effects);

/* What a certificate of this moment claims: kms-id and the TLS key. KC_ERR_CRYPTO. */
KC_MUST_USE enum kc_err kc_certificates_claims(const struct kc_core *core,
                                               struct kc_ratls_claims *out);

/* The evidence of the certificate in use, 60000([quote, claims]): copied, the caller frees
 * out->ptr. KC_ERR_STATE: there is none. KC_ERR_MEMORY. */
KC_MUST_USE enum kc_err kc_certificates_evidence(struct kc_core *core, struct kc_room *out);

#endif
