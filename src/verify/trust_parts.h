/* The inside of a store: for trust.c, trust_memory.c and trust_amd.c. `lock` guards all that
 * follows it; what is pointed to has users of its own. */
#ifndef KC_VERIFY_TRUST_PARTS_H
#define KC_VERIFY_TRUST_PARTS_H

#include "verify/trust_use.h"

struct kc_stored_set {
    struct kc_collateral_set *set; /* NULL: empty */
    bool has_platform;             /* its TCB info says which: */
    enum kc_tee tee;
    uint8_t fmspc[6];
};

struct kc_stored_endorsement {
    uint64_t used; /* 0: empty */
    uint8_t id[32];
    struct kc_amd_endorsement endorsement;
};

struct kc_trust {
    bool has_root_key;
    uint8_t root_key[64];
    size_t amd_root_count;
    struct kc_amd_root amd_root[KC_AMD_ROOTS];
    struct kc_signatures signatures; /* has a lock of its own */
    struct kc_signature signature[KC_TRUST_SIGNATURES_MAX];
    struct kc_known_key key[KC_TRUST_KEYS_MAX];

    pthread_mutex_t lock;
    uint64_t clock;
    size_t set_count;
    struct kc_stored_set set[KC_TRUST_SETS_MAX];
    struct kc_collateral_set *set_for_all;
    struct kc_known_chain *chain[KC_TRUST_CHAINS_MAX];
    struct kc_stored_list *list[KC_TRUST_LISTS_MAX]; /* NULLs behind those that are there */
    size_t amd_count;
    struct kc_amd_set *amd[KC_TRUST_SETS_MAX];
    struct kc_amd_set *amd_for_all;
    struct kc_stored_endorsement endorsement[KC_TRUST_AMD_MAX];
};

/* Forgets chains, AMD's certificates and chains, lists: trust_memory.c, trust_amd.c, trust_lists.c.
 */
void kc_trust_drop_chains(struct kc_trust *store);
void kc_trust_drop_amd(struct kc_trust *store);
void kc_trust_drop_lists(struct kc_trust *store);

#endif
