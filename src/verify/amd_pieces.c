#include "verify/amd_pieces.h"

#include <string.h>

#include "base/pem.h"
#include "formats/crl.h"
#include "formats/snp_certificates.h"
#include "verify/collateral_parts.h"

static void note_fault(struct kc_amd_material *m, const char *what, uint64_t at)
{
    if (m->fault != NULL)
        return;
    m->fault = what;
    m->at = at;
}

/* Its place by what it is, for names and order may be anyone's: ARK issues itself, a leaf's key is
 * on P-384. The first of a kind stays. */
static struct kc_bytes *place_of(struct kc_amd_material *m,
                                 const struct kc_amd_certificate *certificate)
{
    if (certificate->key_is_p384)
        return &m->certificates.vek;
    if (kc_bytes_equal(certificate->x509.issuer, certificate->x509.subject))
        return &m->certificates.ark;
    return &m->certificates.ask;
}

static void put(struct kc_amd_material *m, struct kc_bytes der)
{
    struct kc_amd_certificate certificate;
    struct kc_error error = KC_ERROR_NONE;
    if (kc_amd_certificate_decode(der, &certificate, &error) != KC_OK) {
        note_fault(m, error.what, error.at);
        return;
    }
    struct kc_bytes *place = place_of(m, &certificate);
    if (place->len == 0)
        *place = der;
}

static void put_copy(struct kc_amd_material *m, struct kc_bytes der, size_t *used)
{
    if (*used == sizeof m->der / sizeof m->der[0])
        return;
    memcpy(m->der[*used], der.ptr, der.len);
    put(m, kc_bytes_of(m->der[*used], der.len));
    (*used)++;
}

static void read_pem(struct kc_amd_material *m, struct kc_bytes text, size_t *used)
{
    uint8_t der[KC_CERTIFICATE_MAX_SIZE];
    size_t len = 0;
    struct kc_error error = KC_ERROR_NONE;
    if (text.len > sizeof m->pem) {
        note_fault(m, "the file is larger than any chain", text.len);
        return;
    }
    struct kc_reader r = kc_reader_of(kc_bytes_of(m->pem, kc_collateral_tidy_pem(text, m->pem)));
    while (r.left > 0) {
        if (kc_pem_read(&r, "CERTIFICATE", (struct kc_room){der, sizeof der}, &len, &error) !=
            KC_OK) {
            note_fault(m, error.what, error.at);
            return;
        }
        put_copy(m, kc_bytes_of(der, len), used);
    }
}

static void read_file(struct kc_amd_material *m, struct kc_bytes file, size_t *used)
{
    if (file.ptr == NULL)
        return;
    if (file.len > 0 && file.ptr[0] == 0x30)
        put(m, file);
    else
        read_pem(m, file, used);
}

static void read_table(struct kc_amd_material *m, struct kc_bytes bytes, uint8_t signing_key,
                       struct kc_error *error)
{
    struct kc_snp_certificates table;
    if (bytes.ptr == NULL || kc_snp_certificates_decode(bytes, &table, error) != KC_OK)
        return;
    if (m->certificates.vek.len == 0)
        m->certificates.vek = signing_key == KC_SNP_KEY_VLEK ? table.vlek : table.vcek;
    if (m->certificates.ask.len == 0)
        m->certificates.ask = table.ask;
    if (m->certificates.ark.len == 0)
        m->certificates.ark = table.ark;
}

/* What cannot be unwrapped stays as it is, and will be refused as no DER. */
static void read_list(struct kc_amd_material *m, struct kc_bytes file)
{
    struct kc_room room = {m->list, sizeof m->list};
    if (file.ptr == NULL || kc_crl_unwrap(file, room, &m->certificates.list, NULL) != KC_OK)
        m->certificates.list = file;
}

/* Nobody vouches for what stands behind a report: it helps, or it is nothing. */
static void read_tail(struct kc_amd_material *m, struct kc_bytes tail, uint8_t signing_key,
                      size_t *used)
{
    const char *fault = m->fault;
    if (tail.len > 0 && tail.ptr[0] == '-')
        read_pem(m, tail, used);
    else
        read_table(m, tail, signing_key, NULL);
    m->fault = fault;
}

void kc_amd_pieces_sort(const struct kc_amd_pieces *pieces, struct kc_bytes table,
                        uint8_t signing_key, struct kc_amd_material *out)
{
    size_t used = 0;
    struct kc_error error = KC_ERROR_NONE;
    memset(out, 0, sizeof *out);
    read_file(out, pieces->vek, &used);
    read_file(out, pieces->chain, &used);
    read_table(out, pieces->table, signing_key, &error);
    if (error.code != KC_OK)
        note_fault(out, error.what, error.at);
    read_tail(out, table, signing_key, &used);
    read_list(out, pieces->list);
}
