#include "formats/qe_identity.h"

#include <string.h>

static void read_id(struct kc_json *j, void *out)
{
    struct kc_qe_identity *identity = out;
    struct kc_bytes id = kc_json_string(j);
    if (kc_bytes_equal(id, kc_bytes_of_text("QE")))
        identity->id = KC_QE_IDENTITY_QE;
    else if (kc_bytes_equal(id, kc_bytes_of_text("TD_QE")))
        identity->id = KC_QE_IDENTITY_TD_QE;
    else
        kc_json_fail_unsupported(j, "QE identity: id is neither QE nor TD_QE");
}

static void read_version(struct kc_json *j, void *out)
{
    (void)out;
    if (kc_json_number(j, UINT16_MAX) != 2)
        kc_json_fail_unsupported(j, "QE identity: version is not 2");
}

static void read_issue_date(struct kc_json *j, void *out)
{
    struct kc_qe_identity *identity = out;
    identity->issue_date = kc_json_time(j);
}

static void read_next_update(struct kc_json *j, void *out)
{
    struct kc_qe_identity *identity = out;
    identity->next_update = kc_json_time(j);
}

static void read_evaluation_number(struct kc_json *j, void *out)
{
    struct kc_qe_identity *identity = out;
    identity->evaluation_number = (uint32_t)kc_json_number(j, UINT32_MAX);
}

static void read_misc_select(struct kc_json *j, void *out)
{
    struct kc_qe_identity *identity = out;
    kc_json_hex(j, identity->misc_select, sizeof identity->misc_select);
}

static void read_misc_select_mask(struct kc_json *j, void *out)
{
    struct kc_qe_identity *identity = out;
    kc_json_hex(j, identity->misc_select_mask, sizeof identity->misc_select_mask);
}

static void read_attributes(struct kc_json *j, void *out)
{
    struct kc_qe_identity *identity = out;
    kc_json_hex(j, identity->attributes, sizeof identity->attributes);
}

static void read_attributes_mask(struct kc_json *j, void *out)
{
    struct kc_qe_identity *identity = out;
    kc_json_hex(j, identity->attributes_mask, sizeof identity->attributes_mask);
}

static void read_mrsigner(struct kc_json *j, void *out)
{
    struct kc_qe_identity *identity = out;
    kc_json_hex(j, identity->mrsigner, sizeof identity->mrsigner);
}

static void read_isv_prod_id(struct kc_json *j, void *out)
{
    struct kc_qe_identity *identity = out;
    identity->isv_prod_id = (uint16_t)kc_json_number(j, UINT16_MAX);
}

static void read_levels(struct kc_json *j, void *out)
{
    struct kc_qe_identity *identity = out;
    kc_svn_levels_read(j, &identity->levels);
}

static void read_identity(struct kc_json *j, void *out)
{
    static const struct kc_json_member members[] = {
        {"id", "QE identity: no id", read_id},
        {"version", "QE identity: no version", read_version},
        {"issueDate", "QE identity: no issueDate", read_issue_date},
        {"nextUpdate", "QE identity: no nextUpdate", read_next_update},
        {"tcbEvaluationDataNumber", "QE identity: no tcbEvaluationDataNumber",
         read_evaluation_number},
        {"miscselect", "QE identity: no miscselect", read_misc_select},
        {"miscselectMask", "QE identity: no miscselectMask", read_misc_select_mask},
        {"attributes", "QE identity: no attributes", read_attributes},
        {"attributesMask", "QE identity: no attributesMask", read_attributes_mask},
        {"mrsigner", "QE identity: no mrsigner", read_mrsigner},
        {"isvprodid", "QE identity: no isvprodid", read_isv_prod_id},
        {"tcbLevels", "QE identity: no tcbLevels", read_levels},
    };
    (void)kc_json_members(j, members, sizeof members / sizeof members[0], out);
}

enum kc_err kc_qe_identity_decode(struct kc_bytes body, struct kc_qe_identity *out,
                                  struct kc_error *error)
{
    memset(out, 0, sizeof *out);
    return kc_signed_json_decode(body, "enclaveIdentity", read_identity, out, &out->body, error);
}
