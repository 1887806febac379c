#include "formats/tcb_info.h"

#include <string.h>

#define ALL_FLAT 0xffffu

/* The body while it is read: the version may come after what depends on it. */
struct reading {
    struct kc_tcb_info *info;
    bool has_id;
    bool has_tdx_module;
    bool has_tdx;     /* that, or TDX module identities */
    bool flat;        /* some level is written in the way of version 2 */
    bool nested;      /* or in that of version 3 */
    bool with_tdx;    /* some level has TDX components */
    bool without_tdx; /* or has none */
};

static bool is_text(struct kc_bytes text, const char *wanted)
{
    return kc_bytes_equal(text, kc_bytes_of_text(wanted));
}

/* "sgxtcbcomp01svn" to "sgxtcbcomp16svn": the index from 0, or KC_TCB_COMPONENTS for others. */
static size_t flat_index(struct kc_bytes name)
{
    static const char start[] = "sgxtcbcomp";
    static const char end[] = "svn";
    if (name.len != 15 || memcmp(name.ptr, start, 10) != 0 || memcmp(name.ptr + 12, end, 3) != 0)
        return KC_TCB_COMPONENTS;
    unsigned tens = (unsigned)name.ptr[10] - '0';
    unsigned ones = (unsigned)name.ptr[11] - '0';
    unsigned number = tens * 10 + ones;
    return tens > 1 || ones > 9 || number < 1 || number > 16 ? KC_TCB_COMPONENTS : number - 1;
}

static void read_svn(struct kc_json *j, void *out)
{
    *(uint8_t *)out = (uint8_t)kc_json_number(j, UINT8_MAX);
}

/* A list of exactly 16 {svn, category, type}. */
static void read_components(struct kc_json *j, uint8_t out[KC_TCB_COMPONENTS])
{
    static const struct kc_json_member component[] = {
        {"svn", "TCB info: a component without svn", read_svn},
    };
    struct kc_json_scope list = {0, false};
    size_t count = 0;
    kc_json_array_begin(j, &list);
    while (kc_json_array_next(j, &list)) {
        if (count == KC_TCB_COMPONENTS) {
            kc_json_fail(j, "TCB info: more than 16 components");
            return;
        }
        (void)kc_json_members(j, component, 1, &out[count++]);
    }
    if (count != KC_TCB_COMPONENTS)
        kc_json_fail(j, "TCB info: fewer than 16 components");
}

static void read_tcb(struct kc_json *j, struct reading *reading, struct kc_tcb_level *level)
{
    struct kc_json_scope object = {0, false};
    struct kc_bytes name = {NULL, 0};
    bool has_pce_svn = false;
    bool has_sgx = false;
    bool has_tdx = false;
    uint32_t flat = 0;
    kc_json_object_begin(j, &object);
    while (kc_json_object_next(j, &object, &name)) {
        size_t i = flat_index(name);
        if (i < KC_TCB_COMPONENTS) {
            read_svn(j, &level->sgx[i]);
            flat |= UINT32_C(1) << i;
        } else if (is_text(name, "sgxtcbcomponents")) {
            read_components(j, level->sgx);
            has_sgx = true;
        } else if (is_text(name, "tdxtcbcomponents")) {
            read_components(j, level->tdx);
            has_tdx = true;
        } else if (is_text(name, "pcesvn")) {
            level->pce_svn = (uint16_t)kc_json_number(j, UINT16_MAX);
            has_pce_svn = true;
        } else {
            (void)kc_json_skip(j);
        }
    }
    if (has_sgx ? flat != 0 : flat != ALL_FLAT)
        kc_json_fail(j, "TCB info: SGX components incomplete, or in two forms");
    if (!has_pce_svn)
        kc_json_fail(j, "TCB info: a level without pcesvn");
    reading->nested |= has_sgx;
    reading->flat |= !has_sgx;
    reading->with_tdx |= has_tdx;
    reading->without_tdx |= !has_tdx;
}

static void read_level(struct kc_json *j, struct reading *reading, struct kc_tcb_level *out)
{
    struct kc_json_scope object = {0, false};
    struct kc_bytes name = {NULL, 0};
    unsigned seen = 0;
    bool has_tcb = false;
    *out = (struct kc_tcb_level){0};
    kc_json_object_begin(j, &object);
    while (kc_json_object_next(j, &object, &name)) {
        if (is_text(name, "tcb")) {
            read_tcb(j, reading, out);
            has_tcb = true;
        } else if (!kc_tcb_rating_read(j, name, &out->rating, &seen)) {
            (void)kc_json_skip(j);
        }
    }
    if (!has_tcb || seen != KC_TCB_RATING_COMPLETE)
        kc_json_fail(j, "TCB info: a level without tcb, tcbDate or tcbStatus");
}

int kc_tcb_info_compare_levels(const struct kc_tcb_level *a, const struct kc_tcb_level *b)
{
    int order = memcmp(b->sgx, a->sgx, sizeof a->sgx);
    if (order == 0)
        order = (int)b->pce_svn - (int)a->pce_svn;
    return order == 0 ? memcmp(b->tdx, a->tdx, sizeof a->tdx) : order;
}

/* Puts the newest level into its place in `order`. */
static void insert(struct kc_json *j, struct kc_tcb_info *info)
{
    size_t newest = info->level_count++;
    const struct kc_tcb_level *level = &info->level[newest];
    size_t i = newest;
    int before = 1;
    while (i > 0) {
        before = kc_tcb_info_compare_levels(level, &info->level[info->order[i - 1]]);
        if (before >= 0)
            break;
        info->order[i] = info->order[i - 1];
        i--;
    }
    info->order[i] = (uint8_t)newest;
    if (before == 0)
        kc_json_fail(j, "TCB info: two levels of the same TCB");
}

