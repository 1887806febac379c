#include "formats/pck_certificate.h"

#include <string.h>

#include "base/pem.h"
#include "formats/certificate_extensions.h"
#include "formats/der.h"

/*
 * SEQUENCE OF SEQUENCE { id OBJECT IDENTIFIER, value }, where the ids are 1.2.840.113741.1.13.1
 * and one number more, in ascending order:
 *   1 PPID OCTET STRING (16)
 *   2 TCB SEQUENCE OF the same: 1 to 16 component SVNs (0 to 255), 17 PCESVN, 18 CPUSVN
 *   3 PCE-ID OCTET STRING (2)       4 FMSPC OCTET STRING (6)      5 SGX type ENUMERATED
 *   6 platform instance id OCTET STRING (16)
 *   7 configuration SEQUENCE OF the same: 1 dynamic platform, 2 cached keys, 3 SMT, each BOOLEAN
 * The Platform CA writes all seven, the Processor CA the first five; Intel's library counts them.
 */

#define OID_LEN     sizeof kc_certificate_oid_sgx
#define ID_PPID     1
#define ID_TCB      2
#define ID_PCE_ID   3
#define ID_FMSPC    4
#define ID_SGX_TYPE 5
#define ID_INSTANCE 6
#define ID_CONFIG   7
#define ID_PCE_SVN  17
#define ID_CPU_SVN  18

/* Opens the next pair, which must bear the SGX OID, `group` (where it is not 0) and `id`. */
static struct kc_reader enter_pair(struct kc_reader *r, uint8_t group, uint8_t id)
{
    uint8_t want[OID_LEN + 2];
    size_t len = OID_LEN;
    struct kc_reader pair = kc_der_enter(r, KC_DER_SEQUENCE);
    size_t at = pair.at;
    struct kc_bytes oid = kc_der_oid(&pair);
    memcpy(want, kc_certificate_oid_sgx, OID_LEN);
    if (group != 0)
        want[len++] = group;
    want[len++] = id;
    if (!pair.failed && !kc_bytes_equal(oid, kc_bytes_of(want, len))) {
        pair.at = at;
        kc_reader_fail(&pair);
    }
    return pair;
}

static void read_octets(struct kc_reader *r, uint8_t id, uint8_t *out, size_t n)
{
    struct kc_reader pair = enter_pair(r, 0, id);
    kc_der_octets(&pair, out, n);
    kc_der_leave(r, &pair);
}

static void read_tcb(struct kc_reader *r, struct kc_pck_extension *out)
{
    struct kc_reader outer = enter_pair(r, 0, ID_TCB);
    struct kc_reader list = kc_der_enter(&outer, KC_DER_SEQUENCE);
    for (uint8_t i = 0; i < 16; i++) {
        struct kc_reader pair = enter_pair(&list, ID_TCB, (uint8_t)(i + 1));
        out->component_svn[i] = (uint8_t)kc_der_uint(&pair, KC_DER_INTEGER, UINT8_MAX);
        kc_der_leave(&list, &pair);
    }
    struct kc_reader pce_svn = enter_pair(&list, ID_TCB, ID_PCE_SVN);
    out->pce_svn = (uint16_t)kc_der_uint(&pce_svn, KC_DER_INTEGER, UINT16_MAX);
    kc_der_leave(&list, &pce_svn);
    struct kc_reader cpu_svn = enter_pair(&list, ID_TCB, ID_CPU_SVN);
    kc_der_octets(&cpu_svn, out->cpu_svn, sizeof out->cpu_svn);
    kc_der_leave(&list, &cpu_svn);
    kc_der_leave(&outer, &list);
    kc_der_leave(r, &outer);
}

static void read_sgx_type(struct kc_reader *r, struct kc_pck_extension *out)
{
    struct kc_reader pair = enter_pair(r, 0, ID_SGX_TYPE);
    out->sgx_type = (enum kc_sgx_type)kc_der_uint(&pair, KC_DER_ENUMERATED,
                                                  KC_SGX_TYPE_SCALABLE_WITH_INTEGRITY);
    kc_der_leave(r, &pair);
}

