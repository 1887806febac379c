/*
 * The simulated Quoting Enclave: takes a REPORT that was made for it, and makes of it a quote of
 * version 3. Like Intel's it trusts nothing but the MAC, which it checks by its own report key.
 *
 * And the one for trust domains, of which there are none here: it signs whatever it is given, so
 * that verifiers and policies for TDX can be tried.
 */
#ifndef KC_SIM_QUOTING_ENCLAVE_H
#define KC_SIM_QUOTING_ENCLAVE_H

#include "base/bytes.h"
#include "formats/sgx_report.h"
#include "formats/tdx_quote.h"

struct kc_sim_state;

/* AESM's error codes that it answers with. */
#define KC_SIM_QE_OK             0u
#define KC_SIM_QE_UNEXPECTED     1u
#define KC_SIM_QE_INVALID_REPORT 47u

/* An upper bound of a quote's size. */
#define KC_SIM_QUOTE_MAX (8 * 1024)

/* For whom a report must be made. */
void kc_sim_qe_target_info(uint8_t out[KC_SGX_TARGETINFO_SIZE]);

/* The SHA-256 of the attestation key, AESM's pub_key_id. */
KC_MUST_USE bool kc_sim_qe_key_id(const struct kc_sim_state *state, uint8_t out[32]);

/* The quote to `quote`, or one of the codes above and nothing. */
KC_MUST_USE uint32_t kc_sim_qe_quote(const struct kc_sim_state *state,
                                     const uint8_t report[KC_SGX_REPORT_SIZE], struct kc_room quote,
                                     size_t *quote_len);

/* A quote of version 4 about this domain of TDX 1.0. */
KC_MUST_USE bool kc_sim_qe_td_quote(const struct kc_sim_state *state, const struct kc_td_report *td,
                                    struct kc_room quote, size_t *quote_len);

#endif
