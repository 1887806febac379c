/*
 * A server of kms-ratls/1 for the client's tests: OpenSSL's TLS in a thread, claims of src/ratls,
 * quotes of the simulated machine. It answers one connection after the other, tells the lie that
 * it is told to, and keeps every byte of plaintext that reached it.
 */
#ifndef KC_TESTS_MODEL_SERVER_H
#define KC_TESTS_MODEL_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kc_sim_state;
struct model_server;

enum model_lie {
    MODEL_HONEST,
    MODEL_TLS_1_2,      /* speaks nothing newer */
    MODEL_PLAIN,        /* HTTP without TLS */
    MODEL_NO_HANDSHAKE, /* takes the connection and is silent */
    MODEL_OTHER_ALPN,
    MODEL_WRONG_NONCE,
    MODEL_REPLAY,       /* the first connection's evidence on every later one */
    MODEL_OTHER_KEY,    /* the claims name another leaf */
    MODEL_OTHER_BINDER, /* the exporter of a connection that it does not tell of */
    MODEL_RELAY,        /* has the evidence from the genuine server at `relay_port` */
    MODEL_DEBUG,
    MODEL_OTHER_CODE,
    MODEL_ROLE, /* speaks as a client */
    MODEL_OTHER_SERVICE,
    MODEL_CERTIFICATE_CLAIMS,
    MODEL_REPORT_DATA,     /* the quote is of other claims */
    MODEL_REPORT_TAIL,     /* the last 32 bytes of report_data are not zeros */
    MODEL_BROKEN_QUOTE,    /* one bit */
    MODEL_TRAILING,        /* a byte behind the evidence */
    MODEL_TRAILING_QUOTE,  /* behind the quote, inside the evidence */
    MODEL_TRAILING_CLAIMS, /* likewise, and it is the claims */
    MODEL_TRAILING_JSON,
    MODEL_TRAILING_HTTP,
    MODEL_HUGE,    /* announces a body of 10 MiB */
    MODEL_ENDLESS, /* sends chunks until nobody reads them */
    MODEL_SILENT,  /* reads the request for evidence and says nothing */
    MODEL_SLOW,    /* a byte every 50 ms */
    MODEL_CLOSE,   /* half an answer */
    MODEL_CLOSE_AT_ONCE,
    MODEL_NO_JSON,
    MODEL_OTHER_PROFILE,
    MODEL_NO_BASE64,
    MODEL_NOT_FOUND,
    MODEL_BUSY,      /* 503 */
    MODEL_GOES_AWAY, /* ends the connection behind good evidence */
    MODEL_UNASKED,   /* sends a second answer behind good evidence */
    MODEL_DROPS,     /* reads the first request after the evidence and ends the connection */
};

enum model_leaf {
    MODEL_ISSUED,       /* with the identity's certificate behind it */
    MODEL_ISSUED_ALONE, /* without */
    MODEL_SELF_SIGNED,
    MODEL_OTHER_ISSUER,   /* a genuine leaf, behind it another service's certificate */
    MODEL_FOREIGN_ISSUED, /* issued by another identity, and only the leaf is shown */
    MODEL_FOREIGN_BESIDE, /* likewise, behind it this service's certificate */
    MODEL_LONG_CHAIN,
};

/* Answers a request: the status, and the body into `out` of 64 KiB, with a NUL. */
typedef unsigned model_handler(void *context, const char *method, const char *target,
                               const char *token, const char *body, char *out);

struct model_options {
    struct kc_sim_state *state;
    enum model_lie lie;
    enum model_leaf leaf;
    bool uninitialised;
    bool tickets;           /* of TLS: two of them with each handshake */
    uint16_t relay_port;    /* MODEL_RELAY */
    model_handler *handler; /* NULL: 200 and {"data":{}} */
    void *handler_context;
};

/* What it has seen. */
struct model_seen {
    unsigned connections;
    unsigned resumed;
    unsigned evidences; /* requests for evidence */
    unsigned requests;  /* all others */
    size_t len;
    uint8_t plaintext[1 << 17]; /* everything, cut where it is full; a NUL behind it */
};

#define MODEL_MRENCLAVE_BYTE 0x4b

/* Listens at 127.0.0.1; NULL when it cannot. */
struct model_server *model_server_start(const struct model_options *options);
uint16_t model_server_port(const struct model_server *server);

/* What it was started with may be changed between two connections. */
void model_server_set_lie(struct model_server *server, enum model_lie lie);
/* Ends the open connection, as a server that restarts does. */
void model_server_hang_up(struct model_server *server);
/* From now on it is the service that it says to be. */
void model_server_set_initialised(struct model_server *server, bool initialised);

void model_server_kms_id(const struct model_server *server, uint8_t kms_id[32]);
/* The identity's certificate, DER, owned by the server. */
const uint8_t *model_server_identity(const struct model_server *server, size_t *len);

/* A copy; good once the connection in question was answered. */
void model_server_seen(struct model_server *server, struct model_seen *out);

void model_server_stop(struct model_server *server);

#endif
