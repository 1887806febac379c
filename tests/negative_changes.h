/* What is wrong with quote and collateral in each row of test_verify_negative.c. */
#ifndef KC_TESTS_NEGATIVE_CHANGES_H
#define KC_TESTS_NEGATIVE_CHANGES_H

#include "collateral_spoil.h"
#include "negative_case.h"

typedef void change_fn(struct world *w);

static void good(struct world *w)
{
    (void)w;
}

/* The platform's rating of a level of the simulated TCB info. */
#define DATED(year, status) year "-01-01T00:00:00Z\",\"tcbStatus\":\"" status "\""

#define ON_COLLATERAL(name, spoil)                                                                 \
    static void name(struct world *w)                                                              \
    {                                                                                              \
        spoil(w->c);                                                                               \
    }
#define ON_TEXT(name, file, from, to)                                                              \
    static void name(struct world *w)                                                              \
    {                                                                                              \
        case_edit(w->c, file, from, to);                                                           \
    }

ON_COLLATERAL(identity_forged, forged_identity)
ON_COLLATERAL(identity_by_nobody, identity_of_nobody)
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
ON_TEXT(identity_of_another_signer, "qe_identity.json", "8C4F57", "000000")
ON_TEXT(identity_of_another_product, "qe_identity.json", "\"isvprodid\":1", "\"isvprodid\":2")
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

static void spoil_quote(struct world *w)
{
    w->cut_wrong = true;
}

static void revoked_qe_and_bad_signature(struct world *w)
{
    qe_revoked(w);
    spoil_quote(w);
}

static void auth_length_huge(struct world *w)
{
    memset(w->bytes + 432, 0xff, 4);
}

static void qe_auth_length_huge(struct world *w)
{
    memset(w->bytes + 1012, 0xff, 2);
}

static void chain_length_huge(struct world *w)
{
    memset(w->bytes + 1048, 0xff, 4);
}

static void module_revoked(struct world *w)
{
    w->tdx.td.tee_tcb_svn[0] = 3;
}

static void module_unknown(struct world *w)
{
    w->tdx.td.tee_tcb_svn[1] = 2;
}

static void module_signer(struct world *w)
{
    w->tdx.td.mrsignerseam[0] = 1;
}

static void module_below(struct world *w)
{
    w->tdx.td.tee_tcb_svn[0] = 1;
}

static void domain_debug(struct world *w)
{
    w->tdx.td.td_attributes = 1;
}

static void qe_is_debug(struct world *w)
{
    w->tdx.qe_report.attributes.flags |= KC_SGX_FLAG_DEBUG;
}

static void qe_tail(struct world *w)
{
    w->tdx.qe_report.report_data[63] = 1;
}

static void qe_of_sgx(struct world *w)
{
    from_hex(QE_SIGNER, w->tdx.qe_report.mrsigner, 32);
    w->tdx.qe_report.isv_prod_id = 1;
}

static void vendor(struct world *w)
{
    w->tdx.qe_vendor_id[0] ^= 1;
}

#endif
