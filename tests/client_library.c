/*
 * The installed header and library alone, as a program outside of this tree has them.
 * usage: client_library
 */
#include <keyclave/client.h>

#include <stdio.h>
#include <string.h>

static int fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    return 1;
}

int main(void)
{
    static const char policy[] = "{\"mrenclave\": \"00\"}";
    struct kc_client_answer answer = {0};
    const struct kc_client_request request = {.method = "GET", .target = "/v1/sys/health"};
    struct kc_client *client = kc_client_new("https://127.0.0.1:1");
    if (client == NULL || kc_client_new("127.0.0.1:1") != NULL)
        return fail("URL");
    if (kc_client_set_policy(client, policy, strlen(policy)) != KC_CLIENT_USAGE ||
        strstr(kc_client_error(client), "mrenclave") == NULL)
        return fail("policy");
    if (kc_client_request(client, &request, &answer) != KC_CLIENT_USAGE ||
        strstr(kc_client_error(client), "mrsigner") == NULL)
        return fail("any enclave");
    if (kc_client_connect(client) != KC_CLIENT_USAGE ||
        strstr(kc_client_error(client), "pinned") == NULL)
        return fail("pin");
    kc_client_allow_first_contact(client);
    if (kc_client_connect(client) != KC_CLIENT_UNJUDGED || kc_client_check_count(client) == 0 ||
        kc_client_check_at(client, 0).state != KC_CLIENT_NOT_MADE)
        return fail("connect");
    kc_client_free(client);
    return 0;
}
