#include "model_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "base/base64.h"
#include "http/write.h"
#include "model_evidence.h"

#define BODY_MAX 65536

struct model_server {
    struct model_options options;
    struct model_key leaf;
    struct model_key identity;
    struct model_key other; /* an identity that is somebody else's */
    uint8_t identity_der[KC_RATLS_CERTIFICATE_MAX];
    size_t identity_len;
    uint8_t first_evidence[KC_RATLS_CERTIFICATE_MAX]; /* MODEL_REPLAY */
    size_t first_len;
    int listener;
    uint16_t port;
    int stop[2];
    pthread_t thread;
    pthread_mutex_t lock; /* over all below */
    int connection;       /* -1: none */
    struct model_seen seen;
};

/* One connection. */
struct talk {
    struct model_server *server;
    SSL *ssl;
    enum model_lie lie;
    uint8_t room[64 * 1024];
    struct kc_http_message message;
    char body[BODY_MAX];
    size_t body_len;
    uint8_t in[16 * 1024];
    size_t in_len;
    size_t in_at;
};

static const struct kc_http_limits limits = {
    .line = 8192, .headers = 64, .header_bytes = 32768, .body = BODY_MAX - 1};

static void keep(struct model_server *server, const uint8_t *bytes, size_t len)
{
    pthread_mutex_lock(&server->lock);
    struct model_seen *seen = &server->seen;
    size_t room = sizeof seen->plaintext - 1 - seen->len;
    size_t n = len < room ? len : room;
    memcpy(seen->plaintext + seen->len, bytes, n);
    seen->len += n;
    pthread_mutex_unlock(&server->lock);
}

static void count(struct model_server *server, unsigned *what, unsigned by)
{
    pthread_mutex_lock(&server->lock);
    *what += by;
    pthread_mutex_unlock(&server->lock);
}

static bool send_bytes(struct talk *t, const void *bytes, size_t len)
{
    return len == 0 || SSL_write(t->ssl, bytes, (int)len) == (int)len;
}

static bool respond(struct talk *t, unsigned status, const char *body, bool keep_alive)
{
    static const size_t room = BODY_MAX + 1024;
    uint8_t *bytes = malloc(room);
    const struct kc_http_response response = {
        .status = status,
        .content_type = "application/json",
        .body = kc_bytes_of_text(body),
        .keep_alive = keep_alive,
    };
    struct kc_writer w = kc_writer_of((struct kc_room){bytes, room});
    bool ok = kc_http_write_response(&w, &response) == KC_OK;
    if (ok && t->lie == MODEL_TRAILING_HTTP)
        kc_writer_u8(&w, 'x');
    if (ok && t->lie == MODEL_CLOSE)
        ok = send_bytes(t, bytes, w.len / 2) && false;
    else if (ok && t->lie == MODEL_SLOW) {
        for (size_t i = 0; ok && i < w.len; i++) {
            ok = send_bytes(t, bytes + i, 1);
            usleep(50000);
        }
    } else if (ok) {
        ok = send_bytes(t, bytes, w.len);
    }
    free(bytes);
    return ok && keep_alive;
}

/* Has the evidence from the genuine server, over a connection of its own. */
static size_t relay(struct talk *t, char *out)
{
    static const char head[] = "POST /v1/attest/evidence HTTP/1.1\r\nHost: x\r\nContent-Length: ";
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(t->server->options.relay_port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    char request[1024];
    int n = snprintf(request, sizeof request, "%s%zu\r\n\r\n%s", head, t->body_len, t->body);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(context);
    size_t len = 0;
    SSL_set_fd(ssl, fd);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 && SSL_connect(ssl) == 1 &&
        SSL_write(ssl, request, n) == n) {
        /* One record has it all: head and body are one write of the model. */
        int got = SSL_read(ssl, out, BODY_MAX - 1);
        len = got > 0 ? (size_t)got : 0;
    }
    SSL_free(ssl);
    SSL_CTX_free(context);
    close(fd);
    return len;
}

static void kms_id_of(const struct model_server *server, uint8_t kms_id[32])
{
    memset(kms_id, 0, 32);
    if (!server->options.uninitialised)
        memcpy(kms_id, server->identity.hash, 32);
}

