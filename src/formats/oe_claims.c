#include "formats/oe_claims.h"

#include <string.h>

#include "base/reader.h"

#define VERSION 1

static enum kc_err refuse(struct kc_error *error, const char *what, uint64_t at)
{
    return kc_error_set(error, KC_ERR_MALFORMED, what, at);
}

/* One name that ends in its only NUL, and one value. */
static enum kc_err read_claim(struct kc_reader *r, struct kc_oe_claims *claims,
                              struct kc_error *error)
{
    size_t at = r->at;
    uint64_t name_size = kc_reader_u64(r);
    uint64_t value_size = kc_reader_u64(r);
    struct kc_bytes name = kc_reader_bytes(r, name_size);
    struct kc_oe_claim claim = {name, kc_reader_bytes(r, value_size)};
    if (kc_reader_failed(r))
        return refuse(error, "custom claims: a claim ends after the buffer", at);
    if (name.len == 0 || memchr(name.ptr, 0, name.len) != name.ptr + name.len - 1)
        return refuse(error, "custom claims: a name does not end in its only NUL", at);
    claim.name.len--;
    for (size_t i = 0; i < claims->count; i++) {
        if (kc_bytes_equal(claims->claim[i].name, claim.name))
            return refuse(error, "custom claims: a name stands twice", at);
    }
    claims->claim[claims->count++] = claim;
    return KC_OK;
}

enum kc_err kc_oe_claims_decode(struct kc_bytes bytes, struct kc_oe_claims *out,
                                struct kc_error *error)
{
    struct kc_oe_claims claims = {0};
    struct kc_reader r = kc_reader_of(bytes);
    uint64_t version = kc_reader_u64(&r);
    uint64_t count = kc_reader_u64(&r);
    if (kc_reader_failed(&r))
        return refuse(error, "custom claims: shorter than their header of 16 bytes", bytes.len);
    if (version != VERSION)
        return kc_error_set(error, KC_ERR_UNSUPPORTED, "custom claims: the version is not 1",
                            version);
    if (count > KC_OE_CLAIMS_MAX)
        return kc_error_set(error, KC_ERR_UNSUPPORTED, "custom claims: more than 32 claims", count);
    for (uint64_t i = 0; i < count; i++) {
        enum kc_err err = read_claim(&r, &claims, error);
        if (err != KC_OK)
            return err;
    }
    if (!kc_reader_done(&r))
        return refuse(error, "custom claims: bytes follow the last claim", r.at);
    *out = claims;
    return KC_OK;
}

void kc_oe_claims_encode(struct kc_writer *w, const struct kc_oe_claims *in)
{
    kc_writer_u64(w, VERSION);
    kc_writer_u64(w, in->count);
    for (size_t i = 0; i < in->count; i++) {
        kc_writer_u64(w, in->claim[i].name.len + 1);
        kc_writer_u64(w, in->claim[i].value.len);
        kc_writer_bytes(w, in->claim[i].name);
        kc_writer_u8(w, 0);
        kc_writer_bytes(w, in->claim[i].value);
    }
}

const struct kc_oe_claim *kc_oe_claims_find(const struct kc_oe_claims *claims, const char *name)
{
    for (size_t i = 0; i < claims->count; i++) {
        if (kc_bytes_equal(claims->claim[i].name, kc_bytes_of_text(name)))
            return &claims->claim[i];
    }
    return NULL;
}
