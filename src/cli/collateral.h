/*
 * Collateral as a file of Open Enclave endorsements, or a folder of files: tcb_info.json,
 * tcb_chain.pem, qe_identity.json, qe_chain.pem, root_ca_crl.der, pck_crl.der, pck_crl_chain.pem,
 * pck_chain.pem; for SEV-SNP vek.der, ask_ark.pem, auxblob. Any may be missing: what that means is
 * the judgement's to say.
 */
#ifndef KC_CLI_COLLATERAL_H
#define KC_CLI_COLLATERAL_H

#include "verify/amd_pieces.h"
#include "verify/collateral.h"

#define KC_CLI_COLLATERAL_FILES 11

struct kc_cli_collateral {
    struct kc_collateral_pieces pieces;
    struct kc_amd_pieces amd;
    struct kc_room file[KC_CLI_COLLATERAL_FILES]; /* owned */
};

/* KC_EXIT_OK with `*out`, or the exit status after it has said what is wrong. */
KC_MUST_USE int kc_cli_collateral_load(const char *folder, struct kc_cli_collateral **out);
void kc_cli_collateral_free(struct kc_cli_collateral *collateral);

#endif
