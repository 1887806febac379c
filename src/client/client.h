/*
 * The client of include/keyclave/client.h, and what programs of this tree may give it beyond that:
 * things that they have read and judged themselves.
 */
#ifndef KC_CLIENT_CLIENT_H
#define KC_CLIENT_CLIENT_H

#include "client/attest.h"

/* Copied. */
void kc_client_use_policy(struct kc_client *client, const struct kc_policy *policy);
void kc_client_use_root(struct kc_client *client, const uint8_t root_key[64]);

/* Borrowed, as long as the client lives; NULL: none. */
void kc_client_use_collateral(struct kc_client *client,
                              const struct kc_collateral_pieces *collateral);

/*
 * In place of collateral that is known before: asked for at each connection, once the evidence is
 * there. What it gives must be good until the next call. NULL: none.
 */
void kc_client_use_collateral_source(struct kc_client *client, kc_client_collateral_source *source,
                                     void *context);

/* Of the last connection that was tried; of no check made before that. */
const struct kc_client_report *kc_client_report_of(const struct kc_client *client);

#endif
