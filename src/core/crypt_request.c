#include "core/crypt_request.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "core/api_json.h"
#include "core/cipher.h"

#define BASE64_WANTED "not base64 (RFC 4648, section 4: with padding, without line breaks)"

/* What the readers of members write to. */
struct reading {
    struct kc_crypt_request *request;
    struct kc_crypt_item *item; /* the one that is being read */
    size_t items_max;
    struct kc_room arena; /* what is left of it */
    bool decrypt;
    bool has_text; /* plaintext or ciphertext was there */
};

/* --- one item --- */

/* Decodes base64 to the arena's front; false, and noted in the item, when it is none. */
static bool decode(struct reading *r, struct kc_bytes text, const char *what, struct kc_room *out)
{
    size_t len = 0;
    if (kc_base64_decode(KC_BASE64, text, r->arena, &len) != KC_OK) {
        r->item->error = what;
        return false;
    }
    *out = (struct kc_room){r->arena.ptr, len};
    r->arena = (struct kc_room){r->arena.ptr + len, r->arena.len - len};
    return true;
}

/* The arena has room for everything by its making; the check keeps a mistake in that harmless. */
static bool skip_arena(struct reading *r, size_t n)
{
    if (n > r->arena.len)
        return false;
    r->arena = (struct kc_room){r->arena.ptr + n, r->arena.len - n};
    return true;
}

static void read_plaintext(struct kc_json *j, void *out)
{
    struct reading *r = out;
    if (r->decrypt) {
        (void)kc_json_skip(j);
        return;
    }
    if (kc_api_null(j))
        return;
    struct kc_bytes text = kc_json_text(j, &r->arena);
    uint8_t *start = r->arena.ptr;
    struct kc_room plaintext = {NULL, 0};
    r->has_text = true;
    if (kc_json_failed(j) || !skip_arena(r, KC_CIPHER_NONCE_SIZE) ||
        !decode(r, text, "plaintext: " BASE64_WANTED, &plaintext) ||
        !skip_arena(r, KC_CIPHER_TAG_SIZE))
        return;
    r->item->message = (struct kc_room){start, plaintext.len + KC_CIPHER_OVERHEAD};
}

/* The version behind the prefix, and the colon; 0 when it is none. */
static uint64_t take_version(struct kc_bytes *text)
{
    uint64_t version = 0;
    size_t n = 0;
    while (n < text->len && n < 9 && text->ptr[n] >= '0' && text->ptr[n] <= '9')
        version = version * 10 + (uint64_t)(text->ptr[n++] - '0');
    if (n == 0 || text->ptr[0] == '0' || n == text->len || text->ptr[n] != ':')
        return 0;
    *text = kc_bytes_of(text->ptr + n + 1, text->len - n - 1);
    return version;
}

/* Vault's words: clients look for them. */
static void read_ciphertext(struct kc_json *j, void *out)
{
    static const size_t prefix = sizeof KC_CRYPT_PREFIX - 1;
    struct reading *r = out;
    if (!r->decrypt) {
        (void)kc_json_skip(j);
        return;
    }
    if (kc_api_null(j))
        return;
    struct kc_bytes text = kc_json_text(j, &r->arena);
    r->has_text = true;
    if (kc_json_failed(j))
        return;
    if (text.len < prefix || memcmp(text.ptr, KC_CRYPT_PREFIX, prefix) != 0) {
        r->item->error = "invalid ciphertext: no prefix";
        return;
    }
    text = kc_bytes_of(text.ptr + prefix, text.len - prefix);
    r->item->version = take_version(&text);
    if (r->item->version == 0)
        r->item->error = "invalid ciphertext: version number could not be decoded";
    else if (decode(r, text, "invalid ciphertext: could not decode base64", &r->item->message) &&
             r->item->message.len < KC_CIPHER_OVERHEAD)
        r->item->error = "invalid ciphertext: too short";
}

static void read_aad(struct kc_json *j, void *out)
{
    struct reading *r = out;
    struct kc_room aad = {NULL, 0};
    if (kc_api_null(j))
        return;
    struct kc_bytes text = kc_json_text(j, &r->arena);
    if (!kc_json_failed(j) && decode(r, text, "associated_data: " BASE64_WANTED, &aad))
        r->item->aad = kc_bytes_of(aad.ptr, aad.len);
}

static void read_version(struct kc_json *j, void *out)
{
    struct reading *r = out;
    uint64_t version =
        kc_api_number(j, UINT32_MAX, "key_version: a whole number, 0 for the newest");
    if (!r->decrypt) /* a ciphertext says itself which version it is of */
        r->item->version = version;
}

static void read_reference(struct kc_json *j, void *out)
{
    struct reading *r = out;
    if (kc_api_null(j))
        return;
    struct kc_bytes raw = kc_json_skip(j);
    if (!kc_json_failed(j) && raw.ptr[0] != '"')
        kc_json_fail(j, "reference: a string");
    r->item->reference = raw;
}

