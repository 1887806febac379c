/*
 * An enclave image as SGX will see it: pages in order, with permissions and contents, made from
 * an ELF file; and its measurement.
 *
 * Used by the signing tool and the loaders: both must come to the same bytes.
 */
#ifndef KC_IMAGE_IMAGE_H
#define KC_IMAGE_IMAGE_H

#include "base/bytes.h"
#include "base/error.h"

#define KC_IMAGE_PAGE            4096
#define KC_IMAGE_MAX_TCS         64
#define KC_IMAGE_SSA_FRAME_PAGES 1 /* SECS.SSAFRAMESIZE */

/* SECINFO.FLAGS of a page. */
#define KC_SECINFO_R   1u
#define KC_SECINFO_W   2u
#define KC_SECINFO_X   4u
#define KC_SECINFO_TCS 0x100u
#define KC_SECINFO_REG 0x200u

/* A run of pages alike in SECINFO. Offsets are from the start of ELRANGE. */
struct kc_image_run {
    uint64_t offset;
    uint64_t pages;
    uint64_t secinfo_flags;
};

struct kc_image {
    uint8_t *bytes; /* `end` bytes: every page's contents, zero where nothing is mapped; owned */
    uint64_t end;   /* first byte after the last page */
    uint64_t size;  /* SECS.SIZE: a power of two >= end */
    struct kc_image_run *run; /* ascending; gaps between runs are unmapped guard pages; owned */
    size_t run_count;
    uint64_t tcs[KC_IMAGE_MAX_TCS]; /* offsets */
    size_t tcs_count;
    uint64_t entry; /* TCS.OENTRY */
};

/*
 * Lays the pages of a signed image out, by the ELF and its image record (image_record.h).
 * KC_ERR_MALFORMED when the ELF is not an image of ours (not static-pie linked at 0, writable and
 * executable, a relocation other than RELATIVE, a record that does not fit ...), with the reason;
 * KC_ERR_STATE when the record is not filled in yet. Frees nothing on failure; kc_image_free
 * otherwise.
 */
KC_MUST_USE enum kc_err kc_image_from_elf(struct kc_bytes elf, struct kc_image *out,
                                          struct kc_error *error);
KC_MUST_USE enum kc_err kc_image_load(const char *path, struct kc_image *out,
                                      struct kc_error *error);
void kc_image_free(struct kc_image *image);

/* MRENCLAVE: ECREATE, then EADD and 16 EEXTEND for each page in order (SDM 38.1.2). */
KC_MUST_USE enum kc_err kc_image_measure(const struct kc_image *image, uint8_t mrenclave[32]);

#endif
