#include "collateral/sound.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "verify/chain.h"

/* A part of Intel's: its pieces, and the beginnings of the names of checks that are about it. */
static const struct {
    enum kc_bundle_piece piece;
    enum kc_bundle_piece chain; /* KC_BUNDLE_PIECES: none */
    const char *body;           /* the piece's name among dates */
    const char *checks[2];
} intel[] = {
    [KC_FETCH_TCB] = {KC_BUNDLE_TCB_INFO,
                      KC_BUNDLE_TCB_CHAIN,
                      "tcb_info",
                      {"collateral.tcb_info.", "collateral.tcb_chain."}},
    [KC_FETCH_QE] = {KC_BUNDLE_QE_IDENTITY,
                     KC_BUNDLE_QE_CHAIN,
                     "qe_identity",
                     {"collateral.qe_identity.", "collateral.qe_chain."}},
    [KC_FETCH_PCK_CRL] = {KC_BUNDLE_PCK_CRL,
                          KC_BUNDLE_PCK_CRL_CHAIN,
                          "crl.pck",
                          {"collateral.crl.pck.", "collateral.crl.pck_chain."}},
    [KC_FETCH_ROOT_CRL] = {KC_BUNDLE_ROOT_CRL,
                           KC_BUNDLE_PIECES,
                           "crl.root",
                           {"collateral.crl.root.", NULL}},
};

bool kc_sound_is_needed(enum kc_fetch_part part, const struct kc_needs *needs)
{
    bool is_amd = part == KC_FETCH_VCEK || part == KC_FETCH_AMD_CHAIN || part == KC_FETCH_AMD_CRL;
    return is_amd == (needs->kind == KC_NEEDS_SNP) && !(part == KC_FETCH_VCEK && needs->is_vlek);
}

bool kc_sound_is_trusted(const struct kc_needs *needs, const struct kc_fetch_trust *trust)
{
    if (needs->kind == KC_NEEDS_SNP)
        return true; /* the report does not say */
    if (trust->root_key == NULL)
        return false;
    enum kc_chain_fault fault =
        kc_chain_verify_pck(needs->pck_chain, trust->root_key, trust->now).fault;
    return fault == KC_CHAIN_GOOD || fault == KC_CHAIN_NOT_YET || fault == KC_CHAIN_EXPIRED;
}

static enum kc_err refuse(char why[KC_WEB_REASON_MAX], const char *check, const char *what)
{
    snprintf(why, KC_WEB_REASON_MAX, "%s: %s", check, what);
    return KC_ERR_REFUSED;
}

static bool is_about(enum kc_fetch_part part, const struct kc_collateral_fault *fault)
{
    const char *end = strrchr(fault->check, '.');
    if (strcmp(end, ".revoked") == 0)
        return false;
    for (size_t i = 0; i < 2; i++) {
        const char *start = intel[part].checks[i];
        if (start != NULL && strncmp(fault->check, start, strlen(start)) == 0)
            return true;
    }
    return false;
}

static enum kc_err judge_platform(enum kc_fetch_part part, const struct kc_collateral *c,
                                  const struct kc_needs *needs, char why[KC_WEB_REASON_MAX])
{
    bool is_tdx = needs->kind == KC_NEEDS_TDX;
    const struct kc_tcb_info *info = part == KC_FETCH_TCB ? c->tcb_info : NULL;
    const struct kc_qe_identity *identity = part == KC_FETCH_QE ? c->qe_identity : NULL;
    if (info != NULL && (info->tee == KC_TCB_INFO_TDX) != is_tdx)
        return refuse(why, "tcb.tee", "TCB info of the other kind of TEE");
    if (info != NULL && memcmp(info->fmspc, needs->fmspc, sizeof needs->fmspc) != 0)
        return refuse(why, "tcb.fmspc", "TCB info of another processor family");
    if (identity != NULL && (identity->id == KC_QE_IDENTITY_TD_QE) != is_tdx)
        return refuse(why, "tcb.qe.tee", "the identity of another Quoting Enclave");
    return KC_OK;
}

/* The bundle with nothing but this part. */
static struct kc_bundle only(enum kc_fetch_part part, const struct kc_bundle *bundle)
{
    struct kc_bundle one = {0};
    one.piece[intel[part].piece] = bundle->piece[intel[part].piece];
    if (intel[part].chain < KC_BUNDLE_PIECES)
        one.piece[intel[part].chain] = bundle->piece[intel[part].chain];
    return one;
}

static enum kc_err judge_pieces(const struct kc_bundle *bundle, const struct kc_needs *needs,
                                const struct kc_fetch_trust *trust, struct kc_collateral **out)
{
    const struct kc_collateral_pieces pieces = kc_bundle_intel(bundle);
    const struct kc_collateral_input input = {&pieces, needs->pck_chain, trust->root_key,
                                              trust->now};
    return kc_collateral_judge(&input, out);
}

static int64_t beginning_of(const struct kc_collateral *c, const char *piece)
{
    for (size_t i = 0; i < KC_COLLATERAL_PIECES; i++) {
        if (c->date[i].piece != NULL && strcmp(c->date[i].piece, piece) == 0)
            return c->date[i].from;
    }
    return INT64_MIN;
}

