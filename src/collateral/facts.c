#include "collateral/facts.h"

#include <stdlib.h>
#include <string.h>

/* Rooms for decoding, too large for the stack. */
struct work {
    struct kc_tcb_info tcb_info;
    struct kc_qe_identity qe_identity;
    struct kc_pck_chain chain;
    uint8_t pem[KC_COLLATERAL_PEM_MAX];
    struct kc_amd_material amd;
};

static void set_name(struct kc_fact *f, struct kc_bytes name)
{
    size_t n = 0;
    for (; n < name.len && n + 1 < sizeof f->name; n++)
        f->name[n] = name.ptr[n] >= 0x20 && name.ptr[n] < 0x7f ? (char)name.ptr[n] : '?';
    f->name[n] = '\0';
}

static void narrow(struct kc_fact *f, int64_t from, int64_t to)
{
    f->issued = !f->has_dates || from > f->issued ? from : f->issued;
    f->expires = !f->has_dates || to < f->expires ? to : f->expires;
    f->has_dates = true;
}

static void read_tcb_info(struct kc_bytes bytes, struct work *w, struct kc_fact *f)
{
    struct kc_error error = KC_ERROR_NONE;
    f->what = "TCB info";
    if (kc_tcb_info_decode(bytes, &w->tcb_info, &error) != KC_OK) {
        f->fault = error.what;
        f->at = error.at;
        return;
    }
    f->what = w->tcb_info.tee == KC_TCB_INFO_TDX ? "TCB info of TDX" : "TCB info of SGX";
    narrow(f, w->tcb_info.issue_date, w->tcb_info.next_update);
    f->has_evaluation = true;
    f->evaluation = w->tcb_info.evaluation_number;
    f->has_fmspc = true;
    memcpy(f->fmspc, w->tcb_info.fmspc, sizeof f->fmspc);
}

static void read_qe_identity(struct kc_bytes bytes, struct work *w, struct kc_fact *f)
{
    struct kc_error error = KC_ERROR_NONE;
    f->what = "identity of the Quoting Enclave";
    if (kc_qe_identity_decode(bytes, &w->qe_identity, &error) != KC_OK) {
        f->fault = error.what;
        f->at = error.at;
        return;
    }
    if (w->qe_identity.id == KC_QE_IDENTITY_TD_QE)
        f->what = "identity of the TD Quoting Enclave";
    narrow(f, w->qe_identity.issue_date, w->qe_identity.next_update);
    f->has_evaluation = true;
    f->evaluation = w->qe_identity.evaluation_number;
}

static void read_chain(struct kc_bytes bytes, struct work *w, struct kc_fact *f)
{
    struct kc_error error = KC_ERROR_NONE;
    if (kc_collateral_decode_chain(bytes, w->pem, &w->chain, &error) != KC_OK) {
        f->fault = error.what;
        f->at = error.at;
        return;
    }
    for (size_t i = 0; i < w->chain.count; i++)
        narrow(f, w->chain.certificate[i].not_before, w->chain.certificate[i].not_after);
    set_name(f, w->chain.certificate[0].subject_common_name);
}

typedef enum kc_err list_decoder(struct kc_bytes der, struct kc_crl *out, struct kc_error *error);

static enum kc_err read_list(struct kc_bytes bytes, list_decoder *decode, struct kc_fact *f)
{
    struct kc_error error = KC_ERROR_NONE;
    struct kc_room room = {malloc(bytes.len + 1), bytes.len};
    struct kc_bytes der;
    struct kc_crl crl;
    if (room.ptr == NULL)
        return KC_ERR_MEMORY;
    if (kc_crl_unwrap(bytes, room, &der, &error) != KC_OK || decode(der, &crl, &error) != KC_OK) {
        f->fault = error.what;
        f->at = error.at;
    } else {
        narrow(f, crl.this_update, crl.next_update);
        f->has_revoked = true;
        f->revoked = crl.revoked_count;
        set_name(f, crl.issuer_common_name);
    }
    free(room.ptr);
    return KC_OK;
}

static void read_amd(const struct kc_amd_pieces *pieces, struct work *w, struct kc_fact *f)
{
    static const uint8_t keys[] = {KC_SNP_KEY_VCEK, KC_SNP_KEY_VLEK};
    for (size_t k = 0; k < sizeof keys && !f->has_dates && f->fault == NULL; k++) {
        kc_amd_pieces_sort(pieces, kc_bytes_of(NULL, 0), keys[k], &w->amd);
        const struct kc_bytes der[] = {w->amd.certificates.vek, w->amd.certificates.ask,
                                       w->amd.certificates.ark};
        f->fault = w->amd.fault;
        f->at = w->amd.at;
        for (size_t i = 0; i < 3; i++) {
            struct kc_amd_certificate certificate;
            if (der[i].len == 0 || kc_amd_certificate_decode(der[i], &certificate, NULL) != KC_OK)
                continue;
            if (!f->has_dates)
                set_name(f, certificate.x509.subject_common_name);
            narrow(f, certificate.x509.not_before, certificate.x509.not_after);
        }
    }
    if (f->fault == NULL && !f->has_dates)
        f->fault = "there is no certificate in it";
}

