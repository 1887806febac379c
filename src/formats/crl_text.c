#include "base/hex.h"
#include "base/pem.h"
#include "formats/crl.h"
#include "formats/der.h"

/* DER says itself where it ends: a NUL just behind that is the C string's. */
static struct kc_bytes without_nul(struct kc_bytes der)
{
    struct kc_reader r = kc_reader_of(der);
    struct kc_bytes list = kc_der_element(&r, KC_DER_SEQUENCE);
    return r.left == 1 && *r.ptr == 0 ? list : der;
}

static enum kc_err read_pem(struct kc_bytes text, struct kc_room room, struct kc_bytes *der,
                            struct kc_error *error)
{
    size_t len = 0;
    struct kc_reader r = kc_reader_of(text);
    enum kc_err err = kc_pem_read(&r, "X509 CRL", room, &len, error);
    if (err == KC_OK && r.left > 0)
        err = kc_error_set(error, KC_ERR_MALFORMED, "CRL: text after the PEM block", r.at);
    if (err == KC_OK)
        *der = kc_bytes_of(room.ptr, len);
    return err;
}

/* In one line, or in lines as `xxd -p` writes them. The digits are joined in the room, where their
 * octets then take their place: each is behind the digits that are still to be read. */
static enum kc_err read_hex(struct kc_bytes text, struct kc_room room, struct kc_bytes *der,
                            struct kc_error *error)
{
    size_t len = 0;
    size_t n = 0;
    if (text.len > room.len)
        return kc_error_set(error, KC_ERR_ROOM, "CRL: larger than the room for it", text.len);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '\n' && text.ptr[i] != '\r')
            room.ptr[n++] = text.ptr[i];
    }
    enum kc_err err = kc_hex_decode(kc_bytes_of(room.ptr, n), room, &len);
    if (err == KC_OK && len > 0)
        *der = kc_bytes_of(room.ptr, len);
    else
        err = kc_error_set(error, KC_ERR_MALFORMED, "CRL: neither DER nor PEM nor hexadecimal", 0);
    return err;
}

enum kc_err kc_crl_unwrap(struct kc_bytes text, struct kc_room room, struct kc_bytes *der,
                          struct kc_error *error)
{
    if (text.len == 0)
        return kc_error_set(error, KC_ERR_MALFORMED, "CRL: empty", 0);
    if (text.ptr[0] == KC_DER_SEQUENCE) {
        *der = without_nul(text);
        return KC_OK;
    }
    if (text.ptr[text.len - 1] == 0)
        text.len--;
    return text.len > 0 && text.ptr[0] == '-' ? read_pem(text, room, der, error)
                                              : read_hex(text, room, der, error);
}
