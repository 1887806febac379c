/*
 * Fetches what evidence needs: from Intel's PCS or a cache of it (PCCS), REST version 4, or from
 * AMD's KDS. Each piece is asked for at each server in turn until one gives a good one: of the
 * right platform, signed below the trusted root, of this time. So a server that is down, behind or
 * lying costs time and nothing else; what verify is then given it judges once more, whole.
 */
#ifndef KC_COLLATERAL_FETCH_H
#define KC_COLLATERAL_FETCH_H

#include "collateral/bases.h"
#include "collateral/bundle.h"
#include "collateral/needs.h"
#include "collateral/web.h"

/* Intel's and AMD's own. */
#define KC_FETCH_INTEL "https://api.trustedservices.intel.com"
#define KC_FETCH_AMD   "https://kdsintf.amd.com"

/* What one request brings. */
enum kc_fetch_part {
    KC_FETCH_TCB,       /* TCB info and its chain */
    KC_FETCH_QE,        /* QE identity and its chain */
    KC_FETCH_PCK_CRL,   /* the PCK CA's list and its chain */
    KC_FETCH_ROOT_CRL,  /* the root's list */
    KC_FETCH_VCEK,      /* the chip's certificate */
    KC_FETCH_AMD_CHAIN, /* ASK or ASVK, and ARK */
    KC_FETCH_AMD_CRL,   /* ARK's list: what a server does not have is no failure of the fetch */
    KC_FETCH_PARTS,
};

/* "TCB info" and so on. */
const char *kc_fetch_part_name(enum kc_fetch_part part);

struct kc_fetch_trust {
    const uint8_t *root_key; /* of SGX and TDX, x || y; NULL: none */
    const struct kc_amd_root *amd_roots;
    size_t amd_root_count;
    int64_t now;
};

struct kc_fetch_servers {
    const struct kc_bases *pcs;
    const struct kc_bases *kds;
    struct kc_web_limits limits;
};

enum kc_fetch_state {
    KC_FETCH_NOT_NEEDED,
    KC_FETCH_GOOD,
    KC_FETCH_FAILED,
};

#define KC_FETCH_REASON_MAX 1024

struct kc_fetch_report {
    struct {
        enum kc_fetch_state state;
        char reason[KC_FETCH_REASON_MAX]; /* KC_FETCH_FAILED: of each server and product */
    } part[KC_FETCH_PARTS];
};

/* True when nothing that is needed is missing: all but AMD's list, which caches of KDS seldom have.
 * A policy that wants it says so (max_collateral_age_days). */
bool kc_fetch_is_whole(const struct kc_fetch_report *report);

/*
 * Fetches into `out`, which is cleared first. KC_OK when all is there; KC_ERR_ABSENT when a part
 * could not be had: the others are in `out`. KC_ERR_REFUSED: the PCK chain is not of the trusted
 * root, so that nothing was asked for; `report` says so of each part. KC_ERR_MEMORY.
 */
KC_MUST_USE enum kc_err kc_fetch(const struct kc_needs *needs,
                                 const struct kc_fetch_servers *servers,
                                 const struct kc_fetch_trust *trust, struct kc_bundle *out,
                                 struct kc_fetch_report *report);

#endif
