/* Quotes of the simulated machine with their collateral, as benchmarks of the verifier want them:
 * many under one PCK, many under one PCK each. */
#ifndef KC_BENCH_VERIFY_CASE_H
#define KC_BENCH_VERIFY_CASE_H

#include <ftw.h>
#include <unistd.h>

#include "bench.h"
#include "sim_leaf.h"

#include "sim/collateral.h"
#include "verify/trust.h"
#include "verify/verify.h"

#define QUOTES                                                                                     \
    700 /* more than a store remembers in all, so that each is new when it comes again             \
         */

struct case_quote {
    uint8_t bytes[KC_SIM_QUOTE_MAX];
    size_t len;
};

struct verify_case {
    struct kc_sim_state *state;
    struct kc_sim_collateral_file file[KC_SIM_COLLATERAL_FILES];
    struct kc_collateral_pieces pieces;
    uint8_t root_key[64];
    int64_t now;
    struct case_quote *one_pck; /* QUOTES: each with another QE report */
    struct case_quote *each_pck;
};

static inline struct kc_bytes case_file(const struct verify_case *c, const char *name)
{
    for (size_t i = 0; i < KC_SIM_COLLATERAL_FILES; i++) {
        if (strcmp(c->file[i].name, name) == 0)
            return kc_bytes_of(c->file[i].ptr, c->file[i].len);
    }
    must(false, name);
    return kc_bytes_of(NULL, 0);
}

static inline int case_remove(const char *path, const struct stat *status, int type,
                              struct FTW *ftw)
{
    (void)status, (void)type, (void)ftw;
    return remove(path);
}

static inline void case_open_state(struct verify_case *c)
{
    char path[] = "/tmp/keyclave-bench.XXXXXX";
    must(mkdtemp(path) != NULL, "a folder");
    must(kc_sim_state_open(path, &c->state, NULL) == KC_OK, "the simulated machine");
    nftw(path, case_remove, 8, FTW_DEPTH | FTW_PHYS);
    memcpy(c->root_key, kc_sim_state_root_key(c->state), 64);
}

static inline void case_make(struct verify_case *c)
{
    case_open_state(c);
    c->now = (int64_t)time(NULL);
    struct kc_sim_collateral_options options = {c->now, 30, KC_TCB_UP_TO_DATE, false};
    must(kc_sim_collateral_make(c->state, &options, c->file, NULL) == KC_OK, "collateral");
    c->pieces = (struct kc_collateral_pieces){
        .tcb_info = case_file(c, "tcb_info.json"),
        .qe_identity = case_file(c, "qe_identity.json"),
        .tcb_chain = case_file(c, "tcb_chain.pem"),
        .root_crl = case_file(c, "root_ca_crl.der"),
        .pck_crl = case_file(c, "pck_crl.der"),
        .pck_crl_chain = case_file(c, "pck_crl_chain.pem"),
    };
    c->one_pck = calloc(QUOTES, sizeof *c->one_pck);
    c->each_pck = calloc(QUOTES, sizeof *c->each_pck);
    must(c->one_pck != NULL && c->each_pck != NULL, "memory");
    for (size_t i = 0; i < QUOTES; i++) {
        c->one_pck[i].len = sim_leaf_quote(c->state, c->one_pck[i].bytes);
        must(c->one_pck[i].len > 0, "a quote");
    }
    for (size_t i = 0; i < QUOTES; i++) {
        must(sim_leaf_renew(c->state, NULL), "a PCK");
        c->each_pck[i].len = sim_leaf_quote(c->state, c->each_pck[i].bytes);
        must(c->each_pck[i].len > 0, "a quote");
    }
}

static inline struct kc_trust *case_trust(const struct verify_case *c)
{
    struct kc_trust *trust = kc_trust_new();
    must(trust != NULL, "memory");
    kc_trust_set_roots(trust, c->root_key, NULL, 0);
    must(kc_trust_add(trust, &c->pieces, false, NULL) == KC_OK, "collateral");
    return trust;
}

static inline void case_clear(struct verify_case *c)
{
    kc_sim_collateral_clear(c->file);
    kc_sim_state_free(c->state);
    free(c->one_pck);
    free(c->each_pck);
}

#endif
