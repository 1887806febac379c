#include "formats/oe_endorsements.h"

#include <string.h>

#include "base/reader.h"
#include "base/time.h"
#include "formats/oe_report.h"

#define SGX_VERSION      1
#define SGX_TYPE         2
#define SGX_ITEMS        9
#define SGX_ITEM_VERSION 1
#define TDX_TYPE         0x81
#define TDX_VERSION      4
#define TDX_ITEMS        7

/* What an item is; the tables below say where it stands. */
enum item {
    ITEM_TCB_INFO,
    ITEM_TCB_INFO_CHAIN,
    ITEM_PCK_CRL,
    ITEM_ROOT_CA_CRL,
    ITEM_PCK_CRL_CHAIN,
    ITEM_QE_IDENTITY,
    ITEM_QE_IDENTITY_CHAIN,
    ITEM_VERSION,
    ITEM_CREATION_TIME,
};

static const uint8_t sgx_order[SGX_ITEMS] = {
    ITEM_VERSION,     ITEM_TCB_INFO,          ITEM_TCB_INFO_CHAIN,
    ITEM_PCK_CRL,     ITEM_ROOT_CA_CRL,       ITEM_PCK_CRL_CHAIN,
    ITEM_QE_IDENTITY, ITEM_QE_IDENTITY_CHAIN, ITEM_CREATION_TIME,
};

static const uint8_t tdx_order[TDX_ITEMS] = {
    ITEM_PCK_CRL_CHAIN, ITEM_ROOT_CA_CRL,       ITEM_PCK_CRL,     ITEM_TCB_INFO_CHAIN,
    ITEM_TCB_INFO,      ITEM_QE_IDENTITY_CHAIN, ITEM_QE_IDENTITY,
};

static bool is_crl(enum item item)
{
    return item == ITEM_PCK_CRL || item == ITEM_ROOT_CA_CRL;
}

static struct kc_bytes *slot_of(struct kc_oe_endorsements *e, enum item item)
{
    switch (item) {
    case ITEM_TCB_INFO:
        return &e->tcb_info;
    case ITEM_TCB_INFO_CHAIN:
        return &e->tcb_info_chain;
    case ITEM_PCK_CRL:
        return &e->pck_crl;
    case ITEM_ROOT_CA_CRL:
        return &e->root_ca_crl;
    case ITEM_PCK_CRL_CHAIN:
        return &e->pck_crl_chain;
    case ITEM_QE_IDENTITY:
        return &e->qe_identity;
    case ITEM_QE_IDENTITY_CHAIN:
        return &e->qe_identity_chain;
    case ITEM_VERSION:
    case ITEM_CREATION_TIME:
        break;
    }
    return NULL;
}

/* `bytes` ends in a NUL and has no other. */
static bool read_text(struct kc_bytes bytes, struct kc_bytes *out)
{
    if (bytes.len < 2 || memchr(bytes.ptr, 0, bytes.len) != bytes.ptr + bytes.len - 1)
        return false;
    *out = kc_bytes_of(bytes.ptr, bytes.len - 1);
    return true;
}

static bool read_creation_time(struct kc_bytes bytes, int64_t *out)
{
    struct kc_bytes text = {NULL, 0};
    return bytes.len == KC_TIME_TEXT_SIZE && read_text(bytes, &text) &&
           kc_time_parse(text, out) == KC_OK;
}

static bool read_version(struct kc_bytes bytes)
{
    struct kc_reader r = kc_reader_of(bytes);
    return kc_reader_u32(&r) == SGX_ITEM_VERSION && kc_reader_done(&r);
}

static bool read_item(struct kc_bytes bytes, enum item item, struct kc_oe_endorsements *out)
{
    if (item == ITEM_VERSION)
        return read_version(bytes);
    if (item == ITEM_CREATION_TIME)
        return read_creation_time(bytes, &out->creation_time);
    struct kc_bytes *slot = slot_of(out, item);
    if (!is_crl(item))
        return read_text(bytes, slot);
    *slot = bytes;
    return bytes.len > 0;
}