static void read_levels(struct kc_json *j, void *out)
{
    struct reading *reading = out;
    struct kc_tcb_info *info = reading->info;
    struct kc_json_scope list = {0, false};
    kc_json_array_begin(j, &list);
    while (kc_json_array_next(j, &list)) {
        if (info->level_count == KC_TCB_LEVELS_MAX) {
            kc_json_fail(j, "TCB info: too many levels");
            return;
        }
        read_level(j, reading, &info->level[info->level_count]);
        if (!kc_json_failed(j))
            insert(j, info);
    }
    if (info->level_count == 0)
        kc_json_fail(j, "TCB info: no levels at all");
}

static void read_id(struct kc_json *j, void *out)
{
    struct reading *reading = out;
    struct kc_bytes id = kc_json_string(j);
    reading->has_id = true;
    if (is_text(id, "SGX"))
        reading->info->tee = KC_TCB_INFO_SGX;
    else if (is_text(id, "TDX"))
        reading->info->tee = KC_TCB_INFO_TDX;
    else
        kc_json_fail_unsupported(j, "TCB info: id is neither SGX nor TDX");
}

static void read_version(struct kc_json *j, void *out)
{
    struct reading *reading = out;
    reading->info->version = (unsigned)kc_json_number(j, UINT16_MAX);
    if (reading->info->version != 2 && reading->info->version != 3)
        kc_json_fail_unsupported(j, "TCB info: version is neither 2 nor 3");
}

static void read_issue_date(struct kc_json *j, void *out)
{
    struct reading *reading = out;
    reading->info->issue_date = kc_json_time(j);
}

static void read_next_update(struct kc_json *j, void *out)
{
    struct reading *reading = out;
    reading->info->next_update = kc_json_time(j);
}

static void read_fmspc(struct kc_json *j, void *out)
{
    struct reading *reading = out;
    kc_json_hex(j, reading->info->fmspc, sizeof reading->info->fmspc);
}

static void read_pce_id(struct kc_json *j, void *out)
{
    struct reading *reading = out;
    kc_json_hex(j, reading->info->pce_id, sizeof reading->info->pce_id);
}

/* How components are compared; Intel knows one way. */
static void read_tcb_type(struct kc_json *j, void *out)
{
    (void)out;
    if (kc_json_number(j, UINT16_MAX) != 0)
        kc_json_fail_unsupported(j, "TCB info: tcbType is not 0");
}

static void read_evaluation_number(struct kc_json *j, void *out)
{
    struct reading *reading = out;
    reading->info->evaluation_number = (uint32_t)kc_json_number(j, UINT32_MAX);
}

static void read_tdx_module(struct kc_json *j, void *out)
{
    struct reading *reading = out;
    reading->has_tdx = true;
    reading->has_tdx_module = true;
    kc_tdx_identity_read_module(j, &reading->info->tdx_module);
}

static void read_tdx_identities(struct kc_json *j, void *out)
{
    struct reading *reading = out;
    reading->has_tdx = true;
    kc_tdx_identity_read_list(j, &reading->info->tdx_identities);
}

/* What a version and a kind must and must not have. */
static void check_kind(struct kc_json *j, const struct reading *reading)
{
    const struct kc_tcb_info *info = reading->info;
    if (info->version == 2 && (reading->has_id || reading->nested))
        kc_json_fail(j, "TCB info: version 2 with members of version 3");
    if (info->version == 3 && (!reading->has_id || reading->flat))
        kc_json_fail(j, "TCB info: version 3 without id or with components of version 2");
    if (info->tee == KC_TCB_INFO_SGX && (reading->has_tdx || reading->with_tdx))
        kc_json_fail(j, "TCB info: of SGX, with members of TDX");
    if (info->tee == KC_TCB_INFO_TDX && !reading->has_tdx_module)
        kc_json_fail(j, "TCB info: of TDX, without tdxModule");
    if (info->tee == KC_TCB_INFO_TDX && reading->without_tdx)
        kc_json_fail(j, "TCB info: of TDX, with a level without TDX components");
}

static void read_info(struct kc_json *j, void *out)
{
    static const struct kc_json_member members[] = {
        {"id", NULL, read_id},
        {"version", "TCB info: no version", read_version},
        {"issueDate", "TCB info: no issueDate", read_issue_date},
        {"nextUpdate", "TCB info: no nextUpdate", read_next_update},
        {"fmspc", "TCB info: no fmspc", read_fmspc},
        {"pceId", "TCB info: no pceId", read_pce_id},
        {"tcbType", "TCB info: no tcbType", read_tcb_type},
        {"tcbEvaluationDataNumber", "TCB info: no tcbEvaluationDataNumber", read_evaluation_number},
        {"tdxModule", NULL, read_tdx_module},
        {"tdxModuleIdentities", NULL, read_tdx_identities},
        {"tcbLevels", "TCB info: no tcbLevels", read_levels},
    };
    struct reading reading = {.info = out};
    (void)kc_json_members(j, members, sizeof members / sizeof members[0], &reading);
    check_kind(j, &reading);
}

enum kc_err kc_tcb_info_decode(struct kc_bytes body, struct kc_tcb_info *out,
                               struct kc_error *error)
{
    memset(out, 0, sizeof *out);
    return kc_signed_json_decode(body, "tcbInfo", read_info, out, &out->body, error);
}