static void read_configuration(struct kc_reader *r, struct kc_pck_extension *out)
{
    bool *const flags[] = {&out->dynamic_platform, &out->cached_keys, &out->smt_enabled};
    struct kc_reader outer = enter_pair(r, 0, ID_CONFIG);
    struct kc_reader list = kc_der_enter(&outer, KC_DER_SEQUENCE);
    for (uint8_t i = 0; i < 3; i++) {
        struct kc_reader pair = enter_pair(&list, ID_CONFIG, (uint8_t)(i + 1));
        *flags[i] = kc_der_boolean(&pair);
        kc_der_leave(&list, &pair);
    }
    kc_der_leave(&outer, &list);
    kc_der_leave(r, &outer);
}

enum kc_err kc_pck_extension_decode(const struct kc_certificate *certificate,
                                    struct kc_pck_extension *out, struct kc_error *error)
{
    struct kc_pck_extension decoded = {0};
    struct kc_bytes value;
    bool critical = false;
    if (!kc_certificate_find_extension(
            certificate, kc_bytes_of(kc_certificate_oid_sgx, sizeof kc_certificate_oid_sgx), &value,
            &critical))
        return kc_error_set(error, KC_ERR_ABSENT, "PCK certificate: no SGX extension", 0);
    struct kc_reader r = kc_reader_of(value);
    struct kc_reader list = kc_der_enter(&r, KC_DER_SEQUENCE);
    read_octets(&list, ID_PPID, decoded.ppid, sizeof decoded.ppid);
    read_tcb(&list, &decoded);
    read_octets(&list, ID_PCE_ID, decoded.pce_id, sizeof decoded.pce_id);
    read_octets(&list, ID_FMSPC, decoded.fmspc, sizeof decoded.fmspc);
    read_sgx_type(&list, &decoded);
    if (list.left > 0) {
        decoded.has_platform = true;
        read_octets(&list, ID_INSTANCE, decoded.platform_instance_id,
                    sizeof decoded.platform_instance_id);
        read_configuration(&list, &decoded);
    }
    kc_der_leave(&r, &list);
    if (!kc_reader_done(&r))
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "PCK certificate: SGX extension off Intel's profile", r.at);
    *out = decoded;
    return KC_OK;
}

/* Reads one block into place `chain->count`. */
static enum kc_err read_certificate(struct kc_reader *r, struct kc_pck_chain *chain,
                                    struct kc_error *error)
{
    size_t i = chain->count;
    size_t len = 0;
    size_t at = r->at;
    struct kc_error inner = KC_ERROR_NONE;
    if (i == KC_PCK_CHAIN_MAX)
        return kc_error_set(error, KC_ERR_MALFORMED, "PCK chain: more than 4 certificates", at);
    struct kc_room room = {chain->der[i], sizeof chain->der[i]};
    enum kc_err err = kc_pem_read(r, "CERTIFICATE", room, &len, error);
    if (err != KC_OK)
        return err;
    /* An offset into the DER says nothing to one who has the PEM: name the block instead. */
    err = kc_certificate_decode(kc_bytes_of(chain->der[i], len), &chain->certificate[i], &inner);
    if (err != KC_OK)
        return kc_error_set(error, err, inner.what, at);
    chain->count++;
    return KC_OK;
}

enum kc_err kc_pck_chain_decode(struct kc_bytes pem, struct kc_pck_chain *out,
                                struct kc_error *error)
{
    struct kc_reader r = kc_reader_of(pem);
    enum kc_err err = KC_OK;
    out->count = 0;
    if (pem.len > 0 && pem.ptr[pem.len - 1] == 0)
        r.left--;
    do
        err = read_certificate(&r, out, error);
    while (err == KC_OK && r.left > 0);
    if (err != KC_OK)
        out->count = 0;
    return err;
}
