/* A client of include/keyclave/client.h before a model server, for the tests of src/client. */
#ifndef KC_TESTS_CLIENT_CASE_H
#define KC_TESTS_CLIENT_CASE_H

#include <keyclave/client.h>

#include "base/hex.h"
#include "model_server.h"
#include "sim_folder.h"

#define SECRET_TOKEN "s.the-token-that-must-not-leave"
#define SECRET_BODY  "{\"plaintext\":\"dGhlLXNlY3JldA==\"}"

struct client_machine {
    char *folder;
    struct kc_sim_state *state;
    char *other_folder;
    struct kc_sim_state *other; /* another machine, with another root */
    char *root_pem;
    struct model_seen seen;
};

static inline int client_machine_setup(void **state)
{
    struct client_machine *m = calloc(1, sizeof *m);
    m->folder = test_new_folder();
    m->state = test_open_state(m->folder);
    m->other_folder = test_new_folder();
    m->other = test_open_state(m->other_folder);
    m->root_pem = kc_sim_state_root_pem(m->state);
    *state = m;
    return 0;
}

static inline int client_machine_teardown(void **state)
{
    struct client_machine *m = *state;
    kc_sim_state_free(m->state);
    kc_sim_state_free(m->other);
    test_remove_tree(m->folder);
    test_remove_tree(m->other_folder);
    free(m->folder);
    free(m->other_folder);
    free(m->root_pem);
    free(m);
    return 0;
}

/* A policy for the code of model servers. */
static inline void client_set_policy(struct kc_client *client)
{
    char policy[160];
    uint8_t mrenclave[32] = {MODEL_MRENCLAVE_BYTE};
    char hex[65];
    kc_hex_encode_lower(kc_bytes_of(mrenclave, sizeof mrenclave), hex);
    snprintf(policy, sizeof policy, "{\"mrenclave\": \"%s\", \"tcb\": \"ignore\"}", hex);
    assert_int_equal(kc_client_set_policy(client, policy, strlen(policy)), KC_CLIENT_OK);
}

/* A client of that server with the machine's root and a policy for its code, and no pin. */
static inline struct kc_client *client_of(const struct client_machine *m,
                                          const struct model_server *server)
{
    char url[64];
    snprintf(url, sizeof url, "https://127.0.0.1:%u", model_server_port(server));
    struct kc_client *client = kc_client_new(url);
    assert_non_null(client);
    client_set_policy(client);
    assert_int_equal(kc_client_set_root(client, m->root_pem, strlen(m->root_pem)), KC_CLIENT_OK);
    return client;
}

static inline void client_pin_to(struct kc_client *client, const struct model_server *server)
{
    uint8_t kms_id[32];
    model_server_kms_id(server, kms_id);
    assert_int_equal(kc_client_pin(client, kms_id), KC_CLIENT_OK);
}

/* Sends the secret request; the answer's body as text in `body`, if not NULL. */
static inline enum kc_client_status client_post(struct kc_client *client, char *body, size_t room)
{
    struct kc_client_answer answer = {0};
    const struct kc_client_request request = {
        .method = "POST",
        .target = "/v1/transit/encrypt/k",
        .token = SECRET_TOKEN,
        .body = (const unsigned char *)SECRET_BODY,
        .body_len = strlen(SECRET_BODY),
    };
    enum kc_client_status status = kc_client_request(client, &request, &answer);
    if (status == KC_CLIENT_OK && body != NULL)
        snprintf(body, room, "%s", (const char *)answer.body);
    kc_client_answer_clear(&answer);
    return status;
}

/* The first row that failed, else the first that was not made; "" when all hold. */
static inline const char *client_first_failure(const struct kc_client *client)
{
    const char *not_made = "";
    for (size_t i = 0; i < kc_client_check_count(client); i++) {
        struct kc_client_check check = kc_client_check_at(client, i);
        if (check.state == KC_CLIENT_FAILED)
            return check.name;
        if (check.state == KC_CLIENT_NOT_MADE && not_made[0] == '\0')
            not_made = check.name;
    }
    return not_made;
}

static inline bool client_has_secret(const struct model_seen *seen)
{
    return memmem(seen->plaintext, seen->len, SECRET_TOKEN, strlen(SECRET_TOKEN)) != NULL ||
           memmem(seen->plaintext, seen->len, "dGhlLXNlY3JldA", 14) != NULL;
}

#endif
