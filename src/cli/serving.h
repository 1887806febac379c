/*
 * What `serve` and `dev` have in common: from a configuration to a server that runs.
 */
#ifndef KC_CLI_SERVING_H
#define KC_CLI_SERVING_H

#include "cli/proof.h"
#include "host/config.h"
#include "host/server.h"

struct kc_store;

struct kc_serving_options {
    const struct kc_config *config;
    bool once;
    bool trap;     /* end at once if the enclave runs what SGX forbids */
    bool any_port; /* where the port is taken, another */
    /* kc_server_options has what these are. */
    void (*ready)(void *context, const struct kc_server_facts *facts);
    void (*reload)(void *context);
    void *context;
};

/* Zero it first. */
struct kc_serving {
    char *state;
    struct kc_proof proof;
    struct kc_store *store;
    struct kc_journal journal;
    struct kc_server *server;
};

/* Up to a server that listens and an enclave that has started. KC_EXIT_OK, or another status after
 * it has said what is wrong. Stop it in either case. */
KC_MUST_USE int kc_serving_start(const struct kc_serving_options *options, struct kc_serving *out);

/* Serves until it ends. */
KC_MUST_USE int kc_serving_run(struct kc_serving *serving);
void kc_serving_stop(struct kc_serving *serving);

#endif