/* The JSON of an answer to the nonce in the request. */
static bool make_evidence(struct talk *t, char *out)
{
    struct model_server *server = t->server;
    const char *nonce_text = strstr(t->body, "\"nonce\":\"");
    uint8_t nonce[32];
    uint8_t kms_id[32];
    uint8_t exported[32];
    uint8_t *evidence = malloc(KC_RATLS_CERTIFICATE_MAX);
    char text[2 * KC_RATLS_CERTIFICATE_MAX];
    size_t n = 0;
    size_t len = 0;
    bool ok = nonce_text != NULL && strlen(nonce_text) > 9 + 43 &&
              kc_base64_decode(KC_BASE64_URL, kc_bytes_of(nonce_text + 9, 43),
                               (struct kc_room){nonce, sizeof nonce}, &n) == KC_OK &&
              SSL_export_keying_material(t->ssl, exported, 32, KC_RATLS_EXPORTER_LABEL,
                                         KC_RATLS_EXPORTER_LABEL_LEN, nonce, n, 1) == 1;
    if (ok) {
        kms_id_of(server, kms_id);
        len = model_evidence(server->options.state, t->lie, &server->leaf, kms_id,
                             kc_bytes_of(nonce, n), exported, evidence);
        if (server->first_len == 0) {
            memcpy(server->first_evidence, evidence, len);
            server->first_len = len;
        }
        if (t->lie == MODEL_REPLAY)
            memcpy(evidence, server->first_evidence, len = server->first_len);
        kc_base64_encode(KC_BASE64_URL, kc_bytes_of(evidence, len), text);
        if (t->lie == MODEL_NO_BASE64)
            text[10] = '+';
        snprintf(out, BODY_MAX, "{\"profile\":\"%s\",\"evidence\":\"%s\",\"claims\":\"AA\"}%s",
                 t->lie == MODEL_OTHER_PROFILE ? "kms-ratls/2" : "kms-ratls/1", text,
                 t->lie == MODEL_TRAILING_JSON ? "{}" : "");
    }
    free(evidence);
    return ok;
}

static bool send_endless(struct talk *t)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    char chunk[4096 + 8];
    memset(chunk, ' ', sizeof chunk);
    memcpy(chunk, "1000\r\n", 6);
    memcpy(chunk + 4096 + 6, "\r\n", 2);
    bool ok = send_bytes(t, head, sizeof head - 1);
    for (int i = 0; ok && i < 4096; i++)
        ok = send_bytes(t, chunk, sizeof chunk);
    return false;
}

static bool answer_evidence(struct talk *t)
{
    static const char huge[] = "HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n";
    char *out = malloc(BODY_MAX);
    bool ok = false;
    count(t->server, &t->server->seen.evidences, 1);
    if (t->lie == MODEL_RELAY) {
        size_t n = relay(t, out);
        ok = n > 0 && send_bytes(t, out, n);
    } else if (t->lie == MODEL_SILENT) {
        char byte;
        ok = SSL_read(t->ssl, &byte, 1) > 0 && false; /* until the other end gives up */
    } else if (t->lie == MODEL_HUGE) {
        ok = send_bytes(t, huge, sizeof huge - 1);
    } else if (t->lie == MODEL_ENDLESS) {
        ok = send_endless(t);
    } else if (t->lie == MODEL_CLOSE_AT_ONCE) {
        ok = false;
    } else if (t->lie == MODEL_NOT_FOUND || t->lie == MODEL_BUSY) {
        ok = respond(t, t->lie == MODEL_BUSY ? 503 : 404, "{\"errors\":[]}", true);
    } else if (t->lie == MODEL_NO_JSON) {
        ok = respond(t, 200, "<html>", true);
    } else if (make_evidence(t, out)) {
        ok = respond(t, 200, out, t->lie != MODEL_GOES_AWAY);
        if (ok && t->lie == MODEL_UNASKED)
            ok = respond(t, 200, "{\"data\":{\"plaintext\":\"\"}}", true);
    }
    free(out);
    return ok;
}

static bool answer_request(struct talk *t, const char *target)
{
    const struct model_options *options = &t->server->options;
    struct kc_bytes token = {NULL, 0};
    char token_text[256] = "";
    char *out = malloc(BODY_MAX);
    unsigned status = 200;
    count(t->server, &t->server->seen.requests, 1);
    if (kc_http_header(&t->message, "X-Vault-Token", &token) > 0)
        snprintf(token_text, sizeof token_text, "%.*s", (int)token.len, (const char *)token.ptr);
    strcpy(out, "{\"data\":{}}");
    if (options->handler != NULL)
        status = options->handler(options->handler_context, kc_http_method_name(t->message.method),
                                  target, token_text, t->body, out);
    bool ok = t->lie != MODEL_DROPS && respond(t, status, out, true);
    free(out);
    return ok;
}

