/*
 * Keyclave's client: TLS to a key management server in an enclave, which proves on that very
 * connection what it is before a request leaves this machine (kms-ratls/1).
 *
 *      struct kc_client *client = kc_client_new("https://kms.example.org:8200");
 *      kc_client_set_policy(client, policy, strlen(policy));
 *      kc_client_set_pcs(client, "https://api.trustedservices.intel.com", "/var/cache/kms");
 *      kc_client_pin(client, kms_id);
 *      if (kc_client_request(client, &request, &answer) == KC_CLIENT_OK)
 *          use(answer.status, answer.body);
 *      else
 *          complain(kc_client_error(client));
 *      kc_client_answer_clear(&answer);
 *      kc_client_free(client);
 *
 * The caller trusts his own policy, root and pinned identity, and this machine's clock; the peer
 * and everything between are the enemy's until every check holds. Never: a byte of a request or a
 * token before that, on that connection; a session that is resumed; a secret in an error text.
 *
 * A client belongs to one thread at a time. Calls block, each for the time limit at most (the
 * system's name resolution, which has limits of its own, not counted).
 */
#ifndef KEYCLAVE_CLIENT_H
#define KEYCLAVE_CLIENT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a call ended; the numbers are the exit statuses of keyclave(1). */
enum kc_client_status {
    KC_CLIENT_OK = 0,
    KC_CLIENT_REFUSED = 1,     /* genuine, but not by the policy, or another service's */
    KC_CLIENT_NOT_GENUINE = 2, /* a check of the protocol or of the evidence failed */
    KC_CLIENT_UNJUDGED = 3,    /* not reached, no answer, or something to judge by is missing */
    KC_CLIENT_USAGE = 64,      /* the caller's own values are wrong */
};

enum kc_client_state {
    KC_CLIENT_NOT_MADE, /* an earlier one failed, or something was missing */
    KC_CLIENT_FAILED,
    KC_CLIENT_HOLDS,
};

/* One check of the peer. Texts are never NULL and live until the next call that connects. */
struct kc_client_check {
    char
        step; /* 'a' to 'k' as in docs/protocol.md; 'l': the certificates agree with the evidence */
    enum kc_client_state state;
    const char *name; /* stable, "tls.version", "ratls.nonce", "policy.mrenclave" and so on */
    const char *expected;
    const char *actual;
    const char *hint; /* what a failure means and how to mend it; empty where it holds */
};

struct kc_client_request {
    const char *method;        /* "GET", "LIST", "POST", "PUT", "DELETE" and so on */
    const char *target;        /* path and query, encoded: "/v1/transit/keys?list=true" */
    const char *token;         /* for X-Vault-Token; NULL: none */
    const unsigned char *body; /* JSON; NULL: none */
    size_t body_len;
};

/* An answer of the attested service. */
struct kc_client_answer {
    unsigned status;     /* 200 to 599 */
    unsigned char *body; /* with a NUL behind it; NULL when there is none */
    size_t body_len;
};

struct kc_client;

/*
 * A client of "https://HOST[:PORT]", HOST being a name, an IPv4 address or an IPv6 one in brackets;
 * without a port 443. It trusts Intel's root, accepts what the default policy does (no debug
 * enclave, TCB UpToDate; any code, so that it can be looked at with kc_client_connect() and no
 * more) and has no service pinned. NULL: no memory, or not such a URL.
 */
struct kc_client *kc_client_new(const char *url);

/* Closes the connection and wipes everything. NULL is fine. */
void kc_client_free(struct kc_client *client);

/*
 * Which enclaves are accepted: the JSON of docs/verification.md. Like every function that returns
 * a status, USAGE leaves all as it was and kc_client_error() says what is wrong. Policy, root and
 * kms-id hold from the next connection on; the present one is closed.
 */
enum kc_client_status kc_client_set_policy(struct kc_client *client, const char *json, size_t len);

/* The one root that is trusted instead of Intel's: its certificate, PEM and nothing else. */
enum kc_client_status kc_client_set_root(struct kc_client *client, const char *pem, size_t len);

