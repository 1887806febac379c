/*
 * Collateral as a user has it: a folder of files (kc_bundle_file_name), one bundle of them
 * (collateral/bundle.h), or Open Enclave's endorsements. Any piece may be missing: what that means
 * is the judgement's to say.
 */
#ifndef KC_CLI_COLLATERAL_H
#define KC_CLI_COLLATERAL_H

#include "collateral/bundle.h"

struct kc_cli_collateral {
    struct kc_collateral_pieces pieces; /* views into the bundle */
    struct kc_amd_pieces amd;
    struct kc_bundle bundle; /* owned */
};

/* KC_EXIT_OK with `*out`, or the exit status after it has said what is wrong: KC_EXIT_UNJUDGED,
 * for a damaged bundle KC_EXIT_INVALID. `option` is named in words: "--collateral", or "". */
KC_MUST_USE int kc_cli_collateral_load(const char *option, const char *path,
                                       struct kc_cli_collateral **out);

/* Takes over the bundle. NULL without memory: then it is cleared. */
struct kc_cli_collateral *kc_cli_collateral_of(struct kc_bundle *bundle);

/* Writes a bundle, or into a folder its files. KC_EXIT_OK or KC_EXIT_REFUSED. */
KC_MUST_USE int kc_cli_collateral_write(const char *path, const struct kc_bundle *bundle);

void kc_cli_collateral_free(struct kc_cli_collateral *collateral);

#endif
