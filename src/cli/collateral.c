#include "cli/collateral.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "formats/oe_endorsements.h"

#define FILE_MAX ((size_t)1024 * 1024)

static const struct {
    const char *name;
    size_t piece; /* offset of its kc_bytes */
} files[KC_CLI_COLLATERAL_FILES] = {
    {"tcb_info.json", offsetof(struct kc_cli_collateral, pieces.tcb_info)},
    {"tcb_chain.pem", offsetof(struct kc_cli_collateral, pieces.tcb_chain)},
    {"qe_identity.json", offsetof(struct kc_cli_collateral, pieces.qe_identity)},
    {"qe_chain.pem", offsetof(struct kc_cli_collateral, pieces.qe_chain)},
    {"root_ca_crl.der", offsetof(struct kc_cli_collateral, pieces.root_crl)},
    {"pck_crl.der", offsetof(struct kc_cli_collateral, pieces.pck_crl)},
    {"pck_crl_chain.pem", offsetof(struct kc_cli_collateral, pieces.pck_crl_chain)},
    {"pck_chain.pem", offsetof(struct kc_cli_collateral, pieces.pck_chain)},
    {"vek.der", offsetof(struct kc_cli_collateral, amd.vek)},
    {"ask_ark.pem", offsetof(struct kc_cli_collateral, amd.chain)},
    {"auxblob", offsetof(struct kc_cli_collateral, amd.table)},
};

/* An empty file is a piece that is there, and damaged: only NULL says that there is none. */
static bool load_file(const char *folder, size_t i, struct kc_cli_collateral *c)
{
    static const uint8_t empty[1];
    char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, files[i].name) < 0) {
        kc_cli_say("out of memory");
        return false;
    }
    bool is_there = access(path, F_OK) == 0 || errno != ENOENT;
    bool ok = !is_there || kc_cli_read_file(path, FILE_MAX, &c->file[i]);
    if (ok && is_there) {
        struct kc_bytes bytes = {c->file[i].len > 0 ? c->file[i].ptr : empty, c->file[i].len};
        memcpy((uint8_t *)c + files[i].piece, &bytes, sizeof bytes);
    }
    free(path);
    return ok;
}

/* A file in place of the folder: Open Enclave's endorsements. */
static int load_endorsements(const char *path, struct kc_cli_collateral **out)
{
    struct kc_oe_endorsements in;
    struct kc_error error = KC_ERROR_NONE;
    struct kc_cli_collateral *c = calloc(1, sizeof *c);
    if (c == NULL)
        return kc_cli_fail(KC_EXIT_UNJUDGED, "out of memory");
    if (!kc_cli_read_file(path, KC_OE_ENDORSEMENTS_MAX_SIZE, &c->file[0])) {
        kc_cli_collateral_free(c);
        return KC_EXIT_UNJUDGED;
    }
    if (kc_oe_endorsements_decode(kc_bytes_of(c->file[0].ptr, c->file[0].len), &in, &error) !=
        KC_OK) {
        kc_cli_collateral_free(c);
        return kc_cli_fail(KC_EXIT_UNJUDGED,
                           "--collateral %s: neither a folder nor Open Enclave endorsements: %s",
                           path, error.what);
    }
    c->pieces = (struct kc_collateral_pieces){
        .tcb_info = in.tcb_info,
        .qe_identity = in.qe_identity,
        .tcb_chain = in.tcb_info_chain,
        .qe_chain = in.qe_identity_chain,
        .root_crl = in.root_ca_crl,
        .pck_crl = in.pck_crl,
        .pck_crl_chain = in.pck_crl_chain,
    };
    *out = c;
    return KC_EXIT_OK;
}

int kc_cli_collateral_load(const char *folder, struct kc_cli_collateral **out)
{
    struct stat status;
    if (stat(folder, &status) != 0)
        return kc_cli_fail(KC_EXIT_UNJUDGED, "--collateral %s: %s", folder, strerror(errno));
    if (!S_ISDIR(status.st_mode))
        return load_endorsements(folder, out);
    struct kc_cli_collateral *c = calloc(1, sizeof *c);
    if (c == NULL)
        return kc_cli_fail(KC_EXIT_UNJUDGED, "out of memory");
    for (size_t i = 0; i < KC_CLI_COLLATERAL_FILES; i++) {
        if (!load_file(folder, i, c)) {
            kc_cli_collateral_free(c);
            return KC_EXIT_UNJUDGED;
        }
    }
    *out = c;
    return KC_EXIT_OK;
}

void kc_cli_collateral_free(struct kc_cli_collateral *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < KC_CLI_COLLATERAL_FILES; i++)
        free(c->file[i].ptr);
    free(c);
}
