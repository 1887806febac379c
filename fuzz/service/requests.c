#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "world.h"

#define TEN       "0123456789"
#define LONG_NAME TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "01234567"

const char *const request_names[NAMES] = {"a",    "b",       "k", "x-1",   "Z_9",   "a.b",
                                          ".bad", "no such", "",  "a%2fb", "key-7", LONG_NAME};

#define NONCE "\"nonce\":\"AAECAwQFBgcICQoLDA0ODw==\""

/* '*' in a path: the name. Bodies of ENCRYPT and DECRYPT are made. */
static const struct row {
    const char *method;
    const char *path;
    enum kind kind;
    bool needs_token;
    const char *body;
} rows[] = {
    {"GET", "/v1/sys/health", OTHER, false, NULL},
    {"HEAD", "/v1/sys/health", OTHER, false, NULL},
    {"GET", "/v1/sys/health?uninitcode=200&activecode=204", OTHER, false, NULL},
    {"GET", "/v1/sys/seal-status", OTHER, false, NULL},
    {"GET", "/v1/sys/init", OTHER, false, NULL},
    {"PUT", "/v1/sys/init", INIT, false, "{\"seal_policy\":\"mrenclave\"}"},
    {"POST", "/v1/sys/init", INIT, false, "{\"seal_policy\":\"mrsigner\"}"},
    {"GET", "/v1/attest/evidence", OTHER, false, NULL},
    {"POST", "/v1/attest/evidence", OTHER, false, "{" NONCE "}"},
    {"POST", "/v1/attest/evidence", OTHER, false, "{" NONCE ",\"format\":\"raw\"}"},
    {"LIST", "/v1/transit/keys", KEY_LIST, true, NULL},
    {"GET", "/v1/transit/keys?list=true&after=a&limit=2", KEY_LIST, true, NULL},
    {"GET", "/v1/transit/keys/*", KEY_READ, true, NULL},
    {"PUT", "/v1/transit/keys/*", KEY_MAKE, true, "null"},
    {"POST", "/v1/transit/keys/*", KEY_MAKE, true, "{\"type\":\"aes256-gcm96\",\"derived\":false}"},
    {"POST", "/v1/transit/encrypt/*", ENCRYPT, true, NULL},
    {"PUT", "/v1/transit/decrypt/*", DECRYPT, true, NULL},
    {"GET", "/generate-aes-key", GENERATE, true, NULL},
    {"POST", "/generate-aes-key", GENERATE, true, "{\"bits\":256}"},
    {"GET", "/generate-rsa-key-pair", GENERATE, true, NULL},
    {"POST", "/generate-rsa-key-pair", GENERATE, true, "{\"bits\":3072}"},
    {"POST", "/generate-rsa-key-pair", GENERATE, true, "{\"bits\":4096}"},
    {"GET", "/v1/nothing", OTHER, false, NULL},
    {"DELETE", "/v1/sys/init", OTHER, false, NULL},
};
#define ROWS (sizeof rows / sizeof rows[0])

struct text {
    size_t len;
    char at[16384];
};

static void put(struct text *t, struct kc_bytes bytes)
{
    size_t n = bytes.len < sizeof t->at - t->len ? bytes.len : sizeof t->at - t->len;
    if (n > 0)
        memcpy(t->at + t->len, bytes.ptr, n);
    t->len += n;
}

static void put_text(struct text *t, const char *text)
{
    put(t, kc_bytes_of_text(text));
}

/* --- who asks --- */

static const char *token_of(const struct world *w, bool good)
{
    static const char other[] = "kct.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for (size_t i = w->tokens; i-- > 0;) {
        if (judge_token(w, w->token[i].text) == good)
            return w->token[i].text;
    }
    return other;
}

