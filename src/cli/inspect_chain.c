/* Certificates, as far as they can be read. */
#include <stdio.h>
#include <stdlib.h>

#include "base/pem.h"
#include "cli/inspect.h"
#include "formats/pck_certificate.h"

static void show_error(struct kc_tree *tree, json_t *section, const struct kc_error *error)
{
    kc_tree_literal(tree, section, "unreadable", error->what, "why it could not be read");
    kc_tree_number(tree, section, "unreadable_at", error->at, "offset, or the number in question");
}

void kc_inspect_certificate(struct kc_tree *tree, json_t *section,
                            const struct kc_certificate *certificate)
{
    kc_tree_text(tree, section, "subject", certificate->subject_common_name, "whom it names");
    kc_tree_text(tree, section, "issuer", certificate->issuer_common_name, "who vouches for that");
    kc_tree_bytes(tree, section, "serial", certificate->serial, "its number with the issuer");
    kc_tree_time(tree, section, "not_before", certificate->not_before, "first second of validity");
    kc_tree_time(tree, section, "not_after", certificate->not_after, "last second of validity");
    kc_tree_flag(tree, section, "is_ca", certificate->is_ca,
                 certificate->is_ca ? "may issue certificates" : "may not issue certificates");
    if (certificate->key_is_p256)
        kc_tree_bytes(tree, section, "public_key", kc_bytes_of(certificate->public_key, 64),
                      "P-256 x || y");
    else
        kc_tree_bytes(tree, section, "spki", certificate->spki,
                      "public key of another kind than P-256, DER");
    if (certificate->has_unknown_critical)
        kc_tree_flag(tree, section, "unknown_critical", true,
                     "a critical extension: readers that do not know it must refuse");
}

/* "4 4 3 3 255 ..." */
static void show_components(struct kc_tree *tree, json_t *section, const uint8_t svn[16])
{
    char text[16 * 4 + 1] = "";
    size_t n = 0;
    for (size_t i = 0; i < 16; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, i == 0 ? "%d" : " %d", svn[i]);
    kc_tree_literal(tree, section, "tcb_components", text,
                    "security versions of the platform's 16 parts: matched against TCB info");
}

static void show_pck(struct kc_tree *tree, json_t *section, const struct kc_pck_extension *pck)
{
    static const char *const types[] = {
        [KC_SGX_TYPE_STANDARD] = "standard: memory encrypted with integrity",
        [KC_SGX_TYPE_SCALABLE] = "scalable: large memory",
        [KC_SGX_TYPE_SCALABLE_WITH_INTEGRITY] = "scalable with integrity",
    };
    kc_tree_bytes(tree, section, "fmspc", kc_bytes_of(pck->fmspc, 6),
                  "family, model and stepping: which TCB info applies");
    kc_tree_bytes(tree, section, "pce_id", kc_bytes_of(pck->pce_id, 2), "which PCE certified");
    kc_tree_bytes(tree, section, "ppid", kc_bytes_of(pck->ppid, 16), "this very platform");
    show_components(tree, section, pck->component_svn);
    kc_tree_number(tree, section, "pce_svn", pck->pce_svn, "security version of the PCE");
    kc_tree_bytes(tree, section, "cpu_svn", kc_bytes_of(pck->cpu_svn, 16),
                  "the same components as the processor packs them");
    kc_tree_literal(tree, section, "sgx_type", types[pck->sgx_type], "kind of memory protection");
    if (!pck->has_platform)
        return;
    kc_tree_bytes(tree, section, "platform_instance_id", kc_bytes_of(pck->platform_instance_id, 16),
                  "this set of processor packages");
    kc_tree_flag(tree, section, "dynamic_platform", pck->dynamic_platform,
                 "whether packages can be added");
    kc_tree_flag(tree, section, "cached_keys", pck->cached_keys,
                 "whether Intel keeps platform keys");
    kc_tree_flag(tree, section, "smt_enabled", pck->smt_enabled, "whether hyper-threading is on");
}

static void show_one(struct kc_tree *tree, json_t *section, struct kc_bytes der)
{
    struct kc_certificate certificate;
    struct kc_pck_extension pck;
    struct kc_error error = KC_ERROR_NONE;
    if (kc_certificate_decode(der, &certificate, &error) != KC_OK) {
        show_error(tree, section, &error);
        return;
    }
    kc_inspect_certificate(tree, section, &certificate);
    enum kc_err err = kc_pck_extension_decode(&certificate, &pck, &error);
    if (err == KC_ERR_ABSENT)
        return;
    json_t *extension = kc_tree_section(tree, section, "sgx_extension",
                                        "Intel's extension: what platform the key belongs to");
    if (err == KC_OK)
        show_pck(tree, extension, &pck);
    else
        show_error(tree, extension, &error);
}

void kc_inspect_chain(struct kc_tree *tree, json_t *parent, struct kc_bytes pem)
{
    json_t *chain = kc_tree_section(tree, parent, "chain", "leaf first, root last");
    struct kc_room room = {malloc(pem.len + 1), pem.len};
    if (pem.len > 0 && pem.ptr[pem.len - 1] == 0)
        pem.len--;
    struct kc_reader r = kc_reader_of(pem);
    tree->failed = tree->failed || room.ptr == NULL;
    for (int i = 1; !tree->failed && r.left > 0; i++) {
        struct kc_error error = KC_ERROR_NONE;
        char name[32];
        size_t len = 0;
        snprintf(name, sizeof name, "certificate %d", i);
        json_t *section = kc_tree_item(tree, chain, kc_bytes_of_text(name), NULL);
        if (kc_pem_read(&r, "CERTIFICATE", room, &len, &error) != KC_OK) {
            show_error(tree, section, &error);
            break;
        }
        show_one(tree, section, kc_bytes_of(room.ptr, len));
    }
    free(room.ptr);
}
