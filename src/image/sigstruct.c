#include "image/sigstruct.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/reader.h"
#include "image/sigstruct_rsa.h"

/*
 * SIGSTRUCT, little endian (SDM 38.13). The signature covers 0..127 and 900..1027.
 *
 *    0 HEADER    24 HEADER2       128 MODULUS    900 MISCSELECT     928 ATTRIBUTES
 *   16 VENDOR    40 SWDEFINED     512 EXPONENT   904 MISCMASK       944 ATTRIBUTEMASK
 *   20 DATE      44 reserved, 84  516 SIGNATURE  908 CET, reserved  960 ENCLAVEHASH
 *                                                912 ISVFAMILYID    992 reserved, 16
 *   1008 ISVEXTPRODID   1024 ISVPRODID   1026 ISVSVN   1028 reserved, 12   1040 Q1   1424 Q2
 */
static const uint8_t header1[16] = {6, 0, 0, 0, 0xe1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0};
static const uint8_t header2[16] = {1, 1, 0, 0, 0x60, 0, 0, 0, 0x60, 0, 0, 0, 1, 0, 0, 0};

#define VENDOR_INTEL 0x8086u
#define KEY_SIZE     384
#define EXPONENT     3

static struct kc_bytes next(struct kc_reader *r, size_t n)
{
    return kc_reader_bytes(r, n);
}

struct numbers {
    struct kc_bytes signature;
    struct kc_bytes q1;
    struct kc_bytes q2;
};

/* What must have one value; sticky, so that the first rule broken names itself. */
static void demand(bool holds, enum kc_err code, const char *what, size_t at,
                   struct kc_error *error)
{
    if (!holds)
        (void)kc_error_set(error, code, what, at);
}

static void demand_zero(struct kc_reader *r, size_t n, const char *what, struct kc_error *error)
{
    size_t at = r->at;
    demand(kc_bytes_are_zero(next(r, n)), KC_ERR_MALFORMED, what, at, error);
}

static bool is_bcd_date(uint32_t date)
{
    for (unsigned i = 0; i < 32; i += 4) {
        if ((date >> i & 0xf) > 9)
            return false;
    }
    uint32_t month = date >> 8 & 0xff;
    uint32_t day = date & 0xff;
    return month >= 1 && month <= 0x12 && day >= 1 && day <= 0x31;
}

static void read_head(struct kc_reader *r, struct kc_sigstruct *out, struct kc_error *error)
{
    const struct kc_bytes want1 = kc_bytes_of(header1, sizeof header1);
    const struct kc_bytes want2 = kc_bytes_of(header2, sizeof header2);
    demand(kc_bytes_equal(next(r, sizeof header1), want1), KC_ERR_MALFORMED,
           "SIGSTRUCT header is not that of an enclave signature", 0, error);
    uint32_t vendor = kc_reader_u32(r);
    demand(vendor == 0 || vendor == VENDOR_INTEL, KC_ERR_MALFORMED,
           "SIGSTRUCT vendor is neither 0 nor 0x8086", vendor, error);
    out->date = kc_reader_u32(r);
    demand(is_bcd_date(out->date), KC_ERR_MALFORMED, "SIGSTRUCT date is not yyyymmdd in BCD", 20,
           error);
    demand(kc_bytes_equal(next(r, sizeof header2), want2), KC_ERR_MALFORMED,
           "SIGSTRUCT second header is not that of RSA-3072", 24, error);
    kc_reader_skip(r, 4); /* SWDEFINED: the signer's, signed, without a meaning to the processor */
    demand_zero(r, 84, "SIGSTRUCT reserved bytes are not zero", error);
}

static void read_body(struct kc_reader *r, struct kc_sigstruct *out, struct kc_error *error)
{
    out->misc_select = kc_reader_u32(r);
    out->misc_mask = kc_reader_u32(r);
    demand_zero(r, 4, "SIGSTRUCT has CET attributes, which we do not support", error);
    demand_zero(r, 16, "SIGSTRUCT has an ISVFAMILYID, which needs KSS", error);
    out->attributes.flags = kc_reader_u64(r);
    out->attributes.xfrm = kc_reader_u64(r);
    out->attribute_mask.flags = kc_reader_u64(r);
    out->attribute_mask.xfrm = kc_reader_u64(r);
    kc_reader_copy(r, out->mrenclave, sizeof out->mrenclave);
    demand_zero(r, 16, "SIGSTRUCT reserved bytes are not zero", error);
    demand_zero(r, 16, "SIGSTRUCT has an ISVEXTPRODID, which needs KSS", error);
    out->isv_prod_id = kc_reader_u16(r);
    out->isv_svn = kc_reader_u16(r);
}