static void note_dates(enum kc_fetch_part part, const struct kc_collateral *c,
                       struct kc_sound_dates *out)
{
    *out = (struct kc_sound_dates){
        .issued = c->issued,
        .expires = c->expires,
        .body_issued = beginning_of(c, intel[part].body),
    };
    if (part == KC_FETCH_TCB)
        out->evaluation = c->tcb_info->evaluation_number;
    if (part == KC_FETCH_QE)
        out->evaluation = c->qe_identity->evaluation_number;
}

static enum kc_err judge_intel(enum kc_fetch_part part, const struct kc_bundle *bundle,
                               const struct kc_needs *needs, const struct kc_fetch_trust *trust,
                               struct kc_sound_dates *dates, char why[KC_WEB_REASON_MAX])
{
    const struct kc_bundle one = only(part, bundle);
    struct kc_collateral *c = NULL;
    if (!kc_sound_is_trusted(needs, trust))
        return refuse(why, "chain.root", "the evidence's PCK chain is not of the trusted root");
    if (part == KC_FETCH_QE && one.piece[KC_BUNDLE_QE_CHAIN].ptr == NULL) {
        (void)refuse(why, "collateral.qe_chain.absent", "nothing says who signed the QE identity");
        return KC_ERR_ABSENT;
    }
    enum kc_err err = judge_pieces(&one, needs, trust, &c);
    if (err != KC_OK) {
        snprintf(why, KC_WEB_REASON_MAX, "out of memory");
        return err;
    }
    for (size_t i = 0; err == KC_OK && i < c->fault_count; i++) {
        if (!is_about(part, &c->fault[i]))
            continue;
        err = refuse(why, c->fault[i].check, c->fault[i].what);
        if (c->fault[i].is_absence)
            err = KC_ERR_ABSENT;
    }
    if (err == KC_OK)
        err = judge_platform(part, c, needs, why);
    if (err == KC_OK && dates != NULL)
        note_dates(part, c, dates);
    kc_collateral_free(c);
    return err;
}

/* ASK or ASVK, and ARK, and of `part` the list too: for leaves of this kind and product. */
static enum kc_err judge_issuers(enum kc_fetch_part part, const struct kc_amd_material *m,
                                 const struct kc_needs *needs, const struct kc_fetch_trust *trust,
                                 struct kc_sound_dates *dates, char why[KC_WEB_REASON_MAX])
{
    struct kc_amd_endorsement e;
    struct kc_amd_certificates certificates = m->certificates;
    if (part != KC_FETCH_AMD_CRL)
        certificates.list = kc_bytes_of(NULL, 0);
    if (m->fault != NULL)
        return refuse(why, "snp.chain.shape", m->fault);
    if (certificates.ask.len == 0 || certificates.ark.len == 0)
        return refuse(why, "snp.certificates", "ASK and ARK are not both there");
    struct kc_amd_chain_verdict v =
        kc_amd_chain_verify_issuers(&certificates, trust->amd_roots, trust->amd_root_count, &e);
    if (v.fault != KC_AMD_GOOD && v.fault != KC_AMD_REVOKED)
        return refuse(why, v.fault == KC_AMD_LIST ? "snp.crl" : "snp.chain", v.what);
    if ((e.signing_key == KC_SNP_KEY_VLEK) != needs->is_vlek ||
        (needs->product != KC_SNP_UNKNOWN && e.product != needs->product))
        return refuse(why, "snp.chain.role", "it is for leaves of another kind or product");
    struct kc_sound_dates valid = {e.not_before, e.not_after, e.not_before, 0};
    if (part == KC_FETCH_AMD_CRL)
        valid = (struct kc_sound_dates){e.list_issued, e.list_expires, e.list_issued, 0};
    if (trust->now < valid.issued || trust->now > valid.expires)
        return refuse(why, part == KC_FETCH_AMD_CRL ? "snp.crl.dates" : "snp.chain.dates",
                      "not valid at this time");
    if (dates != NULL)
        *dates = valid;
    return KC_OK;
}

static bool is_of_chip(const struct kc_amd_endorsement *e, const struct kc_needs *needs)
{
    return memcmp(e->chip_id, needs->chip_id, sizeof e->chip_id) == 0 &&
           kc_snp_report_tcb_covers(&e->tcb, &needs->tcb) &&
           kc_snp_report_tcb_covers(&needs->tcb, &e->tcb);
}