static enum kc_err read_items(struct kc_reader *r, const uint8_t *order, const uint32_t *sizes,
                              size_t count, struct kc_oe_endorsements *out, struct kc_error *error)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = r->at;
        struct kc_bytes bytes = kc_reader_bytes(r, sizes[i]);
        if (kc_reader_failed(r))
            return kc_error_set(error, KC_ERR_MALFORMED, "endorsements: shorter than their items",
                                at);
        if (!read_item(bytes, (enum item)order[i], out))
            return kc_error_set(error, KC_ERR_MALFORMED,
                                "endorsements: an item empty or not of its form", at);
    }
    if (!kc_reader_done(r))
        return kc_error_set(error, KC_ERR_MALFORMED, "endorsements: bytes after the last item",
                            r->at);
    return KC_OK;
}

/* Offsets to sizes, the last item reaching to the end. */
static bool read_offsets(struct kc_reader *r, uint32_t sizes[SGX_ITEMS])
{
    uint32_t start = kc_reader_u32(r);
    if (start != 0)
        return false;
    for (size_t i = 0; i + 1 < SGX_ITEMS; i++) {
        uint32_t end = kc_reader_u32(r);
        if (end <= start)
            return false;
        sizes[i] = end - start;
        start = end;
    }
    if (kc_reader_failed(r) || start >= r->left)
        return false;
    sizes[SGX_ITEMS - 1] = (uint32_t)(r->left - start);
    return true;
}

static enum kc_err read_sgx(struct kc_reader *r, uint32_t version, struct kc_oe_endorsements *out,
                            struct kc_error *error)
{
    uint32_t sizes[SGX_ITEMS] = {0};
    uint32_t size = kc_reader_u32(r);
    uint32_t count = kc_reader_u32(r);
    if (kc_reader_failed(r))
        return kc_error_set(error, KC_ERR_MALFORMED, "endorsements: shorter than their header",
                            r->at);
    if (version != SGX_VERSION || count != SGX_ITEMS)
        return kc_error_set(error, KC_ERR_UNSUPPORTED,
                            "endorsements: of SGX, but not of version 1 with 9 items", version);
    if (size != r->left)
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "endorsements: the size in the header is not that of the rest", size);
    if (!read_offsets(r, sizes))
        return kc_error_set(error, KC_ERR_MALFORMED, "endorsements: offsets that do not rise",
                            r->at);
    out->tee = KC_OE_ENDORSEMENTS_SGX;
    return read_items(r, sgx_order, sizes, SGX_ITEMS, out, error);
}

static enum kc_err read_tdx(struct kc_reader *r, uint32_t version, struct kc_oe_endorsements *out,
                            struct kc_error *error)
{
    uint32_t sizes[TDX_ITEMS] = {0};
    if (version != 3 && version != 0x10003 && version != TDX_VERSION)
        return kc_error_set(error, KC_ERR_UNSUPPORTED,
                            "endorsements: none of TDX of version 3.0, 3.1 or 4.0; version",
                            version);
    for (size_t i = 0; i < TDX_ITEMS; i++) {
        kc_reader_skip(r, 8);
        sizes[i] = kc_reader_u32(r);
        kc_reader_skip(r, 4);
    }
    if (kc_reader_failed(r))
        return kc_error_set(error, KC_ERR_MALFORMED, "endorsements: shorter than their header",
                            r->at);
    out->tee = KC_OE_ENDORSEMENTS_TDX;
    return read_items(r, tdx_order, sizes, TDX_ITEMS, out, error);
}

/* What stands behind an attestation header of a known format; else all of it. */
static struct kc_bytes without_header(struct kc_bytes bytes)
{
    struct kc_oe_attestation_header header;
    enum kc_oe_format format;
    bool has_one = kc_oe_attestation_header_decode(bytes, &header, NULL) == KC_OK &&
                   kc_oe_format_from_uuid(header.format_id, &format);
    return has_one ? header.data : bytes;
}

