/*
 * The functions behind the HTTP API (docs/protocol.md). Each pair plan and compute is one row of
 * the table in route.c; route.h says what they may do.
 *
 * A plan has judged every byte of the request before anything is fetched: after it, what can still
 * go wrong lies in records, in the store, or in the machine.
 */
#ifndef KC_CORE_API_H
#define KC_CORE_API_H

#include "core/route.h"

/* api_sys.c */
void kc_api_health_plan(struct kc_exchange *x);
void kc_api_seal_status_plan(struct kc_exchange *x);
void kc_api_init_status_plan(struct kc_exchange *x);

/* api_init.c */
void kc_api_init_plan(struct kc_exchange *x);
void kc_api_init_compute(struct kc_exchange *x);

/* api_attest.c */
void kc_api_evidence_read_plan(struct kc_exchange *x);
void kc_api_evidence_make_plan(struct kc_exchange *x);
void kc_api_evidence_make_compute(struct kc_exchange *x);

/* api_transit.c */
void kc_api_key_list_plan(struct kc_exchange *x);
void kc_api_key_list_compute(struct kc_exchange *x);
void kc_api_key_read_plan(struct kc_exchange *x);
void kc_api_key_read_compute(struct kc_exchange *x);
void kc_api_key_create_plan(struct kc_exchange *x);
void kc_api_key_create_compute(struct kc_exchange *x);

/* api_crypt.c */
void kc_api_encrypt_plan(struct kc_exchange *x);
void kc_api_encrypt_compute(struct kc_exchange *x);
void kc_api_decrypt_plan(struct kc_exchange *x);
void kc_api_decrypt_compute(struct kc_exchange *x);
void kc_api_crypt_forget(struct kc_exchange *x);

/* api_generate.c */
void kc_api_generate_aes_plan(struct kc_exchange *x);
void kc_api_generate_rsa_plan(struct kc_exchange *x);
void kc_api_generate_rsa_compute(struct kc_exchange *x);

#endif
