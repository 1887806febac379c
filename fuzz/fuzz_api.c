/*
 * The body of a request against plan and compute of the routes that read one: the first byte
 * chooses the route. Whatever it is, there is one answer, of JSON, within its room; a ciphertext
 * that was answered opens again.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "../tests/platform_sim.h"
#include "core/route.h"
#include "core/state.h"
#include "fuzz.h"

static const struct {
    enum kc_http_method method;
    const char *path;
} asks[] = {
    {KC_HTTP_POST, "/v1/transit/encrypt/k"}, {KC_HTTP_POST, "/v1/transit/decrypt/k"},
    {KC_HTTP_POST, "/v1/transit/keys/k"},    {KC_HTTP_POST, "/generate-aes-key"},
    {KC_HTTP_LIST, "/v1/transit/keys"},      {KC_HTTP_GET, "/v1/sys/health"},
};
#define ASKS (sizeof asks / sizeof asks[0])

struct bench {
    struct test_machine machine;
    struct kc_core *core;
    struct kc_record *key;
};

static struct bench *bench_of(void)
{
    static struct bench bench;
    if (bench.core != NULL)
        return &bench;
    uint8_t body[42] = {1, 1};
    uint8_t batch[KC_BATCH_ID_SIZE] = {0};
    struct kc_record_id id;
    memset(body + 10, 7, 32);
    test_machine_init(&bench.machine);
    FUZZ_CHECK(kc_core_new(&bench.machine.platform, &bench.core) == KC_OK);
    FUZZ_CHECK(kc_record_id_make(KC_RECORD_KEY, (struct kc_bytes){(const uint8_t *)"k", 1}, &id));
    bench.key = kc_record_new(&id, 1, batch, (struct kc_bytes){body, sizeof body});
    FUZZ_CHECK(bench.key != NULL);
    return &bench;
}

/* The answer, parsed; the exchange is over. */
static json_t *ask(struct bench *bench, size_t which, struct kc_bytes body, unsigned *status)
{
    struct kc_exchange x = {.core = bench->core,
                            .method = asks[which].method,
                            .path = kc_bytes_of_text(asks[which].path)};
    if (which < 4)
        x.body = body;
    else
        x.query = body;
    x.route = kc_route_find(&x, status);
    FUZZ_CHECK(x.route != NULL);
    x.route->plan(&x);
    for (size_t i = 0; i < x.read_count; i++)
        x.read[i].record = bench->key;
    if (x.status == 0)
        x.route->compute(&x);
    FUZZ_CHECK(x.status >= 200 && x.status <= 599 && x.answer_len <= x.answer.len);
    *status = x.status;
    json_t *answer =
        json_loadb((const char *)x.answer.ptr, x.answer_len, JSON_REJECT_DUPLICATES, NULL);
    FUZZ_CHECK(answer != NULL || x.answer_len == 0);
    for (size_t i = 0; i < x.read_count; i++)
        x.read[i].record = NULL;
    kc_exchange_end(&x);
    return answer;
}

static void check_opens(struct bench *bench, const char *ciphertext)
{
    char body[1024];
    unsigned status = 0;
    if (strlen(ciphertext) > 900)
        return;
    snprintf(body, sizeof body, "{\"ciphertext\":\"%s\"}", ciphertext);
    json_t *answer = ask(bench, 1, kc_bytes_of_text(body), &status);
    FUZZ_CHECK(status == 200);
    json_decref(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bench *bench = bench_of();
    unsigned status = 0;
    if (size == 0)
        return 0;
    json_t *answer = ask(bench, data[0] % ASKS, (struct kc_bytes){data + 1, size - 1}, &status);
    const char *ciphertext =
        json_string_value(json_object_get(json_object_get(answer, "data"), "ciphertext"));
    /* With additional data it opens with the same alone. */
    if (ciphertext != NULL && memchr(data, 'a', size) == NULL)
        check_opens(bench, ciphertext);
    json_decref(answer);
    return 0;
}
