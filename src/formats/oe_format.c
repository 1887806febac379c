/* The names and UUIDs of Open Enclave's evidence formats. */
#include <string.h>

#include "base/hex.h"
#include "formats/oe_report.h"

/* UUIDs in the order of their bytes on the wire (openenclave attestation/sgx/evidence.h,
 * attestation/tdx/evidence.h). */
static const struct {
    const char *name;
    uint8_t uuid[KC_OE_UUID_SIZE];
} formats[KC_OE_FORMAT_COUNT] = {
    [KC_OE_SGX_ECDSA] = {"SGX_ECDSA",
                         {0xa3, 0xa2, 0x1e, 0x87, 0x1b, 0x4d, 0x40, 0x14, 0xb7, 0x0a, 0xa1, 0x25,
                          0xd2, 0xfb, 0xcd, 0x8c}},
    [KC_OE_SGX_LOCAL] = {"SGX_LOCAL_ATTESTATION",
                         {0x09, 0x26, 0x8c, 0x33, 0x6e, 0x0b, 0x45, 0xe5, 0x8a, 0x27, 0x15, 0x64,
                          0x4d, 0x0e, 0xf8, 0x9a}},
    [KC_OE_SGX_EPID_LINKABLE] = {"SGX_EPID_LINKABLE",
                                 {0xf2, 0x28, 0xaa, 0x3f, 0xde, 0x4d, 0x49, 0xd3, 0x88, 0x4c, 0xb2,
                                  0xaa, 0x87, 0xa5, 0x0d, 0xa6}},
    [KC_OE_SGX_EPID_UNLINKABLE] = {"SGX_EPID_UNLINKABLE",
                                   {0x5c, 0x35, 0xd2, 0x90, 0xa2, 0xc2, 0x4c, 0x55, 0x9e, 0x13,
                                    0x5a, 0xd7, 0x32, 0x74, 0x6c, 0x88}},
    [KC_OE_LEGACY_REPORT_REMOTE] = {"LEGACY_REPORT_REMOTE",
                                    {0xc8, 0x30, 0x34, 0x54, 0xd9, 0x23, 0x4c, 0x2c, 0xa6, 0x91,
                                     0xdf, 0x7d, 0xef, 0x46, 0x0a, 0x76}},
    [KC_OE_RAW_SGX_QUOTE_ECDSA] = {"RAW_SGX_QUOTE_ECDSA",
                                   {0x19, 0x23, 0xd9, 0x1e, 0x12, 0xd2, 0x4c, 0x72, 0xb2, 0x20,
                                    0x25, 0xcd, 0x8d, 0xac, 0xe8, 0x71}},
    [KC_OE_TDX_QUOTE_ECDSA] = {"TDX_QUOTE_ECDSA",
                               {0x8b, 0xa7, 0x02, 0x86, 0xc1, 0xcf, 0x11, 0xed, 0xaf, 0xa1, 0x02,
                                0x42, 0xac, 0x12, 0x00, 0x02}},
};

const char *kc_oe_format_name(enum kc_oe_format format)
{
    return format < KC_OE_FORMAT_COUNT ? formats[format].name : NULL;
}

const uint8_t *kc_oe_format_uuid(enum kc_oe_format format)
{
    return format < KC_OE_FORMAT_COUNT ? formats[format].uuid : NULL;
}

bool kc_oe_format_from_uuid(const uint8_t uuid[KC_OE_UUID_SIZE], enum kc_oe_format *out)
{
    for (int i = 0; i < KC_OE_FORMAT_COUNT; i++) {
        if (memcmp(formats[i].uuid, uuid, KC_OE_UUID_SIZE) == 0) {
            *out = (enum kc_oe_format)i;
            return true;
        }
    }
    return false;
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool same_name(const char *a, const char *b)
{
    while (*a != '\0' && upper(*a) == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

/* 32 digits, hyphens dropped. */
static bool uuid_from_text(const char *text, uint8_t uuid[KC_OE_UUID_SIZE])
{
    char digits[2 * KC_OE_UUID_SIZE];
    size_t n = 0;
    for (; *text != '\0'; text++) {
        if (*text == '-')
            continue;
        if (n == sizeof digits)
            return false;
        digits[n++] = *text;
    }
    struct kc_room room = {uuid, KC_OE_UUID_SIZE};
    return n == sizeof digits && kc_hex_decode(kc_bytes_of(digits, n), room, &n) == KC_OK;
}

bool kc_oe_format_from_text(const char *text, enum kc_oe_format *out)
{
    uint8_t uuid[KC_OE_UUID_SIZE];
    for (int i = 0; i < KC_OE_FORMAT_COUNT; i++) {
        if (same_name(text, formats[i].name)) {
            *out = (enum kc_oe_format)i;
            return true;
        }
    }
    return uuid_from_text(text, uuid) && kc_oe_format_from_uuid(uuid, out);
}
