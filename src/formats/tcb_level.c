#include "formats/tcb_level.h"

#include <string.h>

static bool is_name(struct kc_bytes name, const char *text)
{
    return kc_bytes_equal(name, kc_bytes_of_text(text));
}

static void read_status(struct kc_json *j, enum kc_tcb_status *out)
{
    const uint8_t *start = kc_json_value_start(j);
    struct kc_bytes text = kc_json_string(j);
    bool known = kc_tcb_status_from_text(text, out);
    /* The judgement of a relaunch is a verifier's own: no collateral may anticipate it. */
    if (!known || *out == KC_TCB_TD_RELAUNCH_ADVISED ||
        *out == KC_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED) {
        if (!kc_json_failed(j))
            j->next = start;
        kc_json_fail(j, "collateral: unknown tcbStatus");
    }
}

static struct kc_bytes read_advisories(struct kc_json *j)
{
    struct kc_json_scope list = {0, false};
    size_t count = 0;
    const uint8_t *start = kc_json_value_start(j);
    kc_json_array_begin(j, &list);
    while (kc_json_array_next(j, &list)) {
        struct kc_bytes id = kc_json_string(j);
        if (++count > KC_ADVISORIES_MAX)
            kc_json_fail(j, "collateral: too many advisoryIDs in one level");
        else if (id.len == 0 || id.len > KC_ADVISORY_SIZE)
            kc_json_fail(j, "collateral: an advisory id that is empty or too long");
    }
    return kc_json_failed(j) ? kc_bytes_of(NULL, 0) : kc_bytes_of(start, (size_t)(j->next - start));
}

bool kc_tcb_rating_read(struct kc_json *j, struct kc_bytes name, struct kc_tcb_rating *out,
                        unsigned *seen)
{
    if (is_name(name, "tcbStatus")) {
        read_status(j, &out->status);
        *seen |= KC_TCB_RATING_HAS_STATUS;
    } else if (is_name(name, "tcbDate")) {
        out->date = kc_json_time(j);
        *seen |= KC_TCB_RATING_HAS_DATE;
    } else if (is_name(name, "advisoryIDs")) {
        out->advisories = read_advisories(j);
    } else {
        return false;
    }
    return true;
}

/* The list was read once without escapes: what stands between two quotation marks is an id. */
bool kc_tcb_rating_next_advisory(struct kc_bytes *rest, struct kc_bytes *id)
{
    const uint8_t *open = rest->len == 0 ? NULL : memchr(rest->ptr, '"', rest->len);
    if (open == NULL)
        return false;
    const uint8_t *end = rest->ptr + rest->len;
    const uint8_t *close = memchr(open + 1, '"', (size_t)(end - open - 1));
    if (close == NULL)
        return false;
    *id = kc_bytes_of(open + 1, (size_t)(close - open - 1));
    *rest = kc_bytes_of(close + 1, (size_t)(end - close - 1));
    return true;
}

static void read_isv_svn(struct kc_json *j, void *out)
{
    struct kc_svn_level *level = out;
    level->isv_svn = (uint16_t)kc_json_number(j, UINT16_MAX);
}

static void read_level(struct kc_json *j, struct kc_svn_level *out)
{
    static const struct kc_json_member tcb[] = {
        {"isvsvn", "collateral: a level's tcb without isvsvn", read_isv_svn},
    };
    struct kc_json_scope object = {0, false};
    struct kc_bytes name = {NULL, 0};
    unsigned seen = 0;
    bool has_tcb = false;
    *out = (struct kc_svn_level){0};
    kc_json_object_begin(j, &object);
    while (kc_json_object_next(j, &object, &name)) {
        if (is_name(name, "tcb")) {
            (void)kc_json_members(j, tcb, 1, out);
            has_tcb = true;
        } else if (!kc_tcb_rating_read(j, name, &out->rating, &seen)) {
            (void)kc_json_skip(j);
        }
    }
    if (out->rating.status != KC_TCB_UP_TO_DATE && out->rating.status != KC_TCB_OUT_OF_DATE &&
        out->rating.status != KC_TCB_REVOKED)
        kc_json_fail(j, "collateral: a tcbStatus that an enclave or module cannot have");
    if (!has_tcb || seen != KC_TCB_RATING_COMPLETE)
        kc_json_fail(j, "collateral: a level without tcb, tcbDate or tcbStatus");
}

/* Puts the newest level into its place in `order`. */
static void insert(struct kc_json *j, struct kc_svn_levels *levels)
{
    size_t newest = levels->count++;
    uint16_t svn = levels->level[newest].isv_svn;
    size_t i = newest;
    while (i > 0 && levels->level[levels->order[i - 1]].isv_svn < svn) {
        levels->order[i] = levels->order[i - 1];
        i--;
    }
    levels->order[i] = (uint8_t)newest;
    if (i > 0 && levels->level[levels->order[i - 1]].isv_svn == svn)
        kc_json_fail(j, "collateral: two levels of the same isvsvn");
}

void kc_svn_levels_read(struct kc_json *j, struct kc_svn_levels *out)
{
    struct kc_json_scope list = {0, false};
    out->count = 0;
    kc_json_array_begin(j, &list);
    while (kc_json_array_next(j, &list)) {
        if (out->count == KC_SVN_LEVELS_MAX) {
            kc_json_fail(j, "collateral: too many levels");
            return;
        }
        read_level(j, &out->level[out->count]);
        if (!kc_json_failed(j))
            insert(j, out);
    }
    if (out->count == 0)
        kc_json_fail(j, "collateral: no levels at all");
}
