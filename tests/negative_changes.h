/* What is wrong with quote and collateral in each row of test_verify_negative.c. */
#ifndef KC_TESTS_NEGATIVE_CHANGES_H
#define KC_TESTS_NEGATIVE_CHANGES_H

#include "collateral_spoil.h"
#include "negative_case.h"

/* The platform's rating of a level of the simulated TCB info. */
#define DATED(year, status) year "-01-01T00:00:00Z\",\"tcbStatus\":\"" status "\""

#define ON_COLLATERAL(name, spoil)                                                                 \
    static void name(struct world *w)                                                              \
    {                                                                                              \
        spoil(w->c);                                                                               \
    }
/* In the quote `q` of `w`. */
#define ON_QUOTE(name, change)                                                                     \
    static void name(struct world *w)                                                              \
    {                                                                                              \
        struct kc_tdx_quote *q = &w->quote;                                                        \
        (void)q;                                                                                   \
        change;                                                                                    \
    }
#define ON_TEXT(name, file, from, to)                                                              \
    static void name(struct world *w)                                                              \
    {                                                                                              \
        case_edit(w->c, file, from, to);                                                           \
    }

ON_COLLATERAL(lists_swapped, crls_swapped)
ON_COLLATERAL(root_list_signature, root_crl_signature)
ON_COLLATERAL(pck_list_signature, pck_crl_signature)
ON_COLLATERAL(pck_list_other_key, pck_crl_of_another_key)
ON_COLLATERAL(revoked_leaf, leaf_revoked)
ON_COLLATERAL(revoked_ca, ca_revoked)
ON_COLLATERAL(revoked_signer, signer_revoked)
ON_COLLATERAL(revoked_root, root_revoked)
ON_COLLATERAL(info_white_space, white_space)
ON_COLLATERAL(signer_alone, no_root)
ON_COLLATERAL(signer_below_ca, signer_below_the_ca)
ON_COLLATERAL(signer_other_key, signer_by_another_key)
ON_COLLATERAL(status_unknown, unknown_status)
ON_COLLATERAL(member_twice, name_twice)
ON_COLLATERAL(list_huge, crl_huge)

ON_TEXT(of_another_fmspc, "tcb_info.json", "\"fmspc\":\"00", "\"fmspc\":\"01")
ON_TEXT(of_another_pce, "tcb_info.json", "\"pceId\":\"0000", "\"pceId\":\"0001")
ON_TEXT(info_of_tdx_in_name, "tcb_info.json", "\"id\":\"SGX\"", "\"id\":\"TDX\"")
ON_TEXT(info_of_sgx_in_name, "tcb_info.json", "\"id\":\"TDX\"", "\"id\":\"SGX\"")
ON_TEXT(identity_of_td_qe, "qe_identity.json", "\"id\":\"QE\"", "\"id\":\"TD_QE\"")
ON_TEXT(identity_of_qe, "qe_identity.json", "\"id\":\"TD_QE\"", "\"id\":\"QE\"")
ON_TEXT(identity_of_another_product, "qe_identity.json", "\"isvprodid\":", "\"isvprodid\":1")
ON_TEXT(platform_revoked, "tcb_info.json", DATED("2025", "UpToDate"), DATED("2025", "Revoked"))
ON_TEXT(qe_revoked, "qe_identity.json", "\"UpToDate\"", "\"Revoked\"")
ON_TEXT(fifteen_components, "tcb_info.json", ",{\"svn\":0}]", "]")
ON_TEXT(no_levels, "tcb_info.json", "\"tcbLevels\":[", "\"tcbLevels\":[],\"levels\":[")

static void info_of_sgx(struct world *w)
{
    struct collateral_case *c = w->c;
    case_fresh(c);
    case_edit(c, "qe_identity.json", "\"id\":\"QE\"", "\"id\":\"TD_QE\"");
    case_edit(c, "qe_identity.json", "\"isvprodid\":1", "\"isvprodid\":2");
    case_edit(c, "qe_identity.json", QE_SIGNER, TD_QE_SIGNER);
}