static enum kc_err read_piece(enum kc_bundle_piece piece, struct kc_bytes bytes, struct work *w,
                              struct kc_fact *f)
{
    static const char *const words[KC_BUNDLE_PIECES] = {
        [KC_BUNDLE_TCB_CHAIN] = "certificates of who signs TCB info",
        [KC_BUNDLE_QE_CHAIN] = "certificates of who signs the identity",
        [KC_BUNDLE_ROOT_CRL] = "what the root revoked",
        [KC_BUNDLE_PCK_CRL] = "PCK certificates that are revoked",
        [KC_BUNDLE_PCK_CRL_CHAIN] = "certificates of the PCK CA",
        [KC_BUNDLE_PCK_CHAIN] = "the platform's PCK certificate",
        [KC_BUNDLE_VEK] = "the chip's certificate",
        [KC_BUNDLE_ASK_ARK] = "AMD's certificates",
        [KC_BUNDLE_TABLE] = "certificates that came with a report",
        [KC_BUNDLE_ARK_CRL] = "what AMD's root revoked",
    };
    struct kc_amd_pieces amd = {0};
    f->what = words[piece];
    switch (piece) {
    case KC_BUNDLE_TCB_INFO:
        read_tcb_info(bytes, w, f);
        return KC_OK;
    case KC_BUNDLE_QE_IDENTITY:
        read_qe_identity(bytes, w, f);
        return KC_OK;
    case KC_BUNDLE_ROOT_CRL:
    case KC_BUNDLE_PCK_CRL:
        return read_list(bytes, kc_crl_decode, f);
    case KC_BUNDLE_ARK_CRL:
        return read_list(bytes, kc_crl_decode_amd, f);
    case KC_BUNDLE_VEK:
        amd.vek = bytes;
        read_amd(&amd, w, f);
        return KC_OK;
    case KC_BUNDLE_ASK_ARK:
        amd.chain = bytes;
        read_amd(&amd, w, f);
        return KC_OK;
    case KC_BUNDLE_TABLE:
        amd.table = bytes;
        read_amd(&amd, w, f);
        return KC_OK;
    default:
        read_chain(bytes, w, f);
        return KC_OK;
    }
}

enum kc_err kc_facts_read(const struct kc_bundle *bundle, struct kc_fact out[KC_BUNDLE_PIECES])
{
    struct work *w = malloc(sizeof *w);
    enum kc_err err = w == NULL ? KC_ERR_MEMORY : KC_OK;
    for (int i = 0; err == KC_OK && i < KC_BUNDLE_PIECES; i++) {
        const struct kc_room *piece = &bundle->piece[i];
        out[i] = (struct kc_fact){.is_there = piece->ptr != NULL};
        if (out[i].is_there)
            err = read_piece((enum kc_bundle_piece)i, kc_bytes_of(piece->ptr, piece->len), w,
                             &out[i]);
    }
    free(w);
    return err;
}

static bool has(const struct kc_bundle *bundle, enum kc_bundle_piece piece)
{
    return bundle->piece[piece].ptr != NULL;
}

bool kc_facts_is_amd(const struct kc_bundle *bundle)
{
    return has(bundle, KC_BUNDLE_VEK) || has(bundle, KC_BUNDLE_ASK_ARK) ||
           has(bundle, KC_BUNDLE_TABLE) || has(bundle, KC_BUNDLE_ARK_CRL);
}

bool kc_facts_is_needed(const struct kc_bundle *bundle, enum kc_bundle_piece piece)
{
    bool is_amd = kc_facts_is_amd(bundle);
    bool is_intel = has(bundle, KC_BUNDLE_TCB_INFO) || has(bundle, KC_BUNDLE_QE_IDENTITY) ||
                    has(bundle, KC_BUNDLE_ROOT_CRL) || has(bundle, KC_BUNDLE_PCK_CRL) ||
                    has(bundle, KC_BUNDLE_TCB_CHAIN) || !is_amd;
    switch (piece) {
    case KC_BUNDLE_TCB_INFO:
    case KC_BUNDLE_TCB_CHAIN:
    case KC_BUNDLE_QE_IDENTITY:
    case KC_BUNDLE_ROOT_CRL:
    case KC_BUNDLE_PCK_CRL:
        return is_intel;
    case KC_BUNDLE_VEK:
    case KC_BUNDLE_ASK_ARK:
        return is_amd && !has(bundle, KC_BUNDLE_TABLE);
    default:
        return false;
    }
}