static enum kc_err read_all(struct kc_bytes bytes, struct kc_sigstruct *out,
                            struct numbers *numbers, struct kc_error *error)
{
    struct kc_error first = KC_ERROR_NONE;
    struct kc_reader r = kc_reader_of(bytes);
    if (bytes.len != KC_SIGSTRUCT_SIZE)
        return kc_error_set(error, KC_ERR_MALFORMED, "SIGSTRUCT is not 1808 bytes long", bytes.len);
    read_head(&r, out, &first);
    kc_reader_copy(&r, out->modulus, sizeof out->modulus);
    uint32_t exponent = kc_reader_u32(&r);
    demand(exponent == EXPONENT, KC_ERR_MALFORMED, "SIGSTRUCT exponent is not 3", exponent, &first);
    numbers->signature = next(&r, KEY_SIZE);
    read_body(&r, out, &first);
    demand_zero(&r, 12, "SIGSTRUCT reserved bytes are not zero", &first);
    numbers->q1 = next(&r, KEY_SIZE);
    numbers->q2 = next(&r, KEY_SIZE);
    demand(kc_reader_done(&r), KC_ERR_MALFORMED, "SIGSTRUCT has another length", bytes.len, &first);
    if (first.code != KC_OK)
        return kc_error_set(error, first.code, first.what, first.at);
    return KC_OK;
}

enum kc_err kc_sigstruct_decode(struct kc_bytes bytes, struct kc_sigstruct *out,
                                struct kc_error *error)
{
    struct kc_sigstruct found = {0};
    struct numbers numbers = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
    uint8_t digest[32];
    enum kc_err err = read_all(bytes, &found, &numbers, error);
    if (err == KC_OK)
        err = kc_sigstruct_digest(bytes.ptr, digest);
    if (err == KC_OK)
        err = kc_sigstruct_rsa_verify(found.modulus, numbers.signature.ptr, numbers.q1.ptr,
                                      numbers.q2.ptr, digest, error);
    if (err == KC_OK && EVP_Digest(found.modulus, sizeof found.modulus, found.mrsigner, NULL,
                                   EVP_sha256(), NULL) != 1)
        err = kc_error_set(error, KC_ERR_CRYPTO, "SHA-256 failed", 0);
    if (err == KC_OK)
        *out = found;
    return err;
}

enum kc_err kc_sigstruct_sign(const struct kc_sigstruct *in, struct kc_bytes key_pem,
                              uint8_t out[KC_SIGSTRUCT_SIZE], struct kc_error *error)
{
    uint8_t made[KC_SIGSTRUCT_SIZE];
    uint8_t digest[32];
    struct kc_writer w = kc_writer_of((struct kc_room){made, sizeof made});
    kc_writer_copy(&w, header1, sizeof header1);
    kc_writer_u32(&w, 0); /* not Intel */
    kc_writer_u32(&w, in->date);
    kc_writer_copy(&w, header2, sizeof header2);
    kc_writer_zeros(&w, 4 + 84);
    uint8_t *modulus = kc_writer_room(&w, KEY_SIZE);
    kc_writer_u32(&w, EXPONENT);
    uint8_t *signature = kc_writer_room(&w, KEY_SIZE);
    kc_writer_u32(&w, in->misc_select);
    kc_writer_u32(&w, in->misc_mask);
    kc_writer_zeros(&w, 4 + 16);
    kc_writer_u64(&w, in->attributes.flags);
    kc_writer_u64(&w, in->attributes.xfrm);
    kc_writer_u64(&w, in->attribute_mask.flags);
    kc_writer_u64(&w, in->attribute_mask.xfrm);
    kc_writer_copy(&w, in->mrenclave, sizeof in->mrenclave);
    kc_writer_zeros(&w, 16 + 16);
    kc_writer_u16(&w, in->isv_prod_id);
    kc_writer_u16(&w, in->isv_svn);
    kc_writer_zeros(&w, 12);
    uint8_t *q1 = kc_writer_room(&w, KEY_SIZE);
    uint8_t *q2 = kc_writer_room(&w, KEY_SIZE);
    if (kc_writer_failed(&w) || w.len != sizeof made)
        return kc_error_set(error, KC_ERR_ROOM, "SIGSTRUCT does not fit", w.len);
    enum kc_err err = kc_sigstruct_digest(made, digest);
    if (err == KC_OK)
        err = kc_sigstruct_rsa_sign(key_pem, digest, modulus, signature, q1, q2, error);
    if (err == KC_OK)
        memcpy(out, made, sizeof made);
    return err;
}