static void info_of_tdx(struct world *w)
{
    collateral_of_tdx(w->c);
    case_edit(w->c, "qe_identity.json", "\"id\":\"TD_QE\"", "\"id\":\"QE\"");
    case_edit(w->c, "qe_identity.json", "\"isvprodid\":2", "\"isvprodid\":1");
    case_edit(w->c, "qe_identity.json", TD_QE_SIGNER, QE_SIGNER);
}

/* The lowest level first: one that judges them as they stand finds OutOfDate. */
static void qe_levels_turned(struct world *w)
{
    case_edit(w->c, "qe_identity.json", "\"isvsvn\":8}", "\"isvsvn\":2}");
    case_edit(w->c, "qe_identity.json", "\"isvsvn\":1}", "\"isvsvn\":7}");
    case_edit(w->c, "qe_identity.json", "\"UpToDate\"", "\"Revoked\"");
    case_edit(w->c, "qe_identity.json", "\"OutOfDate\"", "\"UpToDate\"");
}

/* The lowest first, and it is Revoked: the platform reaches the other. */
static void levels_turned(struct world *w)
{
    case_edit(w->c, "tcb_info.json", DATED("2025", "UpToDate"), DATED("2025", "Revoked"));
    case_edit(w->c, "tcb_info.json", DATED("2024", "OutOfDate"), DATED("2024", "UpToDate"));
    case_edit(w->c, "tcb_info.json", "{\"svn\":7,", "{\"svn\":5,");
    case_edit(w->c, "tcb_info.json", "{\"svn\":6,", "{\"svn\":7,");
}

static void qe_below(struct world *w)
{
    case_edit(w->c, "qe_identity.json", "\"isvsvn\":8}", "\"isvsvn\":9}");
    case_edit(w->c, "qe_identity.json", "\"isvsvn\":1}", "\"isvsvn\":10}");
}

static void deep_json(struct world *w)
{
    size_t depth = 100000;
    char *text = malloc(2 * depth + 32);
    size_t n = (size_t)sprintf(text, "\"new\":");
    memset(text + n, '[', depth);
    memset(text + n + depth, ']', depth);
    strcpy(text + n + 2 * depth, ",\"tcbType\"");
    case_edit(w->c, "tcb_info.json", "\"tcbType\"", text);
    free(text);
}

/* The lowest level is above the platform, by the first component or by the PCE. */
static void components_below(struct world *w)
{
    case_edit(w->c, "tcb_info.json", "{\"svn\":7,", "{\"svn\":9,");
    case_edit(w->c, "tcb_info.json", "{\"svn\":6,", "{\"svn\":8,");
}

static void pce_below(struct world *w)
{
    for (int i = 0; i < 2; i++)
        case_edit(w->c, "tcb_info.json", "\"pcesvn\":13", "\"pcesvn\":14");
}

static const char *qe_signer_of(const struct world *w)
{
    return w->is_tdx ? "DC9E2A" : "8C4F57";
}

static void identity_of_another_signer(struct world *w)
{
    case_edit(w->c, "qe_identity.json", qe_signer_of(w), "000000");
}

static void identity_forged(struct world *w)
{
    edit_unsigned(w->c, "qe_identity.json", qe_signer_of(w), "000000");
}

static void identity_by_nobody(struct world *w)
{
    EVP_PKEY *key = kc_sim_pki_new_key();
    char *inner = case_edited(w->c, "qe_identity.json", qe_signer_of(w), "000000");
    case_sign_json(w->c, "qe_identity.json", "enclaveIdentity", inner, key);
    free(inner);
    EVP_PKEY_free(key);
}