static void refuse_context(struct kc_json *j, void *out)
{
    (void)out;
    kc_api_refuse_set(j, "context: this version has no derived keys; bind data with "
                         "associated_data, or leave it out");
}

static void refuse_nonce(struct kc_json *j, void *out)
{
    (void)out;
    kc_api_refuse_set(j, "nonce, convergent_encryption: nonces are random and made here; leave "
                         "them out");
}

static void read_batch(struct kc_json *j, void *out);

static void read_partial_failure(struct kc_json *j, void *out)
{
    static const char what[] = "partial_failure_response_code: 200 to 599";
    struct reading *r = out;
    uint64_t code = kc_api_number(j, 599, what);
    if (code != 0 && (code < 200 || code == 204 || code == 304))
        kc_json_fail(j, what);
    r->request->partial_failure = (unsigned)code;
}

/* An item has the first ITEM_MEMBERS of them, the request all. */
#define ITEM_MEMBERS 8
static const struct kc_json_member members[] = {
    {"plaintext", NULL, read_plaintext},
    {"ciphertext", NULL, read_ciphertext},
    {"associated_data", NULL, read_aad},
    {"key_version", NULL, read_version},
    {"context", NULL, refuse_context},
    {"nonce", NULL, refuse_nonce},
    {"convergent_encryption", NULL, refuse_nonce},
    {"reference", NULL, read_reference},
    {"batch_input", NULL, read_batch},
    {"partial_failure_response_code", NULL, read_partial_failure},
};

static void end_item(struct reading *r)
{
    if (r->item->error == NULL && !r->has_text)
        r->item->error =
            r->decrypt ? "missing ciphertext to decrypt" : "missing plaintext to encrypt";
}

/* --- the request --- */

static void read_batch(struct kc_json *j, void *out)
{
    struct reading *r = out;
    struct kc_json_scope list;
    struct kc_crypt_item *single = r->item; /* does not count beside a batch */
    bool has_text = r->has_text;
    size_t count = 0;
    if (kc_api_null(j))
        return;
    kc_json_array_begin(j, &list);
    while (kc_json_array_next(j, &list)) {
        if (count == r->items_max) {
            kc_json_fail(j, "batch_input: 1,000 items at most; send several requests");
            break;
        }
        r->item = &r->request->item[++count];
        r->has_text = false;
        (void)kc_json_members(j, members, ITEM_MEMBERS, r);
        end_item(r);
    }
    if (!kc_json_failed(j) && count == 0)
        kc_json_fail(j, "batch_input: at least one item");
    r->request->batch = true;
    r->request->count = count;
    r->item = single;
    r->has_text = has_text;
}

/* How often `c` stands in the body. */
static size_t count_of(struct kc_bytes body, uint8_t c)
{
    size_t count = 0;
    for (size_t i = 0; i < body.len; i++)
        count += body.ptr[i] == c;
    return count;
}

/*
 * Memory for all that a body can become. Every item is an object, so that braces bound them. What
 * base64 decodes to is shorter than its text; a text with escapes is there unescaped, too; every
 * item has a nonce and a tag.
 */
static struct kc_crypt_request *make(struct kc_bytes body, struct reading *r)
{
    size_t braces = count_of(body, '{');
    r->items_max = braces < KC_CRYPT_ITEMS_MAX ? braces : KC_CRYPT_ITEMS_MAX;
    size_t items = (r->items_max + 1) * sizeof(struct kc_crypt_item);
    size_t texts = count_of(body, '\\') == 0 ? body.len : 2 * body.len;
    size_t arena = texts + (r->items_max + 1) * KC_CIPHER_OVERHEAD;
    size_t size = sizeof(struct kc_crypt_request) + items + arena;
    struct kc_crypt_request *request = malloc(size);
    if (request == NULL)
        return NULL;
    *request = (struct kc_crypt_request){
        .count = 1, .size = size, .item = (struct kc_crypt_item *)(request + 1)};
    memset(request->item, 0, items);
    r->request = request;
    r->item = request->item;
    r->arena = (struct kc_room){(uint8_t *)(request->item + r->items_max + 1), arena};
    return request;
}

struct kc_crypt_request *kc_crypt_request_read(struct kc_exchange *x, bool decrypt)
{
    struct reading r = {.decrypt = decrypt};
    struct kc_crypt_request *request = make(x->body, &r);
    if (request == NULL) {
        kc_exchange_refuse(x, 503, "out of memory: ask again later");
        return NULL;
    }
    if (!kc_api_read(x, members, sizeof members / sizeof members[0], &r)) {
        kc_crypt_request_free(request);
        return NULL;
    }
    end_item(&r);
    if (request->batch)
        request->item++; /* the first one stood beside the batch */
    return request;
}

void kc_crypt_request_free(struct kc_crypt_request *request)
{
    if (request == NULL)
        return;
    kc_bytes_wipe(request, request->size);
    free(request);
}
