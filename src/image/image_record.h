/*
 * What the image, the signing tool and the loaders agree on. Plain numbers: entry.S includes it.
 *
 * The ELF carries code and data only. The signing tool writes the settings of kms.conf into the
 * image record, and from the record everybody lays out the rest in the same way:
 *
 *   0                    ELF segments (text, read-only data, data, bss), page aligned
 *   heap_offset          heap_pages pages, zero
 *   threads_offset       tcs_count areas of thread_stride bytes:
 *                          guard (unmapped) | stack, stack_pages | guard | TCS | SSA | TLS
 *
 * so that, seen from a TCS (rbx at EENTER): its stack ends at -0x1000, the SSA frame is at
 * +0x1000 (NSSA = 1), the thread's own page (FSBASE and GSBASE) at +0x2000.
 */
#ifndef KC_IMAGE_IMAGE_RECORD_H
#define KC_IMAGE_IMAGE_RECORD_H

#define KC_THREAD_STACK_TOP (-0x1000)
#define KC_THREAD_SSA       0x1000
#define KC_THREAD_TLS       0x2000
/* Pages of an area beside its stack: two guards, TCS, SSA, TLS. */
#define KC_THREAD_EXTRA_PAGES 5

#ifndef __ASSEMBLER__
#include <stdint.h>

#define KC_IMAGE_RECORD_MAGIC   "KCIMAGE1"
#define KC_IMAGE_RECORD_SECTION ".kc_image_record"

/* 64 bytes, little endian, alone in its section of the data segment. The linker leaves all but
 * the magic zero. Offsets are bytes from the start of ELRANGE. */
struct kc_image_record {
    uint8_t magic[8];
    uint32_t heap_pages;
    uint32_t stack_pages;
    uint32_t tcs_count;
    uint32_t reserved; /* 0 */
    uint64_t heap_offset;
    uint64_t threads_offset;
    uint64_t thread_stride;
    uint64_t size;  /* of ELRANGE: a power of two */
    uint64_t entry; /* offset of the entry point */
};

_Static_assert(sizeof(struct kc_image_record) == 64, "image record");
#endif

#endif