enum kc_err kc_oe_endorsements_decode(struct kc_bytes wrapped, struct kc_oe_endorsements *out,
                                      struct kc_error *error)
{
    struct kc_bytes bytes = without_header(wrapped);
    struct kc_oe_endorsements read = {0};
    struct kc_reader r = kc_reader_of(bytes);
    enum kc_err err = KC_OK;
    if (bytes.len > KC_OE_ENDORSEMENTS_MAX_SIZE)
        return kc_error_set(error, KC_ERR_MALFORMED, "endorsements: too large", bytes.len);
    uint32_t version = kc_reader_u32(&r);
    uint32_t type = kc_reader_u32(&r);
    if (kc_reader_failed(&r))
        err = kc_error_set(error, KC_ERR_MALFORMED, "endorsements: shorter than their header",
                           bytes.len);
    else if (type == SGX_TYPE)
        err = read_sgx(&r, version, &read, error);
    else if (type == TDX_TYPE)
        err = read_tdx(&r, version, &read, error);
    else
        err = kc_error_set(error, KC_ERR_UNSUPPORTED,
                           "endorsements: neither of SGX (2) nor of TDX (0x81)", type);
    if (err == KC_OK)
        *out = read;
    return err;
}

static void write_item(struct kc_writer *w, enum item item, const struct kc_oe_endorsements *in)
{
    struct kc_oe_endorsements copy = *in;
    char time[KC_TIME_TEXT_SIZE];
    if (item == ITEM_VERSION) {
        kc_writer_u32(w, SGX_ITEM_VERSION);
    } else if (item == ITEM_CREATION_TIME) {
        kc_time_format(in->creation_time, time);
        kc_writer_copy(w, time, sizeof time);
    } else {
        kc_writer_bytes(w, *slot_of(&copy, item));
        kc_writer_zeros(w, is_crl(item) ? 0 : 1);
    }
}

static size_t item_size(enum item item, const struct kc_oe_endorsements *in)
{
    struct kc_writer count = KC_WRITER_COUNT;
    write_item(&count, item, in);
    return count.len;
}

static void write_sgx_header(struct kc_writer *w, const struct kc_oe_endorsements *in)
{
    size_t total = 0;
    for (size_t i = 0; i < SGX_ITEMS; i++)
        total += item_size((enum item)sgx_order[i], in);
    kc_writer_u32(w, SGX_VERSION);
    kc_writer_u32(w, SGX_TYPE);
    kc_writer_u32(w, (uint32_t)(total + 4 * SGX_ITEMS));
    kc_writer_u32(w, SGX_ITEMS);
    size_t offset = 0;
    for (size_t i = 0; i < SGX_ITEMS; i++) {
        kc_writer_u32(w, (uint32_t)offset);
        offset += item_size((enum item)sgx_order[i], in);
    }
}

static void write_tdx_header(struct kc_writer *w, const struct kc_oe_endorsements *in)
{
    kc_writer_u32(w, TDX_VERSION);
    kc_writer_u32(w, TDX_TYPE);
    for (size_t i = 0; i < TDX_ITEMS; i++) {
        kc_writer_zeros(w, 8);
        kc_writer_u32(w, (uint32_t)item_size((enum item)tdx_order[i], in));
        kc_writer_zeros(w, 4);
    }
}

void kc_oe_endorsements_encode(struct kc_writer *w, const struct kc_oe_endorsements *in)
{
    bool is_sgx = in->tee == KC_OE_ENDORSEMENTS_SGX;
    const uint8_t *order = is_sgx ? sgx_order : tdx_order;
    if (is_sgx)
        write_sgx_header(w, in);
    else
        write_tdx_header(w, in);
    for (size_t i = 0; i < (is_sgx ? SGX_ITEMS : TDX_ITEMS); i++)
        write_item(w, (enum item)order[i], in);
}
