/*
 * The whole service in the signed image, in trap mode: a system call, CPUID or RDTSC inside would
 * end this process. Arguments: image and SIGSTRUCT.
 */
#include "image_host.h"

#define NOW 1700000000

static const char *image_path;
static const char *sig_path;

static struct kc_enclave *load(const struct kc_sim_processor *processor)
{
    const struct kc_emulator_options options = {.trap = true};
    struct kc_enclave *enclave = NULL;
    struct kc_error error = KC_ERROR_NONE;
    if (kc_emulator_load(image_path, sig_path, processor, &options, &enclave, &error) != KC_OK)
        fail_msg("%s: %s", image_path, error.what);
    return enclave;
}

/* The certificate is made at START and again at half its life. */
static void test_certificate(void **state)
{
    (void)state;
    struct test_machine machine;
    struct image_host *h = calloc(1, sizeof(*h));
    test_machine_init(&machine);
    host_start(h, load(&machine.processor), NOW);
    assert_true(kc_bytes_are_zero(kc_bytes_of(h->kms_id, sizeof(h->kms_id))));
    h->serving = false;
    host_say(h, (struct kc_message){.type = KC_MESSAGE_TICK, .now = NOW + 1000});
    assert_false(h->serving);
    host_say(h, (struct kc_message){.type = KC_MESSAGE_TICK, .now = NOW + 2000});
    assert_true(h->serving);
    kc_enclave_free(h->enclave);
    free(h);
}

/* The text of a member of JSON, which has no escapes. */
static void read_member(const char *answer, const char *name, char *out, size_t room)
{
    char key[64];
    snprintf(key, sizeof(key), "\"%s\":\"", name);
    const char *at = strstr(answer, key);
    if (at == NULL)
        fail_msg("no %s in %s", name, answer);
    at += strlen(key);
    size_t n = strcspn(at, "\"");
    assert_true(n < room);
    memcpy(out, at, n);
    out[n] = 0;
}

static void init(struct image_host *h, char token[128])
{
    char answer[HOST_ANSWER];
    assert_int_equal(host_ask(h, "GET", "/v1/sys/health", "", "", answer), 501);
    assert_int_equal(
        host_ask(h, "PUT", "/v1/sys/init", "", "{\"seal_policy\":\"mrsigner\"}", answer), 400);
    assert_int_equal(
        host_ask(h, "PUT", "/v1/sys/init", "", "{\"seal_policy\":\"mrenclave\"}", answer), 200);
    read_member(answer, "root_token", token, 128);
    assert_int_equal(
        host_ask(h, "PUT", "/v1/sys/init", "", "{\"seal_policy\":\"mrenclave\"}", answer), 400);
    assert_int_equal(host_ask(h, "GET", "/v1/sys/health", "", "", answer), 200);
}

/* A key, and what it encrypts; decrypted again at once. */
static void use_key(struct image_host *h, const char *token, char ciphertext[256])
{
    char answer[HOST_ANSWER];
    char body[512];
    char text[256];
    unsigned made = host_ask(h, "POST", "/v1/transit/keys/k1", token, "{}", answer);
    assert_true(made == 200 || made == 204);
    assert_int_equal(host_ask(h, "POST", "/v1/transit/encrypt/k1", token,
                              "{\"plaintext\":\"a2V5Y2xhdmU=\"}", answer),
                     200);
    read_member(answer, "ciphertext", ciphertext, 256);
    snprintf(body, sizeof(body), "{\"ciphertext\":\"%s\"}", ciphertext);
    assert_int_equal(host_ask(h, "POST", "/v1/transit/decrypt/k1", token, body, answer), 200);
    read_member(answer, "plaintext", text, sizeof(text));
    assert_string_equal(text, "a2V5Y2xhdmU=");
    assert_int_equal(host_ask(h, "POST", "/v1/transit/decrypt/k1", "t.wrong", body, answer), 403);
    assert_int_equal(host_ask(h, "LIST", "/v1/transit/keys", token, "", answer), 200);
    assert_non_null(strstr(answer, "k1"));
    assert_int_equal(host_ask(h, "GET", "/generate-aes-key", token, "", answer), 200);
    assert_int_equal(host_ask(h, "GET", "/generate-rsa-key-pair", token, "", answer), 200);
    assert_non_null(strstr(answer, "PRIVATE KEY"));
}

/* First contact, keys, and after a restart the same keys and token: all of it in the image. */
static void test_service(void **state)
{
    (void)state;
    struct test_machine machine;
    char token[128];
    char ciphertext[256];
    char body[512];
    char answer[HOST_ANSWER];
    struct image_host *h = calloc(1, sizeof(*h));
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    test_machine_init(&machine);
    host_start(h, load(&machine.processor), NOW);
    assert_true(host_connect(h, context, KC_LISTENER_SERVICE));
    assert_string_equal(SSL_get_version(h->client), "TLSv1.3");
    init(h, token);
    use_key(h, token, ciphertext);
    host_hang_up(h);
    kc_enclave_free(h->enclave);

    host_start(h, load(&machine.processor), NOW + 100);
    assert_false(kc_bytes_are_zero(kc_bytes_of(h->kms_id, sizeof(h->kms_id))));
    assert_true(host_connect(h, context, KC_LISTENER_RATLS));
    snprintf(body, sizeof(body), "{\"ciphertext\":\"%s\"}", ciphertext);
    assert_int_equal(host_ask(h, "POST", "/v1/transit/decrypt/k1", token, body, answer), 200);
    assert_non_null(strstr(answer, "a2V5Y2xhdmU="));
    host_hang_up(h);
    kc_enclave_free(h->enclave);
    SSL_CTX_free(context);
    free(h);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_certificate),
                                       cmocka_unit_test(test_service)};
    if (argc != 3) {
        fprintf(stderr, "usage: %s IMAGE SIGSTRUCT\n", argv[0]);
        return 2;
    }
    image_path = argv[1];
    sig_path = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
