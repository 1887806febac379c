/*
 * Turns the linker's ELF into an image: overwrites what must not run in an enclave, fills the
 * image record in, and makes the SIGSTRUCT.
 */
#ifndef KC_IMAGE_SIGN_IMAGE_H
#define KC_IMAGE_SIGN_IMAGE_H

#include "image/image.h"
#include "image/sign_config.h"
#include "image/sigstruct.h"

/*
 * Changes `elf` in place; `trapped` is how many functions were overwritten (trap.h). Signing a
 * signed image again is fine: the record is written anew. KC_ERR_MALFORMED, KC_ERR_ARGUMENT; `elf`
 * may be changed in part then.
 */
KC_MUST_USE enum kc_err kc_sign_image_prepare(struct kc_room elf,
                                              const struct kc_sign_config *config, size_t *trapped,
                                              struct kc_error *error);

/*
 * What is signed for a measured image: MODE64BIT, XFRM 7 (x87, SSE, AVX), MISCSELECT 0, each with
 * a mask of all ones; DEBUG is free only where the settings say so. `date` is used where the
 * settings have none.
 */
void kc_sign_image_describe(const struct kc_sign_config *config, uint32_t date,
                            const uint8_t mrenclave[32], struct kc_sigstruct *out);

#endif
