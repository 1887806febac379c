#include <stdlib.h>
#include <string.h>

#include "library/parts.h"
#include "verify/chain.h"
#include "verify/root.h"

struct pieces {
    struct kc_collateral_pieces intel;
    struct kc_amd_pieces amd;
};

static const struct {
    const char *name;
    size_t at; /* of its kc_bytes */
    bool is_amd;
} names[] = {
    {"tcb_info.json", offsetof(struct pieces, intel.tcb_info), false},
    {"tcb_chain.pem", offsetof(struct pieces, intel.tcb_chain), false},
    {"qe_identity.json", offsetof(struct pieces, intel.qe_identity), false},
    {"qe_chain.pem", offsetof(struct pieces, intel.qe_chain), false},
    {"root_ca_crl.der", offsetof(struct pieces, intel.root_crl), false},
    {"pck_crl.der", offsetof(struct pieces, intel.pck_crl), false},
    {"pck_crl_chain.pem", offsetof(struct pieces, intel.pck_crl_chain), false},
    {"vek.der", offsetof(struct pieces, amd.vek), true},
    {"ask_ark.pem", offsetof(struct pieces, amd.chain), true},
    {"auxblob", offsetof(struct pieces, amd.table), true},
    {"ark_crl.der", offsetof(struct pieces, amd.list), true},
};
#define NAMES (sizeof names / sizeof names[0])

struct keyclave_store *keyclave_store_new(void)
{
    struct keyclave_store *store = malloc(sizeof *store);
    if (store == NULL)
        return NULL;
    store->trust = kc_trust_new();
    if (store->trust == NULL) {
        free(store);
        return NULL;
    }
    kc_trust_set_roots(store->trust, kc_chain_intel_root_key, kc_amd_chain_roots, KC_AMD_ROOTS);
    return store;
}

void keyclave_store_free(struct keyclave_store *store)
{
    if (store == NULL)
        return;
    kc_trust_free(store->trust);
    free(store);
}

enum keyclave_status keyclave_store_set_root(struct keyclave_store *store, const char *pem,
                                             size_t len, struct keyclave_error *error)
{
    struct kc_root root;
    struct kc_error found = KC_ERROR_NONE;
    if (error != NULL)
        error->text[0] = '\0';
    enum kc_err err = kc_root_read(kc_bytes_of((const uint8_t *)pem, len), &root, &found);
    if (err != KC_OK)
        return kc_library_fail(error, err == KC_ERR_MEMORY ? KEYCLAVE_NO_MEMORY : KEYCLAVE_WRONG,
                               "root: %s", found.what);
    kc_trust_set_roots(store->trust, root.is_amd ? NULL : root.key, &root.amd, root.is_amd);
    return KEYCLAVE_OK;
}

/* An empty piece is there, and damaged: only what is not named is not there. */
static enum keyclave_status sort(const struct keyclave_piece *pieces, size_t count,
                                 struct pieces *out, struct keyclave_error *error)
{
    static const uint8_t empty[1];
    for (size_t i = 0; i < count; i++) {
        const char *name = pieces[i].name != NULL ? pieces[i].name : "";
        size_t k = 0;
        while (k < NAMES && strcmp(names[k].name, name) != 0)
            k++;
        if (k == NAMES)
            return kc_library_fail(error, KEYCLAVE_WRONG, "%s: no name of a piece", name);
        struct kc_bytes *place = (struct kc_bytes *)(void *)((uint8_t *)out + names[k].at);
        if (place->ptr != NULL)
            return kc_library_fail(error, KEYCLAVE_WRONG, "%s stands twice", name);
        bool has_bytes = pieces[i].bytes != NULL && pieces[i].len > 0;
        *place = has_bytes ? kc_bytes_of(pieces[i].bytes, pieces[i].len) : kc_bytes_of(empty, 0);
    }
    return KEYCLAVE_OK;
}

static bool has_any(const struct pieces *pieces, bool of_amd)
{
    for (size_t i = 0; i < NAMES; i++) {
        const struct kc_bytes *piece =
            (const struct kc_bytes *)(const void *)((const uint8_t *)pieces + names[i].at);
        if (names[i].is_amd == of_amd && piece->ptr != NULL)
            return true;
    }
    return false;
}

static enum keyclave_status status_of(enum kc_err err, const struct kc_error *found,
                                      const char *whose, struct keyclave_error *error)
{
    switch (err) {
    case KC_OK:
        return KEYCLAVE_OK;
    case KC_ERR_MEMORY:
        return kc_library_fail(error, KEYCLAVE_NO_MEMORY, "%s", found->what);
    case KC_ERR_ROOM:
        return kc_library_fail(error, KEYCLAVE_FULL, "%s", found->what);
    default:
        return kc_library_fail(error, KEYCLAVE_WRONG, "%s: %s", whose, found->what);
    }
}

enum keyclave_status keyclave_store_add(struct keyclave_store *store,
                                        const struct keyclave_piece *pieces, size_t count,
                                        struct keyclave_error *error)
{
    struct pieces sorted = {0};
    struct kc_error found = KC_ERROR_NONE;
    enum kc_err err = KC_OK;
    if (error != NULL)
        error->text[0] = '\0';
    enum keyclave_status status = sort(pieces, count, &sorted, error);
    if (status != KEYCLAVE_OK)
        return status;
    bool has_intel = has_any(&sorted, false);
    bool has_amd = has_any(&sorted, true);
    if (has_intel == has_amd)
        return kc_library_fail(error, KEYCLAVE_WRONG,
                               has_amd ? "pieces of Intel's and of AMD's: add each by itself"
                                       : "there is no piece");
    if (has_intel)
        err = kc_trust_add(store->trust, &sorted.intel, false, &found);
    else
        err = kc_trust_add_amd(store->trust, &sorted.amd, false, &found);
    return status_of(err, &found, has_intel ? "collateral" : "certificates", error);
}

size_t keyclave_store_size(struct keyclave_store *store)
{
    return sizeof *store + kc_trust_size(store->trust);
}
