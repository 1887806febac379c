/* Takes off the one level of text around evidence. */
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/hex.h"
#include "base/pem.h"
#include "formats/evidence.h"

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct kc_bytes strip(struct kc_bytes text)
{
    while (text.len > 0 && is_space(text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    while (text.len > 0 && is_space(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

static bool begins_with(struct kc_bytes text, const char *prefix)
{
    size_t n = strlen(prefix);
    return text.len >= n && memcmp(text.ptr, prefix, n) == 0;
}

static bool is_binary(struct kc_bytes bytes)
{
    if (bytes.len >= 1 && bytes.ptr[0] >= 1 && bytes.ptr[0] <= 8)
        return true;
    if (bytes.len >= 4 && memcmp(bytes.ptr, "HCLA", 4) == 0)
        return true;
    return bytes.len >= 2 && bytes.ptr[0] == 0x30 && bytes.ptr[1] >= 0x80;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_base64(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || is_digit(c) || c == '+' ||
           c == '/' || c == '-' || c == '_';
}

/* A copy without line breaks, for free(). */
static uint8_t *join_lines(struct kc_bytes text, size_t *len)
{
    uint8_t *out = malloc(text.len + 1);
    size_t n = 0;
    for (size_t i = 0; out != NULL && i < text.len; i++) {
        bool is_crlf = text.ptr[i] == '\r' && i + 1 < text.len && text.ptr[i + 1] == '\n';
        if (text.ptr[i] != '\n' && !is_crlf)
            out[n++] = text.ptr[i];
    }
    *len = n;
    return out;
}

static enum kc_err decode_hex(struct kc_bytes text, struct kc_room out, size_t *out_len,
                              struct kc_error *error)
{
    if (begins_with(text, "0x"))
        text = kc_bytes_of(text.ptr + 2, text.len - 2);
    if (kc_hex_decode(text, out, out_len) != KC_OK)
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "evidence: begins like hexadecimal and is not, or has an odd number "
                            "of digits; characters",
                            text.len);
    return KC_OK;
}

static enum kc_err decode_base64(struct kc_bytes text, struct kc_room out, size_t *out_len,
                                 struct kc_error *error)
{
    if (kc_base64_decode(KC_BASE64, text, out, out_len) != KC_OK &&
        kc_base64_decode(KC_BASE64_URL, text, out, out_len) != KC_OK)
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "evidence: begins like base64 and is neither standard base64 with its "
                            "padding nor base64url without; characters",
                            text.len);
    return KC_OK;
}

static enum kc_err decode_lines(struct kc_bytes text, enum kc_evidence_text kind,
                                struct kc_room out, size_t *out_len, struct kc_error *error)
{
    size_t len = 0;
    uint8_t *joined = join_lines(text, &len);
    if (joined == NULL)
        return kc_error_set(error, KC_ERR_MEMORY, "no memory for the evidence", text.len);
    struct kc_bytes line = kc_bytes_of(joined, len);
    enum kc_err err = kind == KC_EVIDENCE_HEX ? decode_hex(line, out, out_len, error)
                                              : decode_base64(line, out, out_len, error);
    free(joined);
    if (err == KC_OK && !is_binary(kc_bytes_of(out.ptr, *out_len)))
        err = kc_error_set(error, KC_ERR_MALFORMED,
                           kind == KC_EVIDENCE_HEX
                               ? "evidence: the hexadecimal text is of nothing that is known here"
                               : "evidence: the base64 text is of nothing that is known here",
                           0);
    return err;
}

static enum kc_err decode_pem(struct kc_bytes text, struct kc_room out, size_t *out_len,
                              struct kc_error *error)
{
    struct kc_reader r = kc_reader_of(text);
    if (!begins_with(text, "-----BEGIN CERTIFICATE-----"))
        return kc_error_set(error, KC_ERR_UNSUPPORTED,
                            "evidence: a PEM block of another kind than CERTIFICATE", 0);
    enum kc_err err = kc_pem_read(&r, "CERTIFICATE", out, out_len, error);
    if (err == KC_OK && !kc_reader_done(&r))
        err = kc_error_set(error, KC_ERR_MALFORMED,
                           "evidence: something follows the first PEM certificate; give the one "
                           "that carries the evidence alone",
                           r.at);
    return err;
}

static enum kc_err tell(struct kc_bytes bytes, enum kc_evidence_text *out, struct kc_error *error)
{
    struct kc_bytes text = strip(bytes);
    if (begins_with(bytes, "KCBUNDL1"))
        return kc_error_set(error, KC_ERR_UNSUPPORTED,
                            "this is a bundle of collateral, no evidence", 0);
    if (is_binary(bytes))
        *out = KC_EVIDENCE_BINARY;
    else if (text.len > 0 && text.ptr[0] == '{')
        *out = KC_EVIDENCE_JSON;
    else if (begins_with(text, "-----BEGIN "))
        *out = KC_EVIDENCE_PEM;
    else if (text.len > 0 && is_digit(text.ptr[0]))
        *out = KC_EVIDENCE_HEX;
    else if (text.len > 0 && is_base64(text.ptr[0]))
        *out = KC_EVIDENCE_BASE64;
    else
        return kc_error_set(error, KC_ERR_MALFORMED,
                            bytes.len == 0
                                ? "evidence: empty"
                                : "evidence: neither quote, Open Enclave report or evidence, quote "
                                  "JSON nor certificate, plain or in hexadecimal, base64 or PEM",
                            0);
    return KC_OK;
}

enum kc_err kc_evidence_unwrap(struct kc_bytes bytes, enum kc_evidence_text *text, uint8_t **out,
                               size_t *out_len, struct kc_error *error)
{
    enum kc_evidence_text kind = KC_EVIDENCE_BINARY;
    size_t len = bytes.len;
    if (bytes.len > KC_EVIDENCE_MAX_SIZE)
        return kc_error_set(error, KC_ERR_MALFORMED, "evidence: larger than 1048576 bytes",
                            bytes.len);
    enum kc_err err = tell(bytes, &kind, error);
    if (err != KC_OK)
        return err;
    /* No text decodes to more bytes than it has, padding included. */
    struct kc_room room = {malloc(bytes.len + 1), bytes.len + 1};
    if (room.ptr == NULL)
        return kc_error_set(error, KC_ERR_MEMORY, "no memory for the evidence", bytes.len);
    if (kind == KC_EVIDENCE_BINARY || kind == KC_EVIDENCE_JSON)
        memcpy(room.ptr, bytes.ptr, bytes.len);
    else if (kind == KC_EVIDENCE_PEM)
        err = decode_pem(strip(bytes), room, &len, error);
    else
        err = decode_lines(strip(bytes), kind, room, &len, error);
    if (err != KC_OK) {
        free(room.ptr);
        return err;
    }
    *text = kind;
    *out = room.ptr;
    *out_len = len;
    return KC_OK;
}

bool kc_evidence_is_binary(struct kc_bytes bytes)
{
    return is_binary(bytes);
}

const char *kc_evidence_text_name(enum kc_evidence_text text)
{
    static const char *const names[] = {
        [KC_EVIDENCE_BINARY] = "binary", [KC_EVIDENCE_HEX] = "hex",
        [KC_EVIDENCE_BASE64] = "base64", [KC_EVIDENCE_PEM] = "pem",
        [KC_EVIDENCE_JSON] = "json",
    };
    return names[text];
}
