/* Open Enclave's endorsements, piece by piece. */
#include <stdlib.h>

#include "cli/inspect.h"
#include "formats/crl.h"
#include "formats/qe_identity.h"
#include "formats/tcb_info.h"

static void show_error(struct kc_tree *tree, json_t *section, const struct kc_error *error)
{
    kc_tree_literal(tree, section, "unreadable", error->what, "why it could not be read");
    kc_tree_number(tree, section, "unreadable_at", error->at, "offset, or the number in question");
}

static void show_dates(struct kc_tree *tree, json_t *section, int64_t from, int64_t to,
                       uint32_t evaluation_number)
{
    kc_tree_time(tree, section, "issue_date", from, "first second");
    kc_tree_time(tree, section, "next_update", to, "last second");
    kc_tree_number(tree, section, "evaluation_data_number", evaluation_number,
                   "which TCB recovery it knows of");
}

static void show_tcb_info(struct kc_tree *tree, json_t *parent, struct kc_bytes body)
{
    struct kc_error error = KC_ERROR_NONE;
    struct kc_tcb_info *info = malloc(sizeof *info);
    json_t *section = kc_tree_section(tree, parent, "tcb_info", "ratings of a processor family");
    if (info == NULL) {
        tree->failed = true;
    } else if (kc_tcb_info_decode(body, info, &error) != KC_OK) {
        show_error(tree, section, &error);
    } else {
        kc_tree_number(tree, section, "version", info->version, "of its layout");
        kc_tree_literal(tree, section, "id", info->tee == KC_TCB_INFO_TDX ? "TDX" : "SGX", "TEE");
        kc_tree_bytes(tree, section, "fmspc", kc_bytes_of(info->fmspc, 6), "which processors");
        kc_tree_bytes(tree, section, "pce_id", kc_bytes_of(info->pce_id, 2), "which PCE");
        show_dates(tree, section, info->issue_date, info->next_update, info->evaluation_number);
        kc_tree_number(tree, section, "levels", info->level_count, "how many levels");
    }
    free(info);
}

static void show_qe_identity(struct kc_tree *tree, json_t *parent, struct kc_bytes body)
{
    struct kc_error error = KC_ERROR_NONE;
    struct kc_qe_identity *id = malloc(sizeof *id);
    json_t *section = kc_tree_section(tree, parent, "qe_identity", "who may sign quotes");
    if (id == NULL) {
        tree->failed = true;
    } else if (kc_qe_identity_decode(body, id, &error) != KC_OK) {
        show_error(tree, section, &error);
    } else {
        kc_tree_literal(tree, section, "id", id->id == KC_QE_IDENTITY_TD_QE ? "TD_QE" : "QE",
                        "which Quoting Enclave");
        kc_tree_bytes(tree, section, "mrsigner", kc_bytes_of(id->mrsigner, 32), "whose");
        kc_tree_number(tree, section, "isv_prod_id", id->isv_prod_id, "product number");
        show_dates(tree, section, id->issue_date, id->next_update, id->evaluation_number);
        kc_tree_number(tree, section, "levels", id->levels.count, "how many levels");
    }
    free(id);
}

static void show_crl(struct kc_tree *tree, json_t *parent, const char *name, struct kc_bytes text,
                     const char *means)
{
    struct kc_crl crl;
    struct kc_bytes der = {NULL, 0};
    struct kc_error error = KC_ERROR_NONE;
    uint8_t *room = malloc(text.len + 1);
    json_t *section = kc_tree_section(tree, parent, name, means);
    if (room == NULL) {
        tree->failed = true;
    } else if (kc_crl_unwrap(text, (struct kc_room){room, text.len}, &der, &error) != KC_OK ||
               kc_crl_decode(der, &crl, &error) != KC_OK) {
        show_error(tree, section, &error);
    } else {
        kc_tree_text(tree, section, "issuer", crl.issuer_common_name, "whose certificates");
        kc_tree_time(tree, section, "this_update", crl.this_update, "first second");
        kc_tree_time(tree, section, "next_update", crl.next_update, "last second");
        kc_tree_bytes(tree, section, "number", crl.number, "which list");
        kc_tree_number(tree, section, "revoked", crl.revoked_count, "how many certificates");
    }
    free(room);
}

void kc_inspect_endorsements(struct kc_tree *tree, const struct kc_oe_endorsements *in)
{
    json_t *section = kc_tree_section(
        tree, tree->root, "endorsements",
        "Open Enclave's: collateral to judge evidence with, each piece signed by itself");
    kc_tree_literal(tree, section, "tee", in->tee == KC_OE_ENDORSEMENTS_TDX ? "TDX" : "SGX",
                    "for which quotes");
    if (in->creation_time != 0)
        kc_tree_time(tree, section, "creation_time", in->creation_time, "nobody signs this");
    show_tcb_info(tree, section, in->tcb_info);
    kc_inspect_chain(tree, kc_tree_section(tree, section, "tcb_info_chain", "who signed it"),
                     in->tcb_info_chain);
    show_qe_identity(tree, section, in->qe_identity);
    kc_inspect_chain(tree, kc_tree_section(tree, section, "qe_identity_chain", "who signed it"),
                     in->qe_identity_chain);
    show_crl(tree, section, "root_ca_crl", in->root_ca_crl, "what the root revoked");
    show_crl(tree, section, "pck_crl", in->pck_crl, "what the PCK CA revoked");
    kc_inspect_chain(tree, kc_tree_section(tree, section, "pck_crl_chain", "who signed that"),
                     in->pck_crl_chain);
}
