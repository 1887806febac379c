#include "core/rsa_public_key.h"

#include "base/reader.h"
#include "formats/der.h"

/* AlgorithmIdentifier: rsaEncryption (1.2.840.113549.1.1.1), parameters NULL (RFC 3279, 2.3.1). */
static const uint8_t algorithm_rsa[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                        0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};

static void write_head(struct kc_writer *w, uint8_t tag, size_t len)
{
    kc_writer_u8(w, tag);
    if (len >= 256) {
        kc_writer_u8(w, 0x82);
        kc_writer_u16be(w, (uint16_t)len);
        return;
    }
    if (len >= 128)
        kc_writer_u8(w, 0x81);
    kc_writer_u8(w, (uint8_t)len);
}

/* A positive INTEGER; a first byte of 128 or more needs a zero before it. */
static void write_integer(struct kc_writer *w, struct kc_bytes value)
{
    size_t pad = value.ptr[0] >> 7;
    write_head(w, KC_DER_INTEGER, value.len + pad);
    kc_writer_zeros(w, pad);
    kc_writer_bytes(w, value);
}

static void write_key(struct kc_writer *w, const struct kc_rsa_public_key *key)
{
    struct kc_writer count = KC_WRITER_COUNT;
    write_integer(&count, key->modulus);
    write_integer(&count, key->exponent);
    write_head(w, KC_DER_SEQUENCE, count.len);
    write_integer(w, key->modulus);
    write_integer(w, key->exponent);
}

static void write_info(struct kc_writer *w, const struct kc_rsa_public_key *key)
{
    struct kc_writer count = KC_WRITER_COUNT;
    write_key(&count, key);
    kc_writer_copy(w, algorithm_rsa, sizeof algorithm_rsa);
    write_head(w, KC_DER_BIT_STRING, count.len + 1);
    kc_writer_u8(w, 0); /* no unused bits */
    write_key(w, key);
}

void kc_rsa_public_key_encode(struct kc_writer *w, const struct kc_rsa_public_key *key)
{
    struct kc_writer count = KC_WRITER_COUNT;
    write_info(&count, key);
    write_head(w, KC_DER_SEQUENCE, count.len);
    write_info(w, key);
}

/* A positive INTEGER without the zero that keeps its first bit from being a sign. */
static struct kc_bytes read_integer(struct kc_reader *r)
{
    struct kc_bytes value = kc_der_integer(r);
    if (value.len > 0 && value.ptr[0] >= 0x80)
        kc_reader_fail(r);
    if (value.len > 1 && value.ptr[0] == 0)
        value = kc_bytes_of(value.ptr + 1, value.len - 1);
    return value;
}

static size_t bits_of(struct kc_bytes number)
{
    size_t bits = number.len * 8;
    for (unsigned top = number.ptr[0]; top < 0x80 && bits > number.len * 8 - 8; top <<= 1)
        bits--;
    return bits;
}

static bool is_odd(struct kc_bytes number)
{
    return (number.ptr[number.len - 1] & 1) != 0;
}

static enum kc_err judge(const struct kc_rsa_public_key *key, struct kc_error *error)
{
    size_t bits = bits_of(key->modulus);
    if (bits < KC_RSA_BITS_MIN || bits > KC_RSA_BITS_MAX)
        return kc_error_set(error, KC_ERR_REFUSED,
                            "the RSA key must have 2,048 to 4,096 bits; it has", bits);
    if (!is_odd(key->modulus))
        return kc_error_set(error, KC_ERR_REFUSED, "the RSA modulus is even", 0);
    if (!is_odd(key->exponent) || key->exponent.len > KC_RSA_EXPONENT_MAX ||
        bits_of(key->exponent) <= 16)
        return kc_error_set(error, KC_ERR_REFUSED,
                            "the RSA exponent must be odd, over 2^16 and under 2^64", 0);
    return KC_OK;
}

enum kc_err kc_rsa_public_key_decode(struct kc_bytes der, struct kc_rsa_public_key *out,
                                     struct kc_error *error)
{
    struct kc_rsa_public_key key = {0};
    struct kc_reader r = kc_reader_of(der);
    struct kc_reader info = kc_der_enter(&r, KC_DER_SEQUENCE);
    struct kc_bytes algorithm = kc_der_element(&info, KC_DER_SEQUENCE);
    struct kc_bytes bits = kc_der_octet_aligned_bits(&info);
    kc_der_leave(&r, &info);
    if (!kc_reader_done(&r))
        return kc_error_set(error, KC_ERR_MALFORMED, "not the DER of a public key", r.at);
    if (!kc_bytes_equal(algorithm, kc_bytes_of(algorithm_rsa, sizeof algorithm_rsa)))
        return kc_error_set(error, KC_ERR_REFUSED, "the public key is not of RSA", 0);
    struct kc_reader inner = kc_reader_of(bits);
    struct kc_reader pair = kc_der_enter(&inner, KC_DER_SEQUENCE);
    key.modulus = read_integer(&pair);
    key.exponent = read_integer(&pair);
    kc_der_leave(&inner, &pair);
    if (!kc_reader_done(&inner))
        return kc_error_set(error, KC_ERR_MALFORMED, "broken DER in the RSA key", inner.at);
    enum kc_err err = judge(&key, error);
    if (err == KC_OK)
        *out = key;
    return err;
}
