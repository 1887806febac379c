/*
 * Whether the certificates of a connection agree with its evidence. The evidence alone proves the
 * peer; this is for clients that know no more than certificates, who must not be led elsewhere.
 */
#ifndef KC_CLIENT_LEAF_H
#define KC_CLIENT_LEAF_H

#include "client/report.h"
#include "client/tls.h"

/*
 * Notes check (l) in the report, and the leaf's dates and the service identity's certificate where
 * they are shown. Holds for a leaf on P-256 that is self-signed and alone; issued by the service
 * identity with this kms-id, whose certificate follows it and nothing more; or alone and naming
 * that kms-id as its issuer's key. Its dates are told and not judged: fresh evidence is younger.
 */
void kc_client_leaf_check(const struct kc_client_tls *tls, const uint8_t kms_id[KC_RATLS_HASH_SIZE],
                          struct kc_client_report *report);

#endif
