/*
 * A store of trust: roots, collateral that was decoded and verified once, and what earlier
 * judgements found to be true for ever: decoded PCK chains that hold, signatures, AMD chains.
 *
 * What is remembered saves work and decides nothing: dates, revocation, TCB and policy are judged
 * anew at each use, by the newest collateral. Nothing is remembered of evidence whose chain does
 * not end in a trusted root. Pure: no I/O, no clock. Bounded by the numbers below; what was not
 * used for long makes room. Finding what is known allocates nothing.
 *
 * Safe from many threads, but for kc_trust_set_roots() and kc_trust_free().
 */
#ifndef KC_VERIFY_TRUST_H
#define KC_VERIFY_TRUST_H

#include "verify/amd_pieces.h"
#include "verify/collateral.h"

#define KC_TRUST_SETS_MAX       64  /* of collateral, of each maker */
#define KC_TRUST_CHAINS_MAX     64  /* PCK chains */
#define KC_TRUST_SIGNATURES_MAX 256 /* certificates', QE reports' and others */
#define KC_TRUST_KEYS_MAX       32  /* made ready: of CAs, PCKs, attestation keys */
#define KC_TRUST_AMD_MAX        32  /* AMD chains */
#define KC_TRUST_LISTS_MAX      16  /* revocation lists, one of a CA */

struct kc_trust;

/* Trusts nothing yet. NULL without memory. */
struct kc_trust *kc_trust_new(void);
void kc_trust_free(struct kc_trust *store);

/*
 * The roots that are trusted: of SGX and TDX (64, x || y; NULL: none), and of SEV-SNP, at most
 * KC_AMD_ROOTS. Takes all collateral and everything remembered out of the store.
 */
void kc_trust_set_roots(struct kc_trust *store, const uint8_t *root_key,
                        const struct kc_amd_root *amd_roots, size_t amd_root_count);

/*
 * Adds Intel's collateral of one platform, copied: it takes the place of what was there for the
 * same FMSPC and TEE. `for_all`: it is also what evidence is judged by that has none of its own,
 * and may bring the PCK chain for quotes without; there is one such set, the last.
 *
 * What is `for_all` is added as it is, for verdicts to say what is wrong with it. Else it must have
 * TCB info and QE identity, no piece that is there may be damaged or signed by another, dates
 * aside, none may be older than what it replaces, and no genuine revocation list may go missing:
 * KC_ERR_REFUSED with what is wrong, and the store is as before. KC_ERR_ROOM: the store is full.
 * KC_ERR_MEMORY.
 */
KC_MUST_USE enum kc_err kc_trust_add(struct kc_trust *store,
                                     const struct kc_collateral_pieces *pieces, bool for_all,
                                     struct kc_error *error);

/*
 * Likewise AMD's certificates of one chip, which are found by its id and TCB, and ARK's revocation
 * list. ASK or ASVK, and ARK, without a leaf are for all reports that have none of their own.
 * Judged is by the newest list of the ARK that was ever added, so that an older one does no harm.
 */
KC_MUST_USE enum kc_err kc_trust_add_amd(struct kc_trust *store, const struct kc_amd_pieces *pieces,
                                         bool for_all, struct kc_error *error);

/* Bytes of memory that the store holds, but for what OpenSSL has of ready keys. */
size_t kc_trust_size(struct kc_trust *store);

#endif