ON_QUOTE(spoil_quote, w->badly_signed = true)
ON_QUOTE(without_descriptor, w->descriptor_unsigned = true)
ON_QUOTE(qe_report_signature, w->qe_badly_signed = true)
ON_QUOTE(key_of_nobody, q->qe_report.report_data[0] ^= 1)
ON_QUOTE(qe_tail, q->qe_report.report_data[63] = 1)
ON_QUOTE(qe_is_debug, q->qe_report.attributes.flags |= KC_SGX_FLAG_DEBUG)
ON_QUOTE(qe_attributes, q->qe_report.attributes.flags ^= KC_SGX_FLAG_PROVISION_KEY)
ON_QUOTE(qe_misc_select, q->qe_report.misc_select = 1)
ON_QUOTE(vendor, q->qe_vendor_id[0] ^= 1)
ON_QUOTE(enclave_debug, q->sgx.attributes.flags |= KC_SGX_FLAG_DEBUG)
ON_QUOTE(domain_debug, q->td.td_attributes = KC_TD_ATTRIBUTES_DEBUG)
ON_QUOTE(domain_open, q->td.td_attributes = 0x80)

static void qe_of_sgx(struct world *w)
{
    from_hex(QE_SIGNER, w->quote.qe_report.mrsigner, 32);
    w->quote.qe_report.isv_prod_id = 1;
}

static void qe_of_tdx(struct world *w)
{
    from_hex(TD_QE_SIGNER, w->quote.qe_report.mrsigner, 32);
    w->quote.qe_report.isv_prod_id = 2;
}

static void revoked_qe_and_bad_signature(struct world *w)
{
    qe_revoked(w);
    spoil_quote(w);
}

/* Lengths, from behind what is signed. The later versions have six bytes of an outer certification
 * data type and size before the QE's report. */
enum { SIGNATURE_DATA = 4, OUTER_SIZE = 134, QE_AUTH = 580, AUTH_SIZE = 32 };

static uint8_t *behind(struct world *w, size_t at)
{
    return w->bytes + w->signed_len + at + (at >= QE_AUTH && w->kind != SGX_3 ? 6 : 0);
}

#define ON_BYTES(name, at, byte, len)                                                              \
    static void write_##name(struct world *w)                                                      \
    {                                                                                              \
        memset(at, byte, len);                                                                     \
    }                                                                                              \
    static void name(struct world *w)                                                              \
    {                                                                                              \
        w->patch = write_##name;                                                                   \
    }

ON_BYTES(signature_data_huge, behind(w, 0), 0xff, 4)
ON_BYTES(signature_data_empty, behind(w, 0), 0, 4)
ON_BYTES(outer_data_huge, behind(w, OUTER_SIZE), 0xff, 4)
ON_BYTES(qe_auth_huge, behind(w, QE_AUTH), 0xff, 2)
ON_BYTES(chain_huge, behind(w, QE_AUTH + 2 + AUTH_SIZE + 2), 0xff, 4)

/* What header and descriptor say of the body; the attestation key signs it all. */
enum { TEE_TYPE = 4, BODY_TYPE = 48, BODY_SIZE = 50 };

ON_BYTES(tee_of_the_other, w->bytes + TEE_TYPE, w->is_tdx ? KC_TDX_QUOTE_TEE_SGX : 0x81, 1)
ON_BYTES(tee_unknown, w->bytes + TEE_TYPE, 0x82, 1)
ON_BYTES(body_of_the_other, w->bytes + BODY_TYPE, w->is_tdx ? KC_TDX_QUOTE_SGX : KC_TDX_QUOTE_TD10,
         1)
ON_BYTES(body_unknown, w->bytes + BODY_TYPE, 4, 1)
ON_BYTES(body_size_huge, w->bytes + BODY_SIZE, 0xff, 4)
ON_BYTES(body_size_none, w->bytes + BODY_SIZE, 0, 4)

static void write_body_size(struct world *w)
{
    w->bytes[BODY_SIZE]--;
}

static void body_size_less(struct world *w)
{
    w->patch = write_body_size;
}

#endif