static enum kc_err judge_vcek(const struct kc_amd_material *m, const struct kc_needs *needs,
                              const struct kc_fetch_trust *trust, struct kc_sound_dates *dates,
                              char why[KC_WEB_REASON_MAX])
{
    struct kc_amd_endorsement e;
    struct kc_amd_certificates certificates = m->certificates;
    certificates.list = kc_bytes_of(NULL, 0);
    if (certificates.vek.len == 0)
        return KC_ERR_ABSENT;
    struct kc_amd_chain_verdict v =
        kc_amd_chain_verify(&certificates, trust->amd_roots, trust->amd_root_count, &e);
    if (v.fault != KC_AMD_GOOD)
        return refuse(why, "snp.chain", v.what);
    if (!is_of_chip(&e, needs))
        return refuse(why, "snp.chip-id", "the certificate is of another chip or TCB");
    if (trust->now < e.not_before || trust->now > e.not_after)
        return refuse(why, "snp.chain.dates", "not valid at this time");
    if (dates != NULL)
        *dates = (struct kc_sound_dates){e.not_before, e.not_after, e.not_before, 0};
    return KC_OK;
}

static enum kc_err judge_amd(enum kc_fetch_part part, const struct kc_bundle *bundle,
                             const struct kc_needs *needs, const struct kc_fetch_trust *trust,
                             struct kc_sound_dates *dates, char why[KC_WEB_REASON_MAX])
{
    const struct kc_amd_pieces pieces = kc_bundle_amd(bundle);
    struct kc_amd_material *m = malloc(sizeof *m);
    enum kc_err err = KC_ERR_ABSENT;
    if (m == NULL)
        return KC_ERR_MEMORY;
    snprintf(why, KC_WEB_REASON_MAX, "it is not there");
    kc_amd_pieces_sort(&pieces, kc_bytes_of(NULL, 0), KC_SNP_KEY_VCEK, m);
    if (part == KC_FETCH_VCEK)
        err = judge_vcek(m, needs, trust, dates, why);
    else if (pieces.chain.ptr != NULL && (part != KC_FETCH_AMD_CRL || pieces.list.ptr != NULL))
        err = judge_issuers(part, m, needs, trust, dates, why);
    free(m);
    return err;
}

enum kc_err kc_sound_part(enum kc_fetch_part part, const struct kc_bundle *bundle,
                          const struct kc_needs *needs, const struct kc_fetch_trust *trust,
                          struct kc_sound_dates *dates, char why[KC_WEB_REASON_MAX])
{
    why[0] = '\0';
    return needs->kind == KC_NEEDS_SNP ? judge_amd(part, bundle, needs, trust, dates, why)
                                       : judge_intel(part, bundle, needs, trust, dates, why);
}

enum kc_err kc_sound_all(const struct kc_bundle *bundle, const struct kc_needs *needs,
                         const struct kc_fetch_trust *trust, struct kc_sound_dates *dates,
                         char why[KC_WEB_REASON_MAX])
{
    struct kc_sound_dates all = {0, KC_TIME_MAX, 0, 0};
    enum kc_err err = KC_OK;
    for (int i = 0; err == KC_OK && i < KC_FETCH_PARTS; i++) {
        struct kc_sound_dates one = all;
        if (!kc_sound_is_needed((enum kc_fetch_part)i, needs) ||
            (i == KC_FETCH_AMD_CRL && bundle->piece[KC_BUNDLE_ARK_CRL].ptr == NULL))
            continue;
        err = kc_sound_part((enum kc_fetch_part)i, bundle, needs, trust, &one, why);
        all.issued = one.issued > all.issued ? one.issued : all.issued;
        all.expires = one.expires < all.expires ? one.expires : all.expires;
    }
    if (err == KC_OK && dates != NULL)
        *dates = all;
    return err;
}

static void swap(struct kc_bundle *a, struct kc_bundle *b, enum kc_bundle_piece piece)
{
    struct kc_room other = a->piece[piece];
    a->piece[piece] = b->piece[piece];
    b->piece[piece] = other;
}

static bool is_newer(enum kc_fetch_part part, const struct kc_bundle *old,
                     const struct kc_bundle *bundle, const struct kc_needs *needs,
                     const struct kc_fetch_trust *trust)
{
    struct kc_sound_dates was;
    struct kc_sound_dates is;
    char why[KC_WEB_REASON_MAX];
    if (kc_sound_part(part, old, needs, trust, &was, why) != KC_OK)
        return false;
    /* AMD's list alone may be missing in what a server sent. */
    return kc_sound_part(part, bundle, needs, trust, &is, why) != KC_OK ||
           is.body_issued < was.body_issued || is.evaluation < was.evaluation;
}

void kc_sound_keep_newer(struct kc_bundle *bundle, struct kc_bundle *old,
                         const struct kc_needs *needs, const struct kc_fetch_trust *trust)
{
    static const enum kc_fetch_part parts[] = {KC_FETCH_TCB, KC_FETCH_QE, KC_FETCH_PCK_CRL,
                                               KC_FETCH_ROOT_CRL, KC_FETCH_AMD_CRL};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        enum kc_fetch_part part = parts[i];
        if (!kc_sound_is_needed(part, needs) || !is_newer(part, old, bundle, needs, trust))
            continue;
        if (part == KC_FETCH_AMD_CRL) {
            swap(bundle, old, KC_BUNDLE_ARK_CRL);
            continue;
        }
        swap(bundle, old, intel[part].piece);
        if (intel[part].chain < KC_BUNDLE_PIECES)
            swap(bundle, old, intel[part].chain);
    }
}
