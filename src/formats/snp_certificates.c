#include "formats/snp_certificates.h"

#include <string.h>

#include "base/reader.h"

#define ENTRY_SIZE 24

struct entry {
    struct kc_bytes guid;
    uint32_t offset;
    uint32_t len;
};

enum kind {
    KIND_VCEK,
    KIND_VLEK,
    KIND_ASK,
    KIND_ARK,
    KIND_OTHER,
};

/* In the order of their text. */
static const uint8_t guids[KIND_OTHER][16] = {
    [KIND_VCEK] = {0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64, 0xad, 0xc5, 0xf4, 0xb9, 0x3b,
                   0xe8, 0xac, 0xcd},
    [KIND_VLEK] = {0xa8, 0x07, 0x4b, 0xc2, 0xa2, 0x5a, 0x48, 0x3e, 0xaa, 0xe6, 0x39, 0xc0, 0x45,
                   0xa0, 0xb8, 0xa1},
    [KIND_ASK] = {0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4, 0xa0, 0x2f, 0x05, 0xae, 0xf3,
                  0x27, 0xc7, 0x82},
    [KIND_ARK] = {0xc0, 0xb4, 0x06, 0xa4, 0xa8, 0x03, 0x49, 0x52, 0x97, 0x43, 0x3f, 0xb6, 0x01,
                  0x4c, 0xd0, 0xae},
};

/* Turns the first three fields around: the order of EFI. */
static void turn(const uint8_t in[16], uint8_t out[16])
{
    static const uint8_t place[8] = {3, 2, 1, 0, 5, 4, 7, 6};
    memcpy(out, in, 16);
    for (size_t i = 0; i < sizeof place; i++)
        out[i] = in[place[i]];
}

static enum kind kind_of(struct kc_bytes guid)
{
    uint8_t turned[16];
    turn(guid.ptr, turned);
    for (int i = 0; i < KIND_OTHER; i++)
        if (memcmp(guids[i], guid.ptr, 16) == 0 || memcmp(guids[i], turned, 16) == 0)
            return (enum kind)i;
    return KIND_OTHER;
}

static bool is_end(const struct entry *entry)
{
    return kc_bytes_are_zero(entry->guid) && entry->offset == 0 && entry->len == 0;
}

static struct entry read_entry(struct kc_reader *r)
{
    struct entry entry = {{NULL, 0}, 0, 0};
    entry.guid = kc_reader_bytes(r, 16);
    entry.offset = kc_reader_u32(r);
    entry.len = kc_reader_u32(r);
    return entry;
}

/* The bytes of the list, its end included; 0 when it has no end. */
static size_t list_size(struct kc_bytes table)
{
    struct kc_reader r = kc_reader_of(table);
    for (size_t i = 0; i <= KC_SNP_CERTIFICATES_MAX_ENTRIES; i++) {
        struct entry entry = read_entry(&r);
        if (kc_reader_failed(&r))
            return 0;
        if (is_end(&entry))
            return r.at;
    }
    return 0;
}

static enum kc_err place(struct kc_bytes certificate, enum kind kind, size_t at,
                         struct kc_snp_certificates *out, struct kc_error *error)
{
    struct kc_bytes *slots[KIND_OTHER] = {&out->vcek, &out->vlek, &out->ask, &out->ark};
    if (kind == KIND_OTHER) {
        out->others++;
        return KC_OK;
    }
    if (slots[kind]->len > 0)
        return kc_error_set(error, KC_ERR_MALFORMED, "SNP certificates: one kind twice", at);
    *slots[kind] = certificate;
    return KC_OK;
}

enum kc_err kc_snp_certificates_decode(struct kc_bytes table, struct kc_snp_certificates *out,
                                       struct kc_error *error)
{
    struct kc_snp_certificates found = {{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, 0};
    size_t list = list_size(table);
    enum kc_err err = KC_OK;
    if (table.len > KC_SNP_CERTIFICATES_MAX_SIZE)
        return kc_error_set(error, KC_ERR_MALFORMED, "SNP certificates: too large", table.len);
    if (table.len > 0 && list == 0)
        return kc_error_set(error, KC_ERR_MALFORMED, "SNP certificates: the list has no end", 0);
    struct kc_reader r = kc_reader_of(kc_bytes_of(table.ptr, list));
    while (err == KC_OK && r.left > ENTRY_SIZE) {
        size_t at = r.at;
        struct entry entry = read_entry(&r);
        if (entry.len == 0 || entry.offset < list || entry.offset > table.len ||
            entry.len > table.len - entry.offset)
            return kc_error_set(error, KC_ERR_MALFORMED,
                                "SNP certificates: an entry empty or outside the table", at);
        err = place(kc_bytes_of(table.ptr + entry.offset, entry.len), kind_of(entry.guid), at,
                    &found, error);
    }
    if (err == KC_OK)
        *out = found;
    return err;
}
