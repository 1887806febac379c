/*
 * The server around an enclave: sockets, threads, the store, the AESM service, time. It carries
 * bytes and sees no plaintext; whatever it gets wrong, the enclave does not believe it.
 *
 * The thread that runs it takes signals, accepts connections and says TICK every second. Workers
 * have the connections: all that comes in one turn of a worker's loop crosses into the enclave in
 * one call. Three more threads wait for what is slow: the store, the AESM service, and slow
 * operations inside the enclave.
 */
#ifndef KC_HOST_SERVER_H
#define KC_HOST_SERVER_H

#include "core/effect.h"
#include "host/address.h"
#include "host/journal.h"

struct kc_aesm;
struct kc_enclave;
struct kc_server;
struct kc_store;

/* Seconds that answers under way have to end in. */
#define KC_SERVER_DRAIN_TIME 10

/* What a server is. Told when it serves for the first time. */
struct kc_server_facts {
    struct kc_address listen; /* with the port that it got */
    struct kc_address listen_ratls;
    uint8_t kms_id[KC_KMS_ID_SIZE];
};

/* All but texts must outlive the server. */
struct kc_server_options {
    struct kc_enclave *enclave;
    const struct kc_aesm *aesm;
    struct kc_store *store;
    struct kc_journal *journal;
    struct kc_address listen;
    const struct kc_address *listen_ratls; /* NULL: none */
    char *const *names;                    /* of the server, beside its addresses */
    size_t name_count;
    unsigned workers; /* 0: one a processor */
    unsigned connections;
    unsigned certificate_life;
    bool once; /* end after the first connection that was answered */
    /* On the server's thread, which waits: it serves now. */
    void (*ready)(void *context, const struct kc_server_facts *facts);
    /* SIGHUP. NULL: nothing can be read again. */
    void (*reload)(void *context);
    void *context;
};

/* What went wrong, for a reader. */
struct kc_server_error {
    char text[512];
};

/* Listens, and starts the enclave with its sealed root. KC_ERR_IO: cannot listen there;
 * KC_ERR_ARGUMENT: a name that is none; KC_ERR_REFUSED: the enclave refuses; KC_ERR_STATE: it is
 * dead; KC_ERR_MEMORY. */
KC_MUST_USE enum kc_err kc_server_new(const struct kc_server_options *options,
                                      struct kc_server **out, struct kc_server_error *error);

/* Serves until SIGTERM, SIGINT, kc_server_stop() or the end of `once`. KC_ERR_STATE: the enclave
 * has died; KC_ERR_MEMORY. */
KC_MUST_USE enum kc_err kc_server_run(struct kc_server *server, struct kc_server_error *error);

/* From any thread: as SIGTERM. */
void kc_server_stop(struct kc_server *server);

void kc_server_free(struct kc_server *server); /* NULL is fine */

#endif
