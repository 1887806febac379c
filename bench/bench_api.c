/*
 * The routes that clients call most, without TLS, HTTP and store: a request's plan and compute,
 * against what it cannot do without: random bytes, the cipher, base64 of both sides.
 */
#include <openssl/rand.h>
#include <string.h>

#include "../tests/platform_sim.h"
#include "base/base64.h"
#include "bench.h"
#include "core/cipher.h"
#include "core/route.h"
#include "core/state.h"

#define ITEMS     100
#define PLAINTEXT 32
#define SEALED    (PLAINTEXT + KC_CIPHER_OVERHEAD)
#define ITEM      "{\"plaintext\":\"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\"}"

struct bench {
    struct test_machine machine;
    struct kc_core *core;
    struct kc_record *key;
    size_t items;
    const char *body;
};

static void request(struct bench *b)
{
    unsigned status = 0;
    struct kc_exchange x = {.core = b->core,
                            .method = KC_HTTP_POST,
                            .path = kc_bytes_of_text("/v1/transit/encrypt/k"),
                            .body = kc_bytes_of_text(b->body)};
    x.route = kc_route_find(&x, &status);
    x.route->plan(&x);
    x.read[0].record = b->key;
    x.route->compute(&x);
    must(x.status == 200, "encrypt");
    x.read[0].record = NULL;
    kc_exchange_end(&x);
}

static void needed(struct bench *b)
{
    uint8_t message[SEALED] = {0};
    uint8_t random[ITEMS * KC_CIPHER_NONCE_SIZE + 16];
    char text[128];
    size_t len = 0;
    must(RAND_bytes(random, (int)(b->items * KC_CIPHER_NONCE_SIZE + 16)) == 1, "RAND_bytes");
    struct evp_cipher_ctx_st *context = kc_cipher_begin(b->core->cipher, b->key->body.ptr + 10);
    for (size_t i = 0; i < b->items; i++) {
        must(kc_base64_decode(KC_BASE64, kc_bytes_of(&ITEM[14], 44),
                              (struct kc_room){message + KC_CIPHER_NONCE_SIZE, PLAINTEXT},
                              &len) == KC_OK &&
                 kc_cipher_seal(context, kc_bytes_of(NULL, 0), (struct kc_room){message, SEALED}) ==
                     KC_OK,
             "the cipher");
        kc_base64_encode(KC_BASE64, kc_bytes_of(message, SEALED), text);
    }
    kc_cipher_end(b->core->cipher, context);
}

static void run(struct bench *b, const char *name, const char *target)
{
    double ratio[ROUNDS];
    double ours[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        double limit = rate(b, needed);
        ours[i] = rate(b, request);
        ratio[i] = ours[i] / limit;
    }
    printf("%-28s %9.0f requests/s, %.2f us each\n", name, median(ours), 1e6 / median(ours));
    printf("ratio %s %.2f target %s\n", name, median(ratio), target);
}

int main(void)
{
    static struct bench b;
    static char batch[ITEMS * sizeof ITEM + 64] = "{\"batch_input\":[" ITEM;
    uint8_t body[42] = {1, 1};
    uint8_t id_of_batch[KC_BATCH_ID_SIZE] = {0};
    struct kc_record_id id;
    test_machine_init(&b.machine);
    must(kc_core_new(&b.machine.platform, &b.core) == KC_OK, "core");
    must(kc_record_id_make(KC_RECORD_KEY, kc_bytes_of_text("k"), &id), "name");
    b.key = kc_record_new(&id, 1, id_of_batch, kc_bytes_of(body, sizeof body));
    must(b.key != NULL, "record");
    b.items = 1;
    b.body = ITEM;
    run(&b, "api.encrypt", "0.50");
    for (int i = 1; i < ITEMS; i++)
        strcat(batch, "," ITEM);
    strcat(batch, "]}");
    b.items = ITEMS;
    b.body = batch;
    run(&b, "api.encrypt_batch", "0.50");
    kc_record_release(b.key);
    kc_core_free(b.core);
    return 0;
}
