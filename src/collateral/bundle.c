#include "collateral/bundle.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "base/reader.h"

#define MAGIC      "KCBUNDL1"
#define MAGIC_SIZE 8
#define HASH_SIZE  32

static const char *const names[KC_BUNDLE_PIECES] = {
    "tcb_info.json",   "tcb_chain.pem", "qe_identity.json",  "qe_chain.pem",
    "root_ca_crl.der", "pck_crl.der",   "pck_crl_chain.pem", "pck_chain.pem",
    "vek.der",         "ask_ark.pem",   "auxblob",           "ark_crl.der",
};

const char *kc_bundle_file_name(enum kc_bundle_piece piece)
{
    return names[piece];
}

bool kc_bundle_is(struct kc_bytes bytes)
{
    return bytes.len >= MAGIC_SIZE && memcmp(bytes.ptr, MAGIC, MAGIC_SIZE) == 0;
}

bool kc_bundle_put(struct kc_bundle *bundle, enum kc_bundle_piece piece, struct kc_bytes bytes)
{
    uint8_t *copy = malloc(bytes.len + 1);
    if (copy == NULL)
        return false;
    if (bytes.len > 0)
        memcpy(copy, bytes.ptr, bytes.len);
    free(bundle->piece[piece].ptr);
    bundle->piece[piece] = (struct kc_room){copy, bytes.len};
    return true;
}

static enum kc_err malformed(struct kc_error *error, const char *what, size_t at)
{
    return kc_error_set(error, KC_ERR_MALFORMED, what, at);
}

static enum kc_err read_pieces(struct kc_reader *r, struct kc_bundle *out, struct kc_error *error)
{
    int last = -1;
    while (r->left > 0) {
        size_t at = r->at;
        uint8_t number = kc_reader_u8(r);
        struct kc_bytes piece = kc_reader_bytes(r, kc_reader_u32(r));
        if (kc_reader_failed(r))
            return malformed(error, "bundle: a piece is longer than what is left", at);
        if (number >= KC_BUNDLE_PIECES)
            return malformed(error, "bundle: a piece of an unknown number", at);
        if (number <= last)
            return malformed(error, "bundle: pieces are not in their order", at);
        if (piece.len > KC_BUNDLE_PIECE_MAX)
            return malformed(error, "bundle: a piece over 1 MiB", at);
        if (!kc_bundle_put(out, (enum kc_bundle_piece)number, piece))
            return kc_error_set(error, KC_ERR_MEMORY, "out of memory", 0);
        last = number;
    }
    return KC_OK;
}

enum kc_err kc_bundle_decode(struct kc_bytes bytes, struct kc_bundle *out, struct kc_error *error)
{
    uint8_t hash[HASH_SIZE];
    *out = (struct kc_bundle){0};
    if (!kc_bundle_is(bytes) || bytes.len < MAGIC_SIZE + HASH_SIZE)
        return malformed(error, "bundle: it does not begin as one, or is cut off", 0);
    size_t body = bytes.len - HASH_SIZE;
    if (SHA256(bytes.ptr, body, hash) == NULL || memcmp(hash, bytes.ptr + body, HASH_SIZE) != 0)
        return malformed(error, "bundle: damaged, its hash does not hold", body);
    struct kc_reader r = kc_reader_of(kc_bytes_of(bytes.ptr, body));
    kc_reader_skip(&r, MAGIC_SIZE);
    enum kc_err err = read_pieces(&r, out, error);
    if (err != KC_OK)
        kc_bundle_clear(out);
    return err;
}

enum kc_err kc_bundle_encode(struct kc_writer *w, const struct kc_bundle *bundle)
{
    size_t start = w->len;
    kc_writer_copy(w, MAGIC, MAGIC_SIZE);
    for (size_t i = 0; i < KC_BUNDLE_PIECES; i++) {
        const struct kc_room *piece = &bundle->piece[i];
        if (piece->ptr == NULL)
            continue;
        if (piece->len > KC_BUNDLE_PIECE_MAX)
            return KC_ERR_ROOM;
        kc_writer_u8(w, (uint8_t)i);
        kc_writer_u32(w, (uint32_t)piece->len);
        kc_writer_copy(w, piece->ptr, piece->len);
    }
    size_t len = w->len - start;
    uint8_t *hash = kc_writer_room(w, HASH_SIZE);
    if (hash == NULL)
        return w->ptr == NULL && !kc_writer_failed(w) ? KC_OK : KC_ERR_ROOM;
    return SHA256(hash - len, len, hash) == NULL ? KC_ERR_CRYPTO : KC_OK;
}

static struct kc_bytes view(const struct kc_bundle *bundle, enum kc_bundle_piece piece)
{
    return kc_bytes_of(bundle->piece[piece].ptr, bundle->piece[piece].len);
}

struct kc_collateral_pieces kc_bundle_intel(const struct kc_bundle *bundle)
{
    return (struct kc_collateral_pieces){
        .tcb_info = view(bundle, KC_BUNDLE_TCB_INFO),
        .qe_identity = view(bundle, KC_BUNDLE_QE_IDENTITY),
        .tcb_chain = view(bundle, KC_BUNDLE_TCB_CHAIN),
        .qe_chain = view(bundle, KC_BUNDLE_QE_CHAIN),
        .root_crl = view(bundle, KC_BUNDLE_ROOT_CRL),
        .pck_crl = view(bundle, KC_BUNDLE_PCK_CRL),
        .pck_crl_chain = view(bundle, KC_BUNDLE_PCK_CRL_CHAIN),
        .pck_chain = view(bundle, KC_BUNDLE_PCK_CHAIN),
    };
}

struct kc_amd_pieces kc_bundle_amd(const struct kc_bundle *bundle)
{
    return (struct kc_amd_pieces){
        .vek = view(bundle, KC_BUNDLE_VEK),
        .chain = view(bundle, KC_BUNDLE_ASK_ARK),
        .table = view(bundle, KC_BUNDLE_TABLE),
        .list = view(bundle, KC_BUNDLE_ARK_CRL),
    };
}

void kc_bundle_clear(struct kc_bundle *bundle)
{
    for (size_t i = 0; i < KC_BUNDLE_PIECES; i++)
        free(bundle->piece[i].ptr);
    *bundle = (struct kc_bundle){0};
}
