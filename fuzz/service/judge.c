#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "world.h"

/* The text behind `mark` up to the next quote; its length, 0 when it is not there. */
static size_t text_behind(const char *body, const char *mark, const char **out)
{
    const char *at = strstr(body, mark);
    if (at == NULL)
        return 0;
    *out = at + strlen(mark);
    const char *end = strchr(*out, '"');
    return end == NULL ? 0 : (size_t)(end - *out);
}

/* memcmp and strcmp tell the fuzzer what they compare (secrets.c). */
static bool is_same(const char *a, const char *b, size_t n)
{
    return kc_bytes_equal_secret(a, b, n);
}

bool judge_token(const struct world *w, const char *token)
{
    const struct kc_root *root = w->core->root;
    for (size_t i = 0; i < w->tokens && root != NULL; i++) {
        size_t n = strlen(w->token[i].text);
        if (n == strlen(token) && is_same(w->token[i].text, token, n) &&
            memcmp(w->token[i].root_id, root->id, sizeof root->id) == 0)
            return true;
    }
    return false;
}

/* A service is initialised once: what the core has now came with this answer. */
static void judge_init(struct world *w, const char *body)
{
    const struct kc_record_id root_id = {.class = KC_RECORD_ROOT, .name_len = 4, .name = "root"};
    const struct kc_root *root = w->core->root;
    const char *text = NULL;
    size_t n = text_behind(body, "\"root_token\":\"", &text);
    if (n == 0)
        return;
    FUZZ_CHECK(n < sizeof w->token[0].text && root != NULL);
    for (size_t i = 0; i < w->tokens; i++) {
        if (w->token[i].text[n] == 0 && is_same(w->token[i].text, text, n))
            return; /* the same answer, read again as text */
    }
    for (size_t i = 0; i < w->tokens; i++)
        FUZZ_CHECK(memcmp(w->token[i].root_id, root->id, sizeof root->id) != 0);
    size_t place = w->tokens < TOKENS ? w->tokens++ : TOKENS - 1;
    memset(&w->token[place], 0, sizeof w->token[place]);
    memcpy(w->token[place].text, text, n);
    memcpy(w->token[place].root_id, root->id, sizeof root->id);
    secrets_add(text, n);
    FUZZ_CHECK(w->lied || disk_find(&w->disk, &root_id) != NULL);
}

static void judge_made(struct world *w, const struct expected *expected, const char *body)
{
    struct kc_record_id id;
    char name[200];
    snprintf(name, sizeof name, "\"name\":\"%s\"", request_names[expected->name]);
    FUZZ_CHECK(strstr(body, name) != NULL);
    FUZZ_CHECK(
        kc_record_id_make(KC_RECORD_KEY, kc_bytes_of_text(request_names[expected->name]), &id));
    FUZZ_CHECK(w->lied || disk_find(&w->disk, &id) != NULL);
    w->made |= UINT32_C(1) << expected->name;
}

static void judge_encrypted(struct world *w, const struct expected *expected, const char *body)
{
    static const char mark[] = "\"ciphertext\":\"";
    for (unsigned i = 0; i < expected->items; i++) {
        const char *text = NULL;
        size_t n = text_behind(body, mark, &text);
        struct ciphertext *c = &w->ciphertext[w->ciphertexts % CIPHERTEXTS];
        FUZZ_CHECK(n > 0 && n < TEXT_MAX);
        *c = (struct ciphertext){.name = expected->name, .aad = expected->aad};
        memcpy(c->text, text, n);
        memcpy(c->plain, expected->item[i].plain, PLAIN_MAX);
        w->ciphertexts++;
        body = text + n;
    }
}

/* Each opens to what was encrypted, or there is an error; what nobody encrypted does not open. */
static void judge_decrypted(const struct expected *expected, unsigned status, const char *body)
{
    for (unsigned i = 0; i < expected->items; i++) {
        const char *plain = NULL;
        const char *error = strstr(body, "\"error\":\"");
        size_t n = text_behind(body, "\"plaintext\":\"", &plain);
        if (error != NULL && (n == 0 || error < plain)) {
            body = error + 9;
            continue;
        }
        if (n == 0 && status != 200)
            return;
        FUZZ_CHECK(n == PLAIN_MAX - 1 && expected->item[i].opens);
        FUZZ_CHECK(is_same(plain, expected->item[i].plain, n));
        body = plain + n;
    }
    FUZZ_CHECK(strstr(body, "\"plaintext\":\"") == NULL);
}

/* What needs a token does not come without one. */
static void judge_let_in(const char *body)
{
    static const char *const marks[] = {
        "\"data\":", "\"ciphertext\":", "\"plaintext\":", "\"aes_key\":", "\"private_key\":"};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        const char *found = strstr(body, marks[i]);
        /* runtimeData of evidence has a member of this name, and is for all. */
        FUZZ_CHECK(found == NULL || strstr(body, "\"runtimeData\":{") != NULL);
    }
}

/* Names that the store gave stand in their order. */
static void judge_listed(const char *body)
{
    const char *last = NULL;
    size_t last_len = 0;
    const char *name = strstr(body, "\"keys\":[");
    FUZZ_CHECK(name != NULL);
    for (name += 7; name[0] != ']' && name[1] == '"';) {
        const char *start = name + 2;
        size_t len = strcspn(start, "\"");
        size_t shorter = len < last_len ? len : last_len;
        int order = last == NULL ? 1 : memcmp(start, last, shorter);
        FUZZ_CHECK(order > 0 || (order == 0 && len > last_len));
        last = start;
        last_len = len;
        name = start + len + 1;
    }
}

/* A generated key is in the answer, and was made for it. */
static void judge_generated(const char *body)
{
    const char *text = NULL;
    uint8_t key[32];
    size_t len = 0;
    size_t n = text_behind(body, "\"aes_key\":\"", &text);
    if (n == 0) {
        FUZZ_CHECK(strstr(body, "\"private_key\":\"-----BEGIN PRIVATE KEY-----") != NULL);
        return;
    }
    FUZZ_CHECK(kc_base64_decode(KC_BASE64, kc_bytes_of(text, n), (struct kc_room){key, sizeof key},
                                &len) == KC_OK);
    FUZZ_CHECK(len == sizeof key);
}

void judge_answer(struct world *w, const struct expected *expected, unsigned status,
                  const char *body)
{
    if (status != 0)
        FUZZ_CHECK(status >= 200 && status <= 599);
    w->status = status;
    judge_init(w, body);
    if (expected->needs_token && !expected->token_good) {
        FUZZ_CHECK(status != 200 || expected->kind == OTHER);
        judge_let_in(body);
    }
    if (expected->kind == DECRYPT && status >= 200)
        judge_decrypted(expected, status, body);
    if (status != 200)
        return;
    if (expected->kind == KEY_MAKE)
        judge_made(w, expected, body);
    else if (expected->kind == KEY_LIST)
        judge_listed(body);
    else if (expected->kind == ENCRYPT)
        judge_encrypted(w, expected, body);
    else if (expected->kind == GENERATE)
        judge_generated(body);
}
