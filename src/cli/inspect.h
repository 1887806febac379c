/* What `keyclave inspect` shows of each part of evidence, added to a tree. Nothing is judged. */
#ifndef KC_CLI_INSPECT_H
#define KC_CLI_INSPECT_H

#include "cli/tree.h"
#include "formats/certificate.h"
#include "formats/evidence.h"
#include "formats/oe_endorsements.h"
#include "formats/quote.h"
#include "formats/snp_report.h"

/* How the evidence is wrapped, and what the wrapping says. */
void kc_inspect_wrapping(struct kc_tree *tree, const struct kc_evidence *evidence);

/* Open Enclave's custom claims, the claims map of a certificate, held data. */
void kc_inspect_claims(struct kc_tree *tree, const struct kc_evidence *evidence);

/* A decoded quote with everything in it. */
void kc_inspect_quote(struct kc_tree *tree, const struct kc_quote *quote);

/* An SEV-SNP report, its wrapping and the certificates beside it. */
void kc_inspect_snp(struct kc_tree *tree, const struct kc_evidence *evidence,
                    const struct kc_snp_report *report);

/* Open Enclave's endorsements: collateral, piece by piece. */
void kc_inspect_endorsements(struct kc_tree *tree, const struct kc_oe_endorsements *endorsements);

/* The fields of a TDX report, added to `section`. */
void kc_inspect_td_report(struct kc_tree *tree, json_t *section, const struct kc_td_report *td,
                          bool is_15);

/* The fields of a report's body, added to `section`. */
void kc_inspect_report_body(struct kc_tree *tree, json_t *section,
                            const struct kc_sgx_report_body *body);

/* A PEM chain, certificate by certificate, as far as it can be read. */
void kc_inspect_chain(struct kc_tree *tree, json_t *parent, struct kc_bytes pem);

/* The fields of a certificate, added to `section`. */
void kc_inspect_certificate(struct kc_tree *tree, json_t *section,
                            const struct kc_certificate *certificate);

#endif
