/*
 * The certificates that connections show: made with a quote at START, again once the service is
 * initialised, and again at half their life. Self-signed before init, then issued by the service
 * identity (default listener) and self-signed (the listener for readers of RA-TLS).
 *
 * The quote comes by way of the host: until it is there the old certificate stays; when none can be
 * had it is tried again, later and later, and LOG raises an alarm each time.
 */
#ifndef KC_CORE_CERTIFICATES_H
#define KC_CORE_CERTIFICATES_H

#include "core/effect.h"
#include "core/message.h"

struct kc_core;
struct kc_certificates;

/* `names` are those of START (copied), `life` in seconds. KC_ERR_MALFORMED: names that are none. */
KC_MUST_USE enum kc_err kc_certificates_new(struct kc_bytes names, uint32_t life,
                                            struct kc_certificates **out);
void kc_certificates_free(struct kc_certificates *certificates); /* NULL is fine */

/* Asks for a quote over the claims as they are now, unless one is on its way; one that is on its
 * way with other claims (before init) is given up. */
void kc_certificates_renew(struct kc_core *core, struct kc_writer *effects);

/* By TICK: renews when it is time. */
void kc_certificates_tick(struct kc_core *core, struct kc_writer *effects);

/* By QUOTE, when a quote of its own is made or has failed: writes the certificates, gives them to
 * tls.h, SERVING. */
void kc_certificates_quoted(struct kc_core *core, struct kc_writer *effects);

/* The evidence of the certificate in use, 60000([quote, claims]): copied, the caller frees
 * out->ptr. KC_ERR_STATE: there is none. */
KC_MUST_USE enum kc_err kc_certificates_evidence(struct kc_core *core, struct kc_room *out);

#endif
