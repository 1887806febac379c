/* What the TCB info reader accepts, jansson accepts too, and the signed part and the order of the
 * levels are what the header says. */
#include <jansson.h>

#include "formats/tcb_info.h"
#include "fuzz.h"

static void check_advisories(struct kc_bytes list)
{
    struct kc_bytes id = {NULL, 0};
    size_t count = 0;
    while (kc_tcb_rating_next_advisory(&list, &id))
        count += id.len > 0 && id.len <= KC_ADVISORY_SIZE;
    FUZZ_CHECK(count <= KC_ADVISORIES_MAX);
}

static void check_order(const struct kc_tcb_info *info)
{
    FUZZ_CHECK(info->level_count > 0 && info->level_count <= KC_TCB_LEVELS_MAX);
    for (size_t i = 0; i < info->level_count; i++) {
        FUZZ_CHECK(info->order[i] < info->level_count);
        check_advisories(info->level[i].rating.advisories);
        if (i > 0)
            FUZZ_CHECK(kc_tcb_info_compare_levels(&info->level[info->order[i - 1]],
                                                  &info->level[info->order[i]]) < 0);
    }
    FUZZ_CHECK(info->tdx_identities.count <= KC_TDX_IDENTITIES_MAX);
    for (size_t i = 0; i < info->tdx_identities.count; i++)
        FUZZ_CHECK(info->tdx_identities.identity[i].levels.count > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct kc_tcb_info info;
    if (kc_tcb_info_decode(kc_bytes_of(data, size), &info, NULL) != KC_OK)
        return 0;
    check_order(&info);
    struct kc_bytes part = info.body.signed_part;
    FUZZ_CHECK(part.ptr >= data && part.ptr + part.len <= data + size);
    FUZZ_CHECK(part.ptr[0] == '{' && part.ptr[part.len - 1] == '}');
    json_t *tree = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    FUZZ_CHECK(tree != NULL);
    FUZZ_CHECK(json_array_size(json_object_get(json_object_get(tree, "tcbInfo"), "tcbLevels")) ==
               info.level_count);
    json_decref(tree);
    return 0;
}
