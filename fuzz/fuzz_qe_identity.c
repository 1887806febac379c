/* What the QE identity reader accepts, jansson accepts too, and the levels are in order. */
#include <jansson.h>

#include "formats/qe_identity.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kc_qe_identity id;
    if (kc_qe_identity_decode(kc_bytes_of(data, size), &id, NULL) != KC_OK)
        return 0;
    struct kc_bytes part = id.body.signed_part;
    FUZZ_CHECK(part.ptr >= data && part.ptr + part.len <= data + size);
    FUZZ_CHECK(part.ptr[0] == '{' && part.ptr[part.len - 1] == '}');
    FUZZ_CHECK(id.levels.count > 0 && id.levels.count <= KC_SVN_LEVELS_MAX);
    for (size_t i = 1; i < id.levels.count; i++)
        FUZZ_CHECK(id.levels.level[id.levels.order[i - 1]].isv_svn >
                   id.levels.level[id.levels.order[i]].isv_svn);
    json_t *tree = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    FUZZ_CHECK(tree != NULL);
    json_decref(tree);
    return 0;
}
