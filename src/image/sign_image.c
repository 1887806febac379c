#include "image/sign_image.h"

#include <string.h>

#include "image/layout.h"
#include "image/trap.h"

#define XFRM_X87_SSE_AVX 7u

enum kc_err kc_sign_image_prepare(struct kc_room elf, const struct kc_sign_config *config,
                                  size_t *trapped, struct kc_error *error)
{
    struct kc_elf parsed = {0};
    uint64_t offset = 0;
    struct kc_image_record record = {.heap_pages = config->heap_pages,
                                     .stack_pages = config->stack_pages,
                                     .tcs_count = config->tcs_count};
    enum kc_err err = kc_trap_overwrite(elf, trapped, error);
    if (err == KC_OK)
        err = kc_elf_parse(kc_bytes_of(elf.ptr, elf.len), &parsed, error);
    if (err == KC_OK)
        err = kc_layout_find(&parsed, &offset, error);
    if (err == KC_OK)
        err = kc_layout_complete(&parsed, &record, error);
    if (err == KC_OK)
        kc_layout_encode(&record, elf.ptr + offset);
    return err;
}

void kc_sign_image_describe(const struct kc_sign_config *config, uint32_t date,
                            const uint8_t mrenclave[32], struct kc_sigstruct *out)
{
    *out = (struct kc_sigstruct){
        .date = config->date != 0 ? config->date : date,
        .misc_select = 0,
        .misc_mask = UINT32_MAX,
        .attributes = {KC_SGX_FLAG_MODE64BIT, XFRM_X87_SSE_AVX},
        .attribute_mask = {UINT64_MAX, UINT64_MAX},
        .isv_prod_id = config->isv_prod_id,
        .isv_svn = config->isv_svn,
    };
    if (config->debug)
        out->attribute_mask.flags &= ~(uint64_t)KC_SGX_FLAG_DEBUG;
    memcpy(out->mrenclave, mrenclave, sizeof out->mrenclave);
}
