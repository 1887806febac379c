/*
 * What the commands share that speak to a service: where it is, what is expected of it, the token,
 * and a client that is set up with all of that.
 *
 *                  option         environment            else
 *   address        --addr         KEYCLAVE_ADDR          VAULT_ADDR, https://127.0.0.1:8200
 *   policy         --policy       KEYCLAVE_POLICY        what was pinned
 *   root           --trust        KEYCLAVE_TRUST         what was pinned, Intel's
 *   collateral     --collateral   KEYCLAVE_COLLATERAL    --pcs, KEYCLAVE_PCS: fetched; none
 *   kms-id         --kms-id       KEYCLAVE_KMS_ID        what was pinned
 *   token          --token-file   KEYCLAVE_TOKEN, VAULT_TOKEN   `token` in the state folder,
 *                                                        ~/.vault-token
 */
#ifndef KC_CLI_SERVICE_H
#define KC_CLI_SERVICE_H

#include <getopt.h>

#include "cli/cli.h"
#include "cli/judging.h"
#include "client/client.h"
#include "client/pins.h"

struct kc_service_options {
    const char *addr; /* an argument of `attest` and `init`, an option elsewhere */
    const char *policy;
    const char *trust;
    const char *collateral;
    const char *pcs;
    const char *kms_id;
    const char *state;
    const char *timeout; /* seconds */
    const char *token_file;
    bool json;
    bool help;
};

/* For tables of getopt_long(). Values from KC_SERVICE_OPTION_END on are a command's own. */
enum {
    KC_SERVICE_POLICY = 256,
    KC_SERVICE_TRUST,
    KC_SERVICE_COLLATERAL,
    KC_SERVICE_PCS,
    KC_SERVICE_KMS_ID,
    KC_SERVICE_STATE,
    KC_SERVICE_TIMEOUT,
    KC_SERVICE_JSON,
    KC_SERVICE_HELP,
    KC_SERVICE_ADDR,
    KC_SERVICE_TOKEN_FILE,
    KC_SERVICE_OPTION_END,
};

#define KC_SERVICE_OPTIONS                                                                         \
    {"policy", required_argument, NULL, KC_SERVICE_POLICY},                                        \
        {"trust", required_argument, NULL, KC_SERVICE_TRUST},                                      \
        {"collateral", required_argument, NULL, KC_SERVICE_COLLATERAL},                            \
        {"pcs", required_argument, NULL, KC_SERVICE_PCS},                                          \
        {"kms-id", required_argument, NULL, KC_SERVICE_KMS_ID},                                    \
        {"state", required_argument, NULL, KC_SERVICE_STATE},                                      \
        {"timeout", required_argument, NULL, KC_SERVICE_TIMEOUT},                                  \
        {"json", no_argument, NULL, KC_SERVICE_JSON},                                              \
    {                                                                                              \
        "help", no_argument, NULL, KC_SERVICE_HELP                                                 \
    }

/* Further ones of commands that use a service's keys. */
#define KC_SERVICE_KEY_OPTIONS                                                                     \
    {"addr", required_argument, NULL, KC_SERVICE_ADDR},                                            \
    {                                                                                              \
        "token-file", required_argument, NULL, KC_SERVICE_TOKEN_FILE                               \
    }

extern const char kc_service_help[];
extern const char kc_service_key_help[]; /* those of both tables, and the exit statuses */

/* Takes one of the options above; false when it is none, or stands twice. */
KC_MUST_USE bool kc_service_take(struct kc_service_options *options, int letter, const char *value);

enum kc_service_purpose {
    KC_SERVICE_ATTEST, /* whoever it is, unless one is pinned; any policy */
    KC_SERVICE_INIT,   /* nobody's service yet; a policy must be named, and name an enclave */
    KC_SERVICE_USE,    /* a pinned one; which enclave is expected must be known */
};

struct kc_service {
    struct kc_client_url url;
    struct kc_judging judging; /* policy, root and collateral, whose memory the client borrows */
    bool has_policy;           /* one was named */
    char *folder;              /* the state folder */
    struct kc_client_pin pin;
    bool is_pinned;
    bool is_held; /* to a kms-id */
    struct kc_client *client;
};

/* KC_EXIT_OK and a client that has not connected, or the exit status after it has said what is
 * wrong. Close it in either case. */
KC_MUST_USE int kc_service_open(const char *command, const struct kc_service_options *options,
                                enum kc_service_purpose purpose, struct kc_service *out);
void kc_service_close(struct kc_service *service);

/* Says why the client's last call failed, with the checks that did not hold; its exit status. */
KC_MUST_USE int kc_service_fail(const struct kc_service *service, enum kc_client_status status);

/* Pins the service that was met: this kms-id, the code and root that its evidence proved, and what
 * the policy says of TCB and debug enclaves. */
KC_MUST_USE int kc_service_pin(const struct kc_service *service, const uint8_t kms_id[32]);

/* The token, to be wiped and freed with kc_service_token_free(). NULL after it has said that there
 * is none, with the exit status. */
char *kc_service_token(const char *command, const struct kc_service_options *options,
                       const struct kc_service *service, int *status);
void kc_service_token_free(char *token);

/* An URL's HOST:PORT for the sentences of a command. */
const char *kc_service_name(const struct kc_service *service);

#endif
