/*
 * Sealed roots: as they come, on the machine that the seeds were sealed on; and one of our own with
 * the input laid over a part of it, which opens only when that changed nothing.
 */
#include <string.h>

#include "../tests/platform_sim.h"
#include "core/root.h"
#include "fuzz.h"

struct sealed {
    struct test_machine machine;
    uint8_t bytes[KC_MESSAGE_ROOT_MAX];
    size_t len;
};

static const struct sealed *known_root(void)
{
    static struct sealed sealed;
    struct kc_root *root = NULL;
    if (sealed.len > 0)
        return &sealed;
    test_machine_init(&sealed.machine);
    FUZZ_CHECK(kc_root_make(&sealed.machine.platform, KC_SEAL_MRENCLAVE, 1700000000, &root) ==
               KC_OK);
    FUZZ_CHECK(kc_root_seal(&sealed.machine.platform, root,
                            (struct kc_room){sealed.bytes, sizeof sealed.bytes},
                            &sealed.len) == KC_OK);
    kc_root_free(root);
    return &sealed;
}

static enum kc_err try_open(const struct sealed *on, struct kc_bytes bytes)
{
    struct kc_root *root = NULL;
    bool current = false;
    enum kc_err err = kc_root_open(&on->machine.platform, bytes, &root, &current);
    FUZZ_CHECK(err == KC_OK || err == KC_ERR_REFUSED);
    FUZZ_CHECK((err == KC_OK) == (root != NULL));
    kc_root_free(root);
    return err;
}

/* The first two bytes say where, the others what. */
static void lay_over(const struct sealed *known, const uint8_t *data, size_t size)
{
    struct sealed copy = *known;
    if (size < 3)
        return;
    size_t at = (size_t)(data[0] | data[1] << 8) % copy.len;
    size_t len = size - 2 < copy.len - at ? size - 2 : copy.len - at;
    memcpy(copy.bytes + at, data + 2, len);
    bool same = memcmp(copy.bytes, known->bytes, copy.len) == 0;
    FUZZ_CHECK((try_open(known, kc_bytes_of(copy.bytes, copy.len)) == KC_OK) == same);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sealed *known = known_root();
    (void)try_open(known, kc_bytes_of(data, size));
    lay_over(known, data, size);
    return 0;
}
