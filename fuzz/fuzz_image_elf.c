/* An accepted image is one that a loader can lay out without another look at it. */
#include <string.h>

#include "fuzz.h"
#include "image/scan.h"
#include "image/sign_image.h"

static void check_layout(const struct kc_image *image)
{
    uint64_t end = 0;
    size_t tcs = 0;
    FUZZ_CHECK((image->size & (image->size - 1)) == 0 && image->size >= image->end);
    for (size_t i = 0; i < image->run_count; i++) {
        const struct kc_image_run *run = &image->run[i];
        uint64_t flags = run->secinfo_flags;
        FUZZ_CHECK(run->offset % KC_IMAGE_PAGE == 0 && run->offset >= end && run->pages > 0);
        end = run->offset + run->pages * KC_IMAGE_PAGE;
        FUZZ_CHECK(end <= image->end);
        FUZZ_CHECK((flags & (KC_SECINFO_W | KC_SECINFO_X)) != (KC_SECINFO_W | KC_SECINFO_X));
        if (flags == KC_SECINFO_TCS)
            FUZZ_CHECK(image->tcs[tcs++] == run->offset && run->pages == 1);
    }
    FUZZ_CHECK(end == image->end && tcs == image->tcs_count && tcs > 0);
    FUZZ_CHECK(image->entry < image->end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct kc_sign_config config = {.heap_pages = 2, .stack_pages = 1, .tcs_count = 2};
    struct kc_image image = {0};
    struct kc_scan scan = {0};
    size_t trapped = 0;
    if (kc_image_from_elf(kc_bytes_of(data, size), &image, NULL) == KC_OK) {
        check_layout(&image);
        kc_image_free(&image);
    }
    (void)!kc_scan_image(kc_bytes_of(data, size), &scan, NULL);
    uint8_t *copy = malloc(size + 1);
    memcpy(copy, data, size);
    if (kc_sign_image_prepare((struct kc_room){copy, size}, &config, &trapped, NULL) == KC_OK &&
        kc_image_from_elf(kc_bytes_of(copy, size), &image, NULL) == KC_OK) {
        uint8_t mrenclave[32];
        check_layout(&image);
        if (image.end < 1u << 20)
            FUZZ_CHECK(kc_image_measure(&image, mrenclave) == KC_OK);
        kc_image_free(&image);
    }
    free(copy);
    return 0;
}