static bool answer(struct talk *t)
{
    char target[1024];
    const struct kc_http_message *m = &t->message;
    snprintf(target, sizeof target, "%.*s%s%.*s", (int)m->path.len, (const char *)m->path.ptr,
             m->query.len > 0 ? "?" : "", (int)m->query.len, (const char *)m->query.ptr);
    t->body[t->body_len] = '\0';
    return strcmp(target, "/v1/attest/evidence") == 0 ? answer_evidence(t)
                                                      : answer_request(t, target);
}

/* Reads one request; false at the end of the connection. */
static bool read_request(struct talk *t)
{
    t->body_len = 0;
    for (;;) {
        size_t used = 0;
        enum kc_http_event event =
            kc_http_feed(&t->message, kc_bytes_of(t->in + t->in_at, t->in_len - t->in_at), &used);
        t->in_at += used;
        if (event == KC_HTTP_GOT_ALL)
            return true;
        if (event == KC_HTTP_REFUSED)
            return false;
        if (event == KC_HTTP_GOT_BODY) {
            memcpy(t->body + t->body_len, t->message.piece.ptr, t->message.piece.len);
            t->body_len += t->message.piece.len;
        }
        if (event != KC_HTTP_NEED_MORE)
            continue;
        int n = SSL_read(t->ssl, t->in, sizeof t->in);
        if (n <= 0)
            return false;
        keep(t->server, t->in, (size_t)n);
        t->in_len = (size_t)n;
        t->in_at = 0;
    }
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *in, unsigned in_len, void *context)
{
    (void)ssl, (void)in, (void)in_len;
    const struct model_server *server = context;
    *out = (const unsigned char *)(server->options.lie == MODEL_OTHER_ALPN ? "h2" : "http/1.1");
    *out_len = server->options.lie == MODEL_OTHER_ALPN ? 2 : 8;
    return SSL_TLSEXT_ERR_OK;
}

static void add_certificate(SSL_CTX *context, const uint8_t *der, size_t len)
{
    X509 *certificate = d2i_X509(NULL, &der, (long)len);
    SSL_CTX_add_extra_chain_cert(context, certificate);
}

static void use_certificates(struct model_server *server, SSL_CTX *context)
{
    enum model_leaf kind = server->options.leaf;
    uint8_t *der = malloc(KC_RATLS_CERTIFICATE_MAX);
    uint8_t kms_id[32];
    const struct model_key *issuer = &server->identity;
    kms_id_of(server, kms_id);
    if (kind == MODEL_SELF_SIGNED || server->options.uninitialised)
        issuer = &server->leaf;
    bool foreign = kind == MODEL_FOREIGN_ISSUED || kind == MODEL_FOREIGN_BESIDE;
    if (foreign)
        issuer = &server->other;
    size_t n = model_leaf(server->options.state, &server->leaf, issuer,
                          foreign ? server->other.hash : kms_id, der);
    SSL_CTX_use_certificate_ASN1(context, (int)n, der);
    SSL_CTX_use_PrivateKey(context, server->leaf.key);
    n = model_identity(&server->other, der);
    bool is_shown =
        kind == MODEL_ISSUED || kind == MODEL_FOREIGN_BESIDE || kind == MODEL_LONG_CHAIN;
    if (is_shown && !server->options.uninitialised)
        add_certificate(context, server->identity_der, server->identity_len);
    if (kind == MODEL_OTHER_ISSUER || kind == MODEL_LONG_CHAIN)
        add_certificate(context, der, n);
    free(der);
}

static SSL_CTX *new_context(struct model_server *server)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_max_proto_version(context, server->options.lie == MODEL_TLS_1_2 ? TLS1_2_VERSION
                                                                                : TLS1_3_VERSION);
    SSL_CTX_set_num_tickets(context, server->options.tickets ? 2 : 0);
    SSL_CTX_set_session_id_context(context, (const unsigned char *)"model", 5);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, server);
    use_certificates(server, context);
    return context;
}