/* The headers; true when they show one token, and that is good. */
static bool put_token(struct text *t, const struct world *w, unsigned way)
{
    const char *good = token_of(w, true);
    const char *vault = way == 0 || way == 5 || way == 6 ? good
                        : way == 3                       ? token_of(w, false)
                        : way == 2 ? "kct.QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY"
                        : way == 7 ? "root"
                                   : NULL;
    if (vault != NULL) {
        put_text(t, "X-Vault-Token: ");
        put_text(t, vault);
        put_text(t, "\r\n");
    }
    if (way >= 4 && way <= 6) {
        put_text(t, "Authorization: Bearer ");
        put_text(t, way == 6 ? "root" : good);
        put_text(t, "\r\n");
    }
    return (way == 0 || way == 4 || way == 5) && judge_token(w, good);
}

/* --- bodies --- */

/* Fresh plaintext, in base64: a secret of this client. */
static void make_plain(char out[PLAIN_MAX])
{
    uint8_t bytes[18];
    FUZZ_CHECK(RAND_bytes(bytes, sizeof bytes) == 1);
    kc_base64_encode(KC_BASE64, kc_bytes_of(bytes, sizeof bytes), out);
    secrets_add(bytes, sizeof bytes);
    secrets_add(out, PLAIN_MAX - 1);
}

static void put_item(struct text *t, const char *name, const char *text, bool aad)
{
    put_text(t, "{\"");
    put_text(t, name);
    put_text(t, "\":\"");
    put_text(t, text);
    put_text(t, aad ? "\",\"associated_data\":\"QUFE\",\"reference\":\"r\"}" : "\"}");
}

/* Bits of `extra`: 1 with associated data, 2 two items. */
static void put_encrypt(struct text *t, struct expected *e, unsigned extra)
{
    e->aad = (extra & 1) != 0;
    e->items = 1 + (extra >> 1 & 1);
    put_text(t, e->items > 1 ? "{\"batch_input\":[" : "");
    for (unsigned i = 0; i < e->items; i++) {
        make_plain(e->item[i].plain);
        put_text(t, i > 0 ? "," : "");
        put_item(t, "plaintext", e->item[i].plain, e->aad);
    }
    put_text(t, e->items > 1 ? "]}" : "");
}

/* Low bits of `extra`: which ciphertext; 0x10 two, 0x20 the other data, 0x40 flipped. */
static void put_decrypt(struct text *t, struct world *w, struct expected *e, unsigned extra)
{
    size_t known = w->ciphertexts < CIPHERTEXTS ? w->ciphertexts : CIPHERTEXTS;
    e->items = known == 0 ? 1 : 1 + (extra >> 4 & 1);
    put_text(t, e->items > 1 ? "{\"batch_input\":[" : "");
    for (unsigned i = 0; i < e->items; i++) {
        static const struct ciphertext none = {.text = "vault:v1:AAAA"};
        struct ciphertext c = known == 0 ? none : w->ciphertext[(extra + i) % 16 % known];
        bool aad = c.aad != ((extra & 0x20) != 0);
        size_t len = strlen(c.text);
        if ((extra & 0x40) != 0) {
            char *flipped = &c.text[9 + (extra * 7 + e->name) % (len - 9)];
            *flipped = *flipped == 'A' ? 'B' : 'A';
        }
        memcpy(e->item[i].plain, c.plain, PLAIN_MAX);
        e->item[i].opens = known > 0 && (extra & 0x40) == 0 && aad == c.aad && c.name == e->name;
        put_text(t, i > 0 ? "," : "");
        put_item(t, "ciphertext", c.text, aad);
    }
    put_text(t, e->items > 1 ? "]}" : "");
}

static void put_path(struct text *t, const char *path, const char *name)
{
    const char *star = strchr(path, '*');
    if (star == NULL) {
        put_text(t, path);
        return;
    }
    put(t, kc_bytes_of(path, (size_t)(star - path)));
    put_text(t, name);
}

/* Bits of `flags`: 0 to 2 the token; 0x10 the last, 0x20 chunked, 0x40 waits for 100, 0x80
 * HTTP/1.0. */
