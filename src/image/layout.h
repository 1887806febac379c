/*
 * The image record in the bytes of an ELF, and the numbers that follow from its settings.
 * The signing tool fills it in; everybody else only checks that it is as it would fill it in.
 */
#ifndef KC_IMAGE_LAYOUT_H
#define KC_IMAGE_LAYOUT_H

#include "image/elf_file.h"
#include "image/image_record.h"

#define KC_LAYOUT_MAX_HEAP_PAGES  262144u /* 1 GiB */
#define KC_LAYOUT_MAX_STACK_PAGES 2048u   /* 8 MiB */

/*
 * Sets all that follows from heap_pages, stack_pages and tcs_count and from the ELF.
 * KC_ERR_ARGUMENT when one of the three is out of range; `record` is unchanged then.
 */
KC_MUST_USE enum kc_err kc_layout_complete(const struct kc_elf *elf, struct kc_image_record *record,
                                           struct kc_error *error);

/* Where the record stands in the file: alone in its section, in a segment that is not executable,
 * with its magic. */
KC_MUST_USE enum kc_err kc_layout_find(const struct kc_elf *elf, uint64_t *offset,
                                       struct kc_error *error);

/* `bytes` are the 64 bytes at that place. */
void kc_layout_decode(const uint8_t *bytes, struct kc_image_record *out);
void kc_layout_encode(const struct kc_image_record *in, uint8_t *bytes);

#endif
