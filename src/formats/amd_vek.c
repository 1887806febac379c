/* The extensions of VCEK and VLEK certificates (57230, section 3). */
#include "formats/amd_certificate.h"

#include <string.h>

#include "formats/der.h"

/* 1.3.6.1.4.1.3704.1 */
static const uint8_t amd_arc[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01};

#define ARC_TCB            3
#define STRUCT_VERSION_MAX 1
#define PRODUCT_NAME_MAX   16
#define CHIP_ID_SIZE       64
#define CHIP_ID_SIZE_TURIN 8

/* The content of <arc>.<first> or <arc>.<first>.<second>. */
static bool find(const struct kc_amd_certificate *certificate, uint8_t first, uint8_t second,
                 struct kc_bytes *value)
{
    uint8_t oid[sizeof amd_arc + 2];
    bool critical = false;
    memcpy(oid, amd_arc, sizeof amd_arc);
    oid[sizeof amd_arc] = first;
    oid[sizeof amd_arc + 1] = second;
    size_t len = sizeof amd_arc + (second != 0 ? 2 : 1);
    return kc_certificate_find_extension(&certificate->x509, kc_bytes_of(oid, len), value,
                                         &critical);
}

static enum kc_err read_number(struct kc_bytes value, uint32_t max, uint32_t *out,
                               struct kc_error *error)
{
    struct kc_reader r = kc_reader_of(value);
    *out = kc_der_uint(&r, KC_DER_INTEGER, max);
    if (!kc_reader_done(&r))
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "VCEK or VLEK certificate: an extension is not a small INTEGER", max);
    return KC_OK;
}

static enum kc_err read_text(struct kc_bytes value, size_t max, struct kc_bytes *out,
                             struct kc_error *error)
{
    struct kc_reader r = kc_reader_of(value);
    *out = kc_der_content(&r, KC_DER_IA5_STRING);
    bool good = kc_reader_done(&r) && out->len > 0 && out->len <= max;
    for (size_t i = 0; good && i < out->len; i++)
        good = out->ptr[i] >= 0x20 && out->ptr[i] < 0x7f;
    if (!good)
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "VCEK or VLEK certificate: an extension is not a short IA5String", max);
    return KC_OK;
}

static enum kc_err read_version(const struct kc_amd_certificate *certificate,
                                struct kc_error *error)
{
    struct kc_bytes value = {NULL, 0};
    uint32_t version = 0;
    if (!find(certificate, 1, 0, &value))
        return kc_error_set(error, KC_ERR_ABSENT, "not a VCEK or VLEK certificate: no version", 1);
    enum kc_err err = read_number(value, UINT32_MAX, &version, error);
    if (err == KC_OK && version > STRUCT_VERSION_MAX)
        err = kc_error_set(error, KC_ERR_UNSUPPORTED,
                           "VCEK or VLEK certificate: extensions of an unknown version", version);
    return err;
}

/* One part of the TCB, <arc>.3.<id>; an optional one that is absent is zero. */
static enum kc_err read_part(const struct kc_amd_certificate *certificate, uint8_t id,
                             bool optional, uint8_t *out, struct kc_error *error)
{
    struct kc_bytes value = {NULL, 0};
    uint32_t number = 0;
    *out = 0;
    if (!find(certificate, ARC_TCB, id, &value)) {
        if (optional)
            return KC_OK;
        return kc_error_set(error, KC_ERR_ABSENT,
                            "VCEK or VLEK certificate: a part of the TCB is missing", id);
    }
    enum kc_err err = read_number(value, UINT8_MAX, &number, error);
    *out = (uint8_t)number;
    return err;
}

/* Parts 4 to 7 stand for TCB_VERSION's reserved bytes: what is not zero there is of a layout that
 * we do not know. */
static enum kc_err read_tcb(const struct kc_amd_certificate *certificate, struct kc_amd_vek *out,
                            struct kc_error *error)
{
    struct kc_bytes ignored = {NULL, 0};
    uint8_t reserved[4] = {0};
    const struct {
        uint8_t id;
        bool optional;
        uint8_t *out;
    } parts[] = {
        {1, false, &out->tcb.boot_loader}, {2, false, &out->tcb.tee},
        {3, false, &out->tcb.snp},         {4, true, &reserved[0]},
        {5, true, &reserved[1]},           {6, true, &reserved[2]},
        {7, true, &reserved[3]},           {8, false, &out->tcb.microcode},
        {9, true, &out->tcb.fmc},
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        enum kc_err err =
            read_part(certificate, parts[i].id, parts[i].optional, parts[i].out, error);
        if (err != KC_OK)
            return err;
    }
    out->has_fmc = find(certificate, ARC_TCB, 9, &ignored);
    if (!kc_bytes_are_zero(kc_bytes_of(reserved, sizeof reserved)))
        return kc_error_set(error, KC_ERR_UNSUPPORTED,
                            "VCEK or VLEK certificate: a reserved part of the TCB is not zero", 4);
    return KC_OK;
}

/* The chip's identity stands bare in all known certificates; within an OCTET STRING, as other
 * extensions have their values in one type or another, it is read too: lengths tell them apart. */
static enum kc_err read_chip_id(struct kc_bytes value, struct kc_bytes *out, struct kc_error *error)
{
    struct kc_reader r = kc_reader_of(value);
    if (value.len != CHIP_ID_SIZE && value.len != CHIP_ID_SIZE_TURIN) {
        value = kc_der_content(&r, KC_DER_OCTET_STRING);
        if (!kc_reader_done(&r) || (value.len != CHIP_ID_SIZE && value.len != CHIP_ID_SIZE_TURIN))
            return kc_error_set(error, KC_ERR_MALFORMED,
                                "VCEK certificate: the chip id is not of 64 or 8 bytes", value.len);
    }
    *out = value;
    return KC_OK;
}

enum kc_err kc_amd_vek_decode(const struct kc_amd_certificate *certificate, struct kc_amd_vek *out,
                              struct kc_error *error)
{
    struct kc_amd_vek vek = {0};
    struct kc_bytes value = {NULL, 0};
    enum kc_err err = read_version(certificate, error);
    if (err == KC_OK && !find(certificate, 2, 0, &value))
        err = kc_error_set(error, KC_ERR_ABSENT, "VCEK or VLEK certificate: no product name", 2);
    if (err == KC_OK)
        err = read_text(value, PRODUCT_NAME_MAX, &vek.product_name, error);
    if (err == KC_OK)
        err = read_tcb(certificate, &vek, error);
    if (err == KC_OK && find(certificate, 4, 0, &value))
        err = read_chip_id(value, &vek.chip_id, error);
    if (err == KC_OK && find(certificate, 5, 0, &value))
        err = read_text(value, KC_AMD_CSP_ID_MAX, &vek.csp_id, error);
    if (err == KC_OK)
        *out = vek;
    return err;
}
