#include "world.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#define CONTEXTS 4
#define ROUNDS   64

static void tell_secret(const SSL *tls, const char *line)
{
    const char *secret = strrchr(line, ' ');
    (void)tls;
    if (secret != NULL)
        secrets_add_hex(secret + 1);
}

/* 0: as OpenSSL has it; 1: http/1.1 and P-256; 2: another protocol; 3: TLS 1.2. Clients look at no
 * certificate: that is tested elsewhere, and takes most of a handshake's time. */
static SSL_CTX *context_of(unsigned which)
{
    static SSL_CTX *contexts[CONTEXTS];
    SSL_CTX **context = &contexts[which % CONTEXTS];
    if (*context != NULL)
        return *context;
    *context = SSL_CTX_new(TLS_client_method());
    FUZZ_CHECK(*context != NULL);
    SSL_CTX_set_keylog_callback(*context, tell_secret);
    if (which == 1) {
        FUZZ_CHECK(SSL_CTX_set1_groups_list(*context, "P-256") == 1);
        FUZZ_CHECK(SSL_CTX_set_alpn_protos(*context, (const uint8_t *)"\2h2\10http/1.1", 12) == 0);
    } else if (which == 2) {
        FUZZ_CHECK(SSL_CTX_set_alpn_protos(*context, (const uint8_t *)"\2h2", 3) == 0);
    } else if (which == 3) {
        FUZZ_CHECK(SSL_CTX_set_max_proto_version(*context, TLS1_2_VERSION) == 1);
    }
    return *context;
}

void client_free(struct client *client)
{
    SSL_free(client->tls);
    client->tls = NULL;
    client->conn = 0;
    client->open = false;
}

void client_open(struct world *w, unsigned which, unsigned context, uint32_t listener)
{
    struct client *client = &w->client[which];
    unsigned generation = client->generation + 1;
    client_free(client);
    memset(client, 0, offsetof(struct client, read));
    client->generation = generation;
    client->conn = (uint64_t)generation << 16 | which;
    client->tls = SSL_new(context_of(context));
    BIO *in = BIO_new(BIO_s_mem());
    BIO *out = BIO_new(BIO_s_mem());
    FUZZ_CHECK(client->tls != NULL && in != NULL && out != NULL);
    BIO_set_mem_eof_return(in, -1);
    BIO_set_mem_eof_return(out, -1);
    SSL_set_bio(client->tls, in, out);
    SSL_set_connect_state(client->tls);
    client->open = true;
    client->spoilt = context >= 2;
    host_say(w, (struct kc_message){
                    .type = KC_MESSAGE_OPEN, .conn = client->conn, .listener = listener});
}

/* --- answers --- */

/* Where the answer that stands first ends; 0: it is not whole. */
static size_t find_end(const char *text, size_t len, bool head, unsigned *status, const char **body)
{
    const char *end = strstr(text, "\r\n\r\n");
    const char *length = strstr(text, "Content-Length: ");
    size_t n = 0;
    if (end == NULL)
        return 0;
    FUZZ_CHECK(strncmp(text, "HTTP/1.1 ", 9) == 0);
    *status = (unsigned)strtoul(text + 9, NULL, 10);
    *body = end + 4;
    if (length != NULL && length < end && !head)
        n = strtoul(length + 16, NULL, 10);
    size_t all = (size_t)(*body - text) + n;
    return all <= len ? all : 0;
}

static void forget(struct client *client, size_t n)
{
    client->read_len -= n;
    memmove(client->read, client->read + n, client->read_len + 1);
}

static void take_answers(struct world *w, struct client *client)
{
    while (client->read_len > 0 && !client->raw) {
        const char *body = NULL;
        unsigned status = 0;
        const struct expected first = client->expected[0];
        size_t n = find_end((const char *)client->read, client->read_len,
                            client->waiting > 0 && first.head, &status, &body);
        if (n == 0)
            return;
        uint8_t behind = client->read[n];
        client->read[n] = 0;
        if (status != 100) {
            FUZZ_CHECK(client->waiting > 0); /* an answer to nothing */
            client->waiting--;
            memmove(client->expected, client->expected + 1,
                    client->waiting * sizeof client->expected[0]);
            judge_answer(w, &first, status, body);
        }
        client->read[n] = behind;
        forget(client, n);
    }
}

