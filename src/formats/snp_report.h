/*
 * AMD SEV-SNP attestation report, versions 2 to 5 (SEV Secure Nested Paging Firmware ABI
 * Specification, 56860, table 23), as /dev/sev-guest and configfs give it: 1184 bytes, of which
 * the chip's key signs the first 672.
 *
 * Only the shape is judged here. Reserved bytes that are signed are the firmware's own affair; the
 * unsigned ones behind the signature must be zero, so that one report has one form.
 */
#ifndef KC_FORMATS_SNP_REPORT_H
#define KC_FORMATS_SNP_REPORT_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/writer.h"

#define KC_SNP_REPORT_SIZE        1184
#define KC_SNP_REPORT_SIGNED_SIZE 672
#define KC_SNP_VMPL_HOST          UINT32_C(0xffffffff) /* the host asked for it, not the guest */

/* POLICY (table 10) */
#define KC_SNP_POLICY_SMT               (UINT64_C(1) << 16)
#define KC_SNP_POLICY_RESERVED_ONE      (UINT64_C(1) << 17)
#define KC_SNP_POLICY_MIGRATE_MA        (UINT64_C(1) << 18)
#define KC_SNP_POLICY_DEBUG             (UINT64_C(1) << 19)
#define KC_SNP_POLICY_SINGLE_SOCKET     (UINT64_C(1) << 20)
#define KC_SNP_POLICY_CXL_ALLOW         (UINT64_C(1) << 21)
#define KC_SNP_POLICY_MEM_AES_256_XTS   (UINT64_C(1) << 22)
#define KC_SNP_POLICY_RAPL_DIS          (UINT64_C(1) << 23)
#define KC_SNP_POLICY_CIPHERTEXT_HIDING (UINT64_C(1) << 24)
#define KC_SNP_POLICY_PAGE_SWAP_DISABLE (UINT64_C(1) << 25)

enum kc_snp_product {
    KC_SNP_UNKNOWN, /* a report of version 2 does not say, or a processor that we do not know */
    KC_SNP_MILAN,
    KC_SNP_GENOA, /* with Bergamo and Siena */
    KC_SNP_TURIN,
    KC_SNP_PRODUCT_COUNT,
};

/* Which key signed; the values of the report's bits. Others are reserved. */
enum kc_snp_signing_key {
    KC_SNP_KEY_VCEK = 0,
    KC_SNP_KEY_VLEK = 1,
    KC_SNP_KEY_NONE = 7,
};

/* TCB_VERSION, taken apart. */
struct kc_snp_tcb {
    uint8_t fmc; /* Turin alone */
    uint8_t boot_loader;
    uint8_t tee;
    uint8_t snp;
    uint8_t microcode;
};

struct kc_snp_firmware {
    uint8_t build;
    uint8_t minor;
    uint8_t major;
};

/* Offset beside each field. */
struct kc_snp_report {
    uint32_t version;                 /* 0x000 */
    uint32_t guest_svn;               /* 0x004 */
    uint64_t policy;                  /* 0x008 */
    uint8_t family_id[16];            /* 0x010 */
    uint8_t image_id[16];             /* 0x020 */
    uint32_t vmpl;                    /* 0x030: 0 to 3, or KC_SNP_VMPL_HOST */
    uint64_t current_tcb;             /* 0x038 */
    uint64_t platform_info;           /* 0x040 */
    bool author_key_enabled;          /* 0x048, bit 0 */
    bool chip_id_masked;              /*        bit 1: chip_id is zero by wish of the host */
    uint8_t signing_key;              /*        bits 2 to 4: enum kc_snp_signing_key */
    uint8_t report_data[64];          /* 0x050 */
    uint8_t measurement[48];          /* 0x090 */
    uint8_t host_data[32];            /* 0x0c0 */
    uint8_t id_key_digest[48];        /* 0x0e0 */
    uint8_t author_key_digest[48];    /* 0x110 */
    uint8_t report_id[32];            /* 0x140 */
    uint8_t report_id_ma[32];         /* 0x160 */
    uint64_t reported_tcb;            /* 0x180: what the VCEK or VLEK certificate must say */
    uint8_t cpu_family;               /* 0x188, from version 3; else 0 */
    uint8_t cpu_model;                /* 0x189 */
    uint8_t cpu_stepping;             /* 0x18a */
    uint8_t chip_id[64];              /* 0x1a0 */
    uint64_t committed_tcb;           /* 0x1e0 */
    struct kc_snp_firmware current;   /* 0x1e8 */
    struct kc_snp_firmware committed; /* 0x1ec */
    uint64_t launch_tcb;              /* 0x1f0 */
    uint64_t launch_mitigations;      /* 0x1f8, from version 5; else 0 */
    uint64_t current_mitigations;     /* 0x200 */
    enum kc_snp_product product;      /* from family and model */
    struct kc_bytes signed_part;      /* view: 672 bytes */
    uint8_t signature[96];            /* 0x2a0: ECDSA P-384, r || s, big endian */
};

/*
 * KC_ERR_UNSUPPORTED: another version or signature algorithm. KC_ERR_MALFORMED: not exactly
 * KC_SNP_REPORT_SIZE bytes, a signature over 384 bits or with bytes behind it. `out` keeps a view
 * into `bytes`.
 */
KC_MUST_USE enum kc_err kc_snp_report_decode(struct kc_bytes bytes, struct kc_snp_report *out,
                                             struct kc_error *error);

/* Writes the report with its signature; fields that the version lacks and `signed_part` are
 * ignored. */
void kc_snp_report_encode(struct kc_writer *w, const struct kc_snp_report *in);

/* "Milan" and so on; "unknown". Never NULL for a valid product. */
const char *kc_snp_report_product_name(enum kc_snp_product product);

/*
 * Takes a TCB version apart: Turin has a layout of its own, all others that of Milan. False when a
 * reserved byte is not zero: then it is a version of the other layout.
 */
KC_MUST_USE bool kc_snp_report_read_tcb(uint64_t raw, enum kc_snp_product product,
                                        struct kc_snp_tcb *out);

/* True when every part of `a` is at least that of `b`. */
bool kc_snp_report_tcb_covers(const struct kc_snp_tcb *a, const struct kc_snp_tcb *b);

#endif