/*
 * What Intel says of the platform, without which only policies with "tcb": "ignore" accept: a file
 * of `keyclave collateral fetch --out FILE`, or Open Enclave endorsements. Copied, and not believed
 * but judged. Takes the place of servers that were named. USAGE: neither of them, or damaged.
 */
enum kc_client_status kc_client_set_collateral(struct kc_client *client, const void *file,
                                               size_t len);

/*
 * Has it fetched, for evidence of the trusted root, in place of a file: `urls` are up to 8 base
 * URLs with commas between, of Intel's PCS or caches of it (PCCS), tried in turn;
 * "https://api.trustedservices.intel.com" is Intel's own. `cache` is a folder where it is kept,
 * made where it is not there, and may be shared by processes; NULL: each connection fetches anew.
 * Fetching has a limit of its own, 45 seconds. USAGE: a list of other things.
 */
enum kc_client_status kc_client_set_pcs(struct kc_client *client, const char *urls,
                                        const char *cache);

/*
 * Which service it must be; without one of the three nothing connects. Zeros are no kms-id: USAGE.
 * After a first contact the service that was met is pinned in this client; kc_client_kms_id() tells
 * it, to be stored and pinned by the next one. The third is for who comes to initialise a service.
 */
enum kc_client_status kc_client_pin(struct kc_client *client, const unsigned char kms_id[32]);
void kc_client_allow_first_contact(struct kc_client *client);
void kc_client_expect_uninitialised(struct kc_client *client);

/* Milliseconds for connecting, for the evidence, and for each request; 10,000 unless set. From 1 to
 * 3,600,000, others are USAGE. */
enum kc_client_status kc_client_set_timeout(struct kc_client *client, unsigned milliseconds);

/* The longest body that is read; 8 MiB unless set. */
void kc_client_set_answer_max(struct kc_client *client, size_t bytes);

/* Connects and makes every check, where no attested connection is open. OK: all of them hold. */
enum kc_client_status kc_client_connect(struct kc_client *client);

/*
 * Sends a request over the attested connection and reads the answer, whatever its status is. USAGE
 * without a policy that names mrenclave or mrsigner: a kms-id is public, and anybody's own genuine
 * enclave can claim it, so that a pin alone holds nobody. A connection that was lost is made and
 * attested anew first. The request is sent a second time only when the connection was lost before
 * any byte of an answer and either no byte of the request had left or the method changes nothing
 * (GET, HEAD, LIST).
 *
 * `answer` is written on OK; kc_client_answer_clear() wipes and frees it. Other statuses than OK:
 * those of kc_client_connect(), or UNJUDGED when the connection was lost, or time was over, after
 * the request had left: whether it had effect is not known then.
 */
enum kc_client_status kc_client_request(struct kc_client *client,
                                        const struct kc_client_request *request,
                                        struct kc_client_answer *answer);
void kc_client_answer_clear(struct kc_client_answer *answer);

/* The checks of the last connection that was tried, in their order; 0 before. `index` is below the
 * count. */
size_t kc_client_check_count(const struct kc_client *client);
struct kc_client_check kc_client_check_at(const struct kc_client *client, size_t index);

/*
 * The same as a JSON object or in lines of text; the caller frees. NULL without memory.
 *
 *   {"outcome": "ok", "error": "", "checks": [{"step", "name", "state", "expected", "actual",
 *    "hint"}], "service": {"root", "kms_id", "mrenclave", "mrsigner", "isv_prod_id", "isv_svn",
 * "debug", "leaf": {"not_before", "not_after", "issuer"}, "certificate": PEM or null}}
 *
 * "service" is null unless the evidence is genuine and of this connection.
 */
char *kc_client_report_json(const struct kc_client *client);
char *kc_client_report_text(const struct kc_client *client);

/* The kms-id that the peer proved; false unless all checks held. Zeros: not initialised. */
int kc_client_kms_id(const struct kc_client *client, unsigned char kms_id[32]);

/* The certificate of the service identity, PEM, as the peer showed it and all checks held. The
 * caller frees. NULL: none was shown, or no memory. */
char *kc_client_service_certificate(const struct kc_client *client);

/* Why the last call failed; "" when it did not. Lives until the next call. */
const char *kc_client_error(const struct kc_client *client);

#ifdef __cplusplus
}
#endif

#endif