static void talk_tls(struct model_server *server, SSL_CTX *context, int fd)
{
    struct talk *t = calloc(1, sizeof *t);
    t->server = server;
    t->ssl = SSL_new(context);
    pthread_mutex_lock(&server->lock);
    t->lie = server->options.lie;
    pthread_mutex_unlock(&server->lock);
    SSL_set_fd(t->ssl, fd);
    bool open = SSL_accept(t->ssl) == 1 &&
                kc_http_request_init(&t->message, &limits,
                                     (struct kc_room){t->room, sizeof t->room}) == KC_OK;
    if (open && SSL_session_reused(t->ssl))
        count(server, &server->seen.resumed, 1);
    while (open && read_request(t)) {
        open = answer(t);
        kc_http_next(&t->message);
    }
    if (open)
        SSL_shutdown(t->ssl);
    SSL_free(t->ssl);
    free(t);
}

static void serve(struct model_server *server, int fd)
{
    const struct timeval limit = {.tv_sec = 20};
    uint8_t bytes[1024];
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    count(server, &server->seen.connections, 1);
    if (server->options.lie == MODEL_PLAIN || server->options.lie == MODEL_NO_HANDSHAKE) {
        ssize_t n = recv(fd, bytes, sizeof bytes, 0);
        if (n > 0)
            keep(server, bytes, (size_t)n);
        if (server->options.lie == MODEL_PLAIN)
            (void)!send(fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28, MSG_NOSIGNAL);
        else
            (void)!recv(fd, bytes, sizeof bytes, 0);
        return;
    }
    SSL_CTX *context = new_context(server);
    talk_tls(server, context, fd);
    SSL_CTX_free(context);
}

static void *run(void *argument)
{
    struct model_server *server = argument;
    sigset_t pipe_signal;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, NULL); /* clients leave in the middle */
    for (;;) {
        struct pollfd p[2] = {{server->listener, POLLIN, 0}, {server->stop[0], POLLIN, 0}};
        if (poll(p, 2, -1) < 0 || p[1].revents != 0)
            return NULL;
        int fd = accept(server->listener, NULL, NULL);
        if (fd < 0)
            continue;
        pthread_mutex_lock(&server->lock);
        server->connection = fd;
        pthread_mutex_unlock(&server->lock);
        serve(server, fd);
        pthread_mutex_lock(&server->lock);
        server->connection = -1;
        pthread_mutex_unlock(&server->lock);
        close(fd);
    }
}

static bool listen_here(struct model_server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server->listener < 0 ||
        bind(server->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(server->listener, 8) != 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &len) != 0)
        return false;
    server->port = ntohs(address.sin_port);
    return true;
}

struct model_server *model_server_start(const struct model_options *options)
{
    struct model_server *server = calloc(1, sizeof *server);
    server->options = *options;
    server->connection = -1;
    server->leaf = model_key_new();
    server->identity = model_key_new();
    server->other = model_key_new();
    server->identity_len = model_identity(&server->identity, server->identity_der);
    pthread_mutex_init(&server->lock, NULL);
    if (listen_here(server) && pipe(server->stop) == 0 &&
        pthread_create(&server->thread, NULL, run, server) == 0)
        return server;
    free(server);
    return NULL;
}

uint16_t model_server_port(const struct model_server *server)
{
    return server->port;
}

void model_server_set_lie(struct model_server *server, enum model_lie lie)
{
    pthread_mutex_lock(&server->lock);
    server->options.lie = lie;
    pthread_mutex_unlock(&server->lock);
}

void model_server_hang_up(struct model_server *server)
{
    pthread_mutex_lock(&server->lock);
    if (server->connection >= 0)
        shutdown(server->connection, SHUT_RDWR);
    pthread_mutex_unlock(&server->lock);
}

void model_server_set_initialised(struct model_server *server, bool initialised)
{
    pthread_mutex_lock(&server->lock);
    server->options.uninitialised = !initialised;
    pthread_mutex_unlock(&server->lock);
}

void model_server_kms_id(const struct model_server *server, uint8_t kms_id[32])
{
    memcpy(kms_id, server->identity.hash, 32);
}

const uint8_t *model_server_identity(const struct model_server *server, size_t *len)
{
    *len = server->identity_len;
    return server->identity_der;
}

void model_server_seen(struct model_server *server, struct model_seen *out)
{
    pthread_mutex_lock(&server->lock);
    *out = server->seen;
    pthread_mutex_unlock(&server->lock);
}

void model_server_stop(struct model_server *server)
{
    (void)!write(server->stop[1], "", 1);
    model_server_hang_up(server);
    pthread_join(server->thread, NULL);
    close(server->listener);
    close(server->stop[0]);
    close(server->stop[1]);
    model_key_clear(&server->leaf);
    model_key_clear(&server->identity);
    model_key_clear(&server->other);
    pthread_mutex_destroy(&server->lock);
    free(server);
}
