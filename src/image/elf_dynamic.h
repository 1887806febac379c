/* The dynamic table of an image: nothing in it may need more than adding the base address. */
#ifndef KC_IMAGE_ELF_DYNAMIC_H
#define KC_IMAGE_ELF_DYNAMIC_H

#include "image/elf_file.h"

/* Sets elf->relocations. KC_ERR_MALFORMED: a library, a text relocation, a relocation that is not
 * RELATIVE or whose target is not in a writable segment, or a table outside the segments. */
KC_MUST_USE enum kc_err kc_elf_check_dynamic(struct kc_elf *elf, uint64_t address, uint64_t size,
                                             struct kc_error *error);

#endif
