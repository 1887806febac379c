/*
 * SGX REPORT, TARGETINFO and KEYREQUEST (Intel SDM volume 3D, sections 38.15 to 38.17).
 *
 * Decoders read what a processor or a Quoting Enclave wrote; reserved bytes are not judged, for
 * later processors give them a meaning, but they are kept where a structure is signed.
 */
#ifndef KC_FORMATS_SGX_REPORT_H
#define KC_FORMATS_SGX_REPORT_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/reader.h"
#include "base/writer.h"

#define KC_SGX_REPORT_BODY_SIZE 384 /* what the MAC, or the quote's signature, covers */
#define KC_SGX_REPORT_SIZE      432 /* body, KEYID, MAC */
#define KC_SGX_TARGETINFO_SIZE  512
#define KC_SGX_KEYREQUEST_SIZE  512
#define KC_SGX_HASH_SIZE        32
#define KC_SGX_REPORT_DATA_SIZE 64
#define KC_SGX_KEY_SIZE         16

/* ATTRIBUTES.FLAGS (SDM 38.7.1) */
#define KC_SGX_FLAG_INIT           0x01u
#define KC_SGX_FLAG_DEBUG          0x02u
#define KC_SGX_FLAG_MODE64BIT      0x04u
#define KC_SGX_FLAG_PROVISION_KEY  0x10u
#define KC_SGX_FLAG_EINITTOKEN_KEY 0x20u
#define KC_SGX_FLAG_KSS            0x80u

struct kc_sgx_attributes {
    uint64_t flags;
    uint64_t xfrm;
};

/* 384 bytes, little endian: offset and size beside each field. */
struct kc_sgx_report_body {
    uint8_t cpu_svn[16];                          /*   0 */
    uint32_t misc_select;                         /*  16 */
    uint8_t cet_attributes;                       /*  20, then 11 reserved */
    uint8_t isv_ext_prod_id[16];                  /*  32 */
    struct kc_sgx_attributes attributes;          /*  48 */
    uint8_t mrenclave[KC_SGX_HASH_SIZE];          /*  64, then 32 reserved */
    uint8_t mrsigner[KC_SGX_HASH_SIZE];           /* 128, then 32 reserved */
    uint8_t config_id[64];                        /* 192 */
    uint16_t isv_prod_id;                         /* 256 */
    uint16_t isv_svn;                             /* 258 */
    uint16_t config_svn;                          /* 260, then 42 reserved */
    uint8_t isv_family_id[16];                    /* 304 */
    uint8_t report_data[KC_SGX_REPORT_DATA_SIZE]; /* 320 */
};

/* 432 bytes: the body, then these. */
struct kc_sgx_report {
    struct kc_sgx_report_body body;
    uint8_t key_id[32]; /* 384 */
    uint8_t mac[16];    /* 416: AES-128-CMAC over the body under the target's report key */
};

/* 512 bytes: whom a report is for. */
struct kc_sgx_targetinfo {
    uint8_t mrenclave[KC_SGX_HASH_SIZE]; /*  0 */
    struct kc_sgx_attributes attributes; /* 32 */
    uint8_t cet_attributes;              /* 48, then 1 reserved */
    uint16_t config_svn;                 /* 50 */
    uint32_t misc_select;                /* 52, then 8 reserved */
    uint8_t config_id[64];               /* 64, then 384 reserved */
};

enum kc_sgx_key_name {
    KC_SGX_KEY_EINITTOKEN = 0,
    KC_SGX_KEY_PROVISION = 1,
    KC_SGX_KEY_PROVISION_SEAL = 2,
    KC_SGX_KEY_REPORT = 3,
    KC_SGX_KEY_SEAL = 4,
};

#define KC_SGX_KEY_POLICY_MRENCLAVE 1u
#define KC_SGX_KEY_POLICY_MRSIGNER  2u

/* 512 bytes: what EGETKEY is asked for. */
struct kc_sgx_keyrequest {
    uint16_t key_name;                       /*  0 */
    uint16_t key_policy;                     /*  2 */
    uint16_t isv_svn;                        /*  4, then CET mask and 1 reserved */
    uint8_t cpu_svn[16];                     /*  8 */
    struct kc_sgx_attributes attribute_mask; /* 24 */
    uint8_t key_id[32];                      /* 40 */
    uint32_t misc_mask;                      /* 72 */
    uint16_t config_svn;                     /* 76, then 434 reserved */
};

/* Each reads or writes its fixed size. Readers fail by the sticky error of `r` alone. */
void kc_sgx_report_body_decode(struct kc_reader *r, struct kc_sgx_report_body *out);
void kc_sgx_report_body_encode(struct kc_writer *w, const struct kc_sgx_report_body *in);
void kc_sgx_report_decode(struct kc_reader *r, struct kc_sgx_report *out);
void kc_sgx_report_encode(struct kc_writer *w, const struct kc_sgx_report *in);
void kc_sgx_targetinfo_decode(struct kc_reader *r, struct kc_sgx_targetinfo *out);
void kc_sgx_targetinfo_encode(struct kc_writer *w, const struct kc_sgx_targetinfo *in);
void kc_sgx_keyrequest_decode(struct kc_reader *r, struct kc_sgx_keyrequest *out);
void kc_sgx_keyrequest_encode(struct kc_writer *w, const struct kc_sgx_keyrequest *in);

#endif
