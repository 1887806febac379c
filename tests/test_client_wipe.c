/*
 * What a client leaves in memory of a token, a request and an answer: nothing, once it is freed.
 * The server is another process, so that what is found is the client's.
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client_case.h"

/* Made at run time and kept on the stack alone, which is not searched. */
struct secrets {
    char token[40];
    char body[80];
    char answer[40];
};

static void make_secret(char *out, const char *prefix, unsigned seed)
{
    size_t n = strlen(prefix);
    memcpy(out, prefix, n);
    for (size_t i = 0; i < 24; i++) {
        seed = seed * 1103515245u + 12345u;
        out[n + i] = (char)('a' + (seed >> 16) % 26);
    }
    out[n + 24] = '\0';
}

static unsigned hand_out(void *context, const char *method, const char *target, const char *token,
                         const char *body, char *out)
{
    (void)context, (void)method, (void)target, (void)token, (void)body;
    memset(out, ' ', 64); /* for free() writes over the beginning of what it takes */
    make_secret(out + 64, "", 3);
    return 200;
}

/* The child: serves until it is killed. */
static void serve(struct client_machine *m, int out)
{
    struct {
        uint16_t port;
        uint8_t kms_id[32];
    } hello = {0};
    const struct model_options options = {.state = m->state, .handler = hand_out};
    struct model_server *server = model_server_start(&options);
    hello.port = model_server_port(server);
    model_server_kms_id(server, hello.kms_id);
    if (write(out, &hello, sizeof hello) == sizeof hello)
        pause();
    _exit(0);
}

/* How often `text` stands in memory that this process can write to, its stack left out. */
static unsigned count_in_memory(const char *text)
{
    char line[512];
    unsigned found = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    FILE *memory = fopen("/proc/self/mem", "rb");
    assert_non_null(maps);
    assert_non_null(memory);
    setvbuf(memory, NULL, _IONBF, 0);
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long from = 0;
        unsigned long to = 0;
        char mode[5] = "";
        if (sscanf(line, "%lx-%lx %4s", &from, &to, mode) != 3 || mode[1] != 'w' ||
            strstr(line, "[stack]") != NULL || to - from > (1ul << 26))
            continue;
        uint8_t *copy = malloc(to - from);
        if (fseek(memory, (long)from, SEEK_SET) == 0) {
            size_t n = fread(copy, 1, to - from, memory);
            const uint8_t *at = copy;
            while ((at = memmem(at, n - (size_t)(at - copy), text, strlen(text))) != NULL) {
                found++;
                at++;
            }
        }
        kc_bytes_wipe(copy, to - from); /* a later mapping may be this one's */
        free(copy);
    }
    fclose(memory);
    fclose(maps);
    return found;
}

static void use_client(struct client_machine *m, const struct secrets *secrets, int in)
{
    struct {
        uint16_t port;
        uint8_t kms_id[32];
    } hello;
    char url[64];
    struct kc_client_answer answer = {0};
    const struct kc_client_request request = {
        .method = "POST",
        .target = "/v1/transit/decrypt/k",
        .token = secrets->token,
        .body = (const unsigned char *)secrets->body,
        .body_len = strlen(secrets->body),
    };
    assert_int_equal(read(in, &hello, sizeof hello), sizeof hello);
    snprintf(url, sizeof url, "https://127.0.0.1:%u", hello.port);
    struct kc_client *client = kc_client_new(url);
    client_set_policy(client);
    assert_int_equal(kc_client_set_root(client, m->root_pem, strlen(m->root_pem)), KC_CLIENT_OK);
    assert_int_equal(kc_client_pin(client, hello.kms_id), KC_CLIENT_OK);
    assert_int_equal(kc_client_request(client, &request, &answer), KC_CLIENT_OK);
    assert_string_equal(answer.body + 64, secrets->answer);
    assert_true(count_in_memory(secrets->answer) > 0); /* so the search finds what is there */
    kc_client_answer_clear(&answer);
    kc_client_free(client);
}

static void leaves_nothing(void **state)
{
    struct client_machine *m = *state;
    struct secrets secrets;
    int ends[2];
    make_secret(secrets.token, "kct.", 1);
    make_secret(secrets.body, "{\"ciphertext\":\"", 2);
    strcat(secrets.body, "\"}");
    make_secret(secrets.answer, "", 3);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        serve(m, ends[1]);
    use_client(m, &secrets, ends[0]);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(count_in_memory(secrets.token), 0);
    assert_int_equal(count_in_memory(secrets.body), 0);
    assert_int_equal(count_in_memory(secrets.answer), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(leaves_nothing, client_machine_setup,
                                        client_machine_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