static void put_line(struct text *t, const struct row *row, unsigned flags, const char *name,
                     struct kc_bytes suffix)
{
    put_text(t, row->method);
    put_text(t, " ");
    put_path(t, row->path, name);
    put(t, suffix);
    put_text(t, (flags & 0x80) != 0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\nHost: h\r\n");
    put_text(t, (flags & 0x10) != 0 ? "Connection: close\r\n" : "");
    put_text(t, (flags & 0x40) != 0 ? "Expect: 100-continue\r\n" : "");
}

static void put_body(struct text *t, bool chunked, struct kc_bytes body)
{
    char line[64];
    snprintf(line, sizeof line,
             chunked ? "Transfer-Encoding: chunked\r\n\r\n%zx\r\n" : "Content-Length: %zu\r\n\r\n",
             body.len);
    put_text(t, line);
    put(t, body);
    put_text(t, chunked ? "\r\n0\r\n\r\n" : "");
}

/* What the input brought may show a token, and may hold line ends: then nobody knows which answer
 * is whose. */
void request_note(const struct world *w, struct client *client, struct kc_bytes bytes)
{
    if (bytes.len == 0)
        return;
    if (memchr(bytes.ptr, '\n', bytes.len) != NULL || memchr(bytes.ptr, '\r', bytes.len) != NULL)
        client->raw = true;
    for (size_t i = 0; i < w->tokens; i++) {
        size_t n = strlen(w->token[i].text);
        for (size_t at = 0; at + n <= bytes.len; at++) {
            if (kc_bytes_equal_secret(bytes.ptr + at, w->token[i].text, n))
                client->let_in = true;
        }
    }
}

static void expect(struct client *client, const struct expected *e)
{
    client->let_in = client->let_in || e->token_good;
    if (client->waiting == EXPECTED)
        client->raw = true;
    else
        client->expected[client->waiting++] = *e;
}

void request_write(struct world *w, struct client *client, unsigned row, unsigned flags,
                   unsigned name, unsigned extra, struct kc_bytes suffix, struct kc_bytes body)
{
    static struct text own, all;
    const struct row *r = &rows[row % ROWS];
    struct expected e = {.kind = r->kind, .needs_token = r->needs_token, .name = name % NAMES};
    own.len = all.len = 0;
    e.head = strcmp(r->method, "HEAD") == 0;
    put_line(&all, r, flags, request_names[e.name], suffix);
    e.token_good = put_token(&all, w, flags % TOKEN_WAYS);
    if (body.ptr != NULL)
        put(&own, body);
    else if (r->kind == ENCRYPT)
        put_encrypt(&own, &e, extra);
    else if (r->kind == DECRYPT)
        put_decrypt(&own, w, &e, extra);
    else if (r->body != NULL)
        put_text(&own, r->body);
    if (suffix.len > 0 || body.ptr != NULL)
        e.kind = OTHER;
    request_note(w, client, suffix);
    put_body(&all, (flags & 0x20) != 0 && own.len > 0, kc_bytes_of((uint8_t *)own.at, own.len));
    if (client_write(client, kc_bytes_of((uint8_t *)all.at, all.len)))
        expect(client, &e);
}

/* A body of so many KiB, in pieces. */
void request_write_long(struct world *w, struct client *client, unsigned kib)
{
    uint8_t letters[1024];
    static struct text t;
    struct expected e = {.kind = OTHER, .needs_token = true};
    char line[96];
    memset(letters, 'A', sizeof letters);
    t.len = 0;
    put_text(&t, "POST /v1/transit/encrypt/a HTTP/1.1\r\nHost: h\r\n");
    e.token_good = put_token(&t, w, 0);
    snprintf(line, sizeof line, "Content-Length: %u\r\n\r\n{\"plaintext\":\"", 16 + 1024 * kib);
    put_text(&t, line);
    if (!client_write(client, kc_bytes_of((uint8_t *)t.at, t.len)))
        return;
    expect(client, &e);
    for (unsigned i = 0; i < kib; i++) {
        if (!client_write(client, kc_bytes_of(letters, sizeof letters)))
            return;
        if (i % 16 == 15)
            client_settle(w);
    }
    (void)client_write(client, kc_bytes_of_text("\"}"));
}