/* Where nobody knows which answer is whose, they are looked through as one text. */
static void take_text(struct world *w, struct client *client)
{
    static const struct expected any = {.kind = OTHER};
    struct expected expected = any;
    expected.needs_token = true;
    expected.token_good = client->let_in;
    if (client->read_len > 0)
        judge_answer(w, &expected, 0, (const char *)client->read);
    if (client->read_len > READ_MAX / 2)
        forget(client, client->read_len);
}

/* What the core says is TLS that the client understands, as long as both were heard. */
static void check_tls(const struct world *w, const struct client *client, int result)
{
    if (!client->spoilt && !client->unsure && !w->failed)
        FUZZ_CHECK(SSL_get_error(client->tls, result) != SSL_ERROR_SSL);
}

void client_reads(struct world *w, struct client *client)
{
    size_t n = 1;
    if (client->tls == NULL)
        return;
    ERR_clear_error();
    if (!SSL_is_init_finished(client->tls)) {
        int result = SSL_do_handshake(client->tls);
        check_tls(w, client, result);
        if (result != 1)
            return;
    }
    while (n > 0) {
        n = 0;
        ERR_clear_error();
        int result = SSL_read_ex(client->tls, client->read + client->read_len,
                                 READ_MAX - client->read_len, &n);
        check_tls(w, client, result);
        n = result == 1 ? n : 0;
        client->read_len += n;
        client->read[client->read_len] = 0;
        take_answers(w, client);
        client->raw = client->raw || client->read_len > READ_MAX / 2;
        if (client->raw)
            take_text(w, client);
    }
    ERR_clear_error();
}

struct kc_bytes client_says(struct client *client, struct kc_room room)
{
    size_t n = 0;
    if (client->tls == NULL || BIO_read_ex(SSL_get_wbio(client->tls), room.ptr, room.len, &n) != 1)
        n = 0;
    return kc_bytes_of(room.ptr, n);
}

bool client_write(struct client *client, struct kc_bytes bytes)
{
    size_t written = 0;
    ERR_clear_error();
    return client->tls != NULL && SSL_is_init_finished(client->tls) && bytes.len > 0 &&
           SSL_write_ex(client->tls, bytes.ptr, bytes.len, &written) == 1;
}

/* --- an honest host --- */

static bool settle_client(struct world *w, struct client *client)
{
    static uint8_t room[16384];
    bool busy = false;
    client_reads(w, client);
    struct kc_bytes said = client_says(client, (struct kc_room){room, sizeof room});
    if (said.len > 0 && client->open) {
        host_say(w,
                 (struct kc_message){.type = KC_MESSAGE_BYTES, .conn = client->conn, .body = said});
        busy = true;
    }
    if (client->resume && client->open && !w->no_resume) {
        client->resume = false;
        host_say_conn(w, KC_MESSAGE_RESUME, client->conn);
        busy = true;
    }
    return busy;
}

static bool settle_ask(struct world *w)
{
    struct ask *ask = answer_oldest(w);
    if (ask == NULL)
        return false;
    if (w->lies == 0 || w->lie[0].after-- > 0) {
        answer_honestly(w, ask);
        return true;
    }
    const struct lie lie = w->lie[0];
    w->lies--;
    memmove(w->lie, w->lie + 1, w->lies * sizeof w->lie[0]);
    answer_somehow(w, ask, lie.how == 19 ? 18 : lie.how, lie.number);
    return true;
}

void client_settle(struct world *w)
{
    bool gather = w->gather;
    bool busy = true;
    w->gather = false;
    host_flush(w);
    for (unsigned i = 0; i < ROUNDS && busy; i++) {
        busy = false;
        for (size_t j = 0; j < CLIENTS; j++)
            busy = (w->client[j].conn != 0 && settle_client(w, &w->client[j])) || busy;
        for (unsigned j = 0; j < ASKS && settle_ask(w); j++)
            busy = true;
        if (w->work > 0 && !w->no_work) {
            w->work--;
            host_say(w, (struct kc_message){.type = KC_MESSAGE_WORK});
            busy = true;
        }
    }
    w->gather = gather;
}
