/*
 * The whole core as a host sees it, with a store and an AESM service of the model host's own:
 * honest ones, and ones that lie. What they say may stop an answer; it must not change one.
 */
#include <pthread.h>

#include "base/base64.h"
#include "core/session.h"
#include "service.h"
#include "sim/quoting_enclave.h"

#define RECORDS 64
#define PLACES  16

enum lie {
    HONEST,
    RECORD_FLIPPED,
    RECORD_SWAPPED, /* another record's blob */
    RECORD_ABSENT,
    RECORD_TWICE,
    RECORD_OTHER_ID, /* the right blob under another name */
    RECORD_FAILED,
    STORED_CONFLICT, /* stored, and says that it was not */
    STORED_FAILED,   /* the same */
    STORED_NOTHING,  /* says ok and has not */
    STORED_FULL,
    STORED_OTHER, /* ok for another batch */
    IDS_DESCENDING,
};

struct stored {
    struct kc_record_id id;
    uint64_t version;
    size_t len;
    uint8_t blob[KC_MESSAGE_ROOT_MAX];
};

struct store {
    pthread_mutex_t lock;
    size_t count;
    struct stored record[RECORDS];
};

struct kms {
    struct test_machine machine;
    struct kc_core *core;
    struct service_host *host;
    SSL_CTX *context;
    struct store store;
    enum lie lie;
    unsigned logs; /* bits of enum kc_log */
    bool serving;
    uint64_t next_conn;
    char token[128];
    uint8_t names[16];
    size_t names_len;
};

static struct stored *find(struct store *store, const struct kc_record_id *id)
{
    for (size_t i = 0; i < store->count; i++) {
        if (kc_record_id_equal(&store->record[i].id, id))
            return &store->record[i];
    }
    return NULL;
}

static void answer_fetch(struct kms *k, struct service_host *host, const struct kc_effect *effect)
{
    static __thread uint8_t blob[KC_MESSAGE_ROOT_MAX];
    struct kc_message message = {.type = KC_MESSAGE_RECORD,
                                 .conn = effect->conn,
                                 .code = KC_FOUND_NOTHING,
                                 .record = effect->record};
    bool of_key = effect->record.class == KC_RECORD_KEY;
    enum lie lie = of_key ? k->lie : HONEST;
    pthread_mutex_lock(&k->store.lock);
    const struct stored *found = find(&k->store, &effect->record);
    for (size_t i = 0; lie == RECORD_SWAPPED && i < k->store.count; i++) {
        if (&k->store.record[i] != found && k->store.record[i].id.class == KC_RECORD_KEY)
            found = &k->store.record[i];
    }
    if (found != NULL && lie != RECORD_ABSENT && lie != RECORD_FAILED) {
        memcpy(blob, found->blob, found->len);
        message.code = KC_FOUND;
        message.body = kc_bytes_of(blob, found->len);
        blob[found->len / 2] ^= lie == RECORD_FLIPPED;
    }
    pthread_mutex_unlock(&k->store.lock);
    if (lie == RECORD_FAILED)
        message.code = KC_FOUND_FAILED;
    if (lie == RECORD_OTHER_ID)
        message.record.name[0] ^= 3; /* 'a' is 'b' */
    service_say(host, message);
    if (lie == RECORD_TWICE)
        service_say(host, message);
}

static enum kc_stored commit(struct store *store, struct kc_bytes list)
{
    struct kc_store_write write;
    enum kc_stored result = KC_STORED_OK;
    struct kc_reader r = kc_reader_of(list);
    while (kc_store_write_next(&r, &write)) {
        const struct stored *before = find(store, &write.id);
        if ((before == NULL ? 0 : before->version) != write.replaces)
            result = KC_STORED_CONFLICT;
    }
    assert_true(kc_reader_done(&r));
    r = kc_reader_of(list);
    while (result == KC_STORED_OK && kc_store_write_next(&r, &write)) {
        struct stored *record = find(store, &write.id);
        if (record == NULL) {
            assert_true(store->count < RECORDS);
            record = &store->record[store->count++];
        }
        *record = (struct stored){.id = write.id, .version = write.replaces + 1};
        record->len = write.blob.len;
        assert_true(write.blob.len <= sizeof record->blob);
        memcpy(record->blob, write.blob.ptr, write.blob.len);
    }
    return result;
}

static void answer_store(struct kms *k, struct service_host *host, const struct kc_effect *effect)
{
    struct kc_message message = {.type = KC_MESSAGE_STORED, .conn = effect->conn};
    memcpy(message.batch, effect->batch, sizeof message.batch);
    pthread_mutex_lock(&k->store.lock);
    if (k->lie != STORED_NOTHING && k->lie != STORED_FULL)
        message.code = commit(&k->store, effect->body);
    pthread_mutex_unlock(&k->store.lock);
    if (k->lie == STORED_CONFLICT)
        message.code = KC_STORED_CONFLICT;
    if (k->lie == STORED_FAILED)
        message.code = KC_STORED_FAILED;
    if (k->lie == STORED_FULL)
        message.code = KC_STORED_FULL;
    message.batch[0] ^= k->lie == STORED_OTHER;
    service_say(host, message);
}

static int compare_ids(const void *a, const void *b)
{
    const struct kc_record_id *const *x = a;
    const struct kc_record_id *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

static void answer_scan(struct kms *k, struct service_host *host, const struct kc_effect *effect)
{
    const struct kc_record_id *ids[RECORDS];
    uint8_t names[4096];
    size_t count = 0;
    struct kc_writer w = kc_writer_of((struct kc_room){names, sizeof names});
    for (size_t i = 0; i < k->store.count; i++) {
        const struct kc_record_id *id = &k->store.record[i].id;
        if (id->class == effect->record.class && strcmp(id->name, effect->record.name) > 0)
            ids[count++] = id;
    }
    qsort(ids, count, sizeof ids[0], compare_ids);
    for (size_t i = 0; i < count; i++) {
        const struct kc_record_id *id = ids[k->lie == IDS_DESCENDING ? count - 1 - i : i];
        kc_message_write_name(&w, kc_bytes_of(id->name, id->name_len));
    }
    assert_true(count <= effect->limit);
    service_say(host, (struct kc_message){.type = KC_MESSAGE_IDS,
                                          .conn = effect->conn,
                                          .record = {.class = effect->record.class},
                                          .end = true,
                                          .body = kc_writer_written(&w)});
}

static void answer_others(struct service_host *host, const struct kc_effect *effect)
{
    struct kms *k = host->context;
    uint8_t target[KC_SGX_TARGETINFO_SIZE];
    uint8_t quote[TEST_QUOTE_SIZE];
    switch (effect->type) {
    case KC_EFFECT_FETCH:
        answer_fetch(k, host, effect);
        break;
    case KC_EFFECT_STORE:
        answer_store(k, host, effect);
        break;
    case KC_EFFECT_SCAN:
        answer_scan(k, host, effect);
        break;
    case KC_EFFECT_TARGET_WANTED:
        kc_sim_qe_target_info(target);
        service_say(host, (struct kc_message){.type = KC_MESSAGE_TARGETINFO,
                                              .id = effect->id,
                                              .body = {target, sizeof target}});
        break;
    case KC_EFFECT_QUOTE_WANTED:
        test_quote_of(effect->body.ptr, quote);
        service_say(host, (struct kc_message){.type = KC_MESSAGE_QUOTE,
                                              .id = effect->id,
                                              .body = {quote, sizeof quote}});
        break;
    case KC_EFFECT_RESUME_WANTED: /* of a connection of another thread */
        break;
    case KC_EFFECT_SERVING:
        k->serving = true;
        break;
    case KC_EFFECT_LOG:
        __atomic_or_fetch(&k->logs, 1u << effect->code, __ATOMIC_RELAXED);
        break;
    default:
        break;
    }
}

static struct service_host *host_of(struct kms *k)
{
    struct service_host *host = service_host_new(k->core);
    host->other = answer_others;
    host->context = k;
    return host;
}

/* A new life of the enclave over the same store. */
static void start(struct kms *k)
{
    static const struct kc_record_id root = {KC_RECORD_ROOT, 4, "root"};
    struct kc_message message = {.type = KC_MESSAGE_START,
                                 .version = KC_BOUNDARY_VERSION,
                                 .requests_max = 8,
                                 .now = SERVICE_NOW,
                                 .sessions_max = PLACES,
                                 .certificate_life = 3600,
                                 .names = kc_bytes_of(k->names, k->names_len)};
    const struct stored *sealed = find(&k->store, &root);
    if (k->host != NULL)
        service_host_free(k->host);
    kc_core_free(k->core);
    assert_int_equal(kc_core_new(&k->machine.platform, &k->core), KC_OK);
    k->host = host_of(k);
    if (sealed != NULL)
        message.body = kc_bytes_of(sealed->blob, sealed->len);
    k->serving = false;
    k->logs = 0;
    service_say(k->host, message);
    service_run(k->host);
    assert_int_equal(k->host->refused, 0);
    assert_true(k->serving);
}

static struct service_peer *connect_as(struct kms *k, struct service_host *host, unsigned place)
{
    uint64_t use = __atomic_add_fetch(&k->next_conn, 1, __ATOMIC_RELAXED);
    struct service_peer *peer =
        service_open_as(host, k->context, use << 16 | place, KC_LISTENER_SERVICE);
    service_settle(host);
    assert_true(SSL_is_init_finished(peer->tls));
    return peer;
}

/* One request and its answer; the status. */
static unsigned ask(struct kms *k, struct service_host *host, struct service_peer *peer,
                    const char *method, const char *path, const char *body)
{
    char text[4096];
    unsigned status = 0;
    char token[160] = "";
    if (k->token[0] != 0)
        snprintf(token, sizeof token, "X-Vault-Token: %s\r\n", k->token);
    snprintf(text, sizeof text,
             "%s %s HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %zu\r\n\r\n%s", method, path,
             token, strlen(body), body);
    service_forget_read(peer);
    service_ask(host, peer, text);
    (void)sscanf(service_text(peer), "HTTP/1.1 %u", &status);
    return status;
}

/* The text member `name` of the JSON that was answered. */
static void member(struct service_peer *peer, const char *name, char *out, size_t cap)
{
    char key[64];
    snprintf(key, sizeof key, "\"%s\":\"", name);
    const char *at = strstr(service_text(peer), key);
    assert_non_null(at);
    at += strlen(key);
    size_t n = strcspn(at, "\"");
    assert_true(n < cap);
    memcpy(out, at, n);
    out[n] = 0;
}

static int setup(void **state)
{
    static const uint8_t names[] = {0, 9, 'l', 'o', 'c', 'a', 'l', 'h', 'o', 's', 't'};
    struct kms *k = calloc(1, sizeof *k);
    test_machine_init(&k->machine);
    assert_int_equal(pthread_mutex_init(&k->store.lock, NULL), 0);
    memcpy(k->names, names, sizeof names);
    k->names_len = sizeof names;
    k->context = SSL_CTX_new(TLS_client_method());
    start(k);
    *state = k;
    return 0;
}

static int teardown(void **state)
{
    struct kms *k = *state;
    service_host_free(k->host);
    kc_core_free(k->core);
    SSL_CTX_free(k->context);
    pthread_mutex_destroy(&k->store.lock);
    free(k);
    return 0;
}

static void init(struct kms *k)
{
    struct service_peer *peer = connect_as(k, k->host, 0);
    assert_int_equal(
        ask(k, k->host, peer, "PUT", "/v1/sys/init", "{\"seal_policy\":\"mrenclave\"}"), 200);
    member(peer, "root_token", k->token, sizeof k->token);
    service_say_conn(k->host, KC_MESSAGE_CLOSE, peer->conn);
    peer->hung_up = true;
    service_run(k->host);
}

static void encrypt(struct kms *k, struct service_host *host, struct service_peer *peer,
                    const char *key, char *ciphertext, size_t cap)
{
    char path[64];
    snprintf(path, sizeof path, "/v1/transit/encrypt/%s", key);
    assert_int_equal(ask(k, host, peer, "POST", path, "{\"plaintext\":\"aGVsbG8=\"}"), 200);
    member(peer, "ciphertext", ciphertext, cap);
}

static unsigned decrypt(struct kms *k, struct service_host *host, struct service_peer *peer,
                        const char *key, const char *ciphertext)
{
    char path[64];
    char body[512];
    snprintf(path, sizeof path, "/v1/transit/decrypt/%s", key);
    snprintf(body, sizeof body, "{\"ciphertext\":\"%s\"}", ciphertext);
    unsigned status = ask(k, host, peer, "POST", path, body);
    if (status == 200)
        assert_non_null(strstr(service_text(peer), "\"plaintext\":\"aGVsbG8=\""));
    return status;
}

static void test_life(void **state)
{
    struct kms *k = *state;
    char ciphertext[256];
    struct service_peer *peer = connect_as(k, k->host, 1);
    assert_int_equal(ask(k, k->host, peer, "POST", "/v1/transit/keys/a", ""), 503);
    init(k);
    assert_int_equal(
        ask(k, k->host, peer, "PUT", "/v1/sys/init", "{\"seal_policy\":\"mrenclave\"}"), 400);
    assert_true(ask(k, k->host, peer, "POST", "/v1/transit/keys/a", "") / 100 == 2);
    encrypt(k, k->host, peer, "a", ciphertext, sizeof ciphertext);
    assert_int_equal(decrypt(k, k->host, peer, "a", ciphertext), 200);
    assert_true(ask(k, k->host, peer, "POST", "/v1/transit/keys/b", "") / 100 == 2);
    assert_int_equal(ask(k, k->host, peer, "LIST", "/v1/transit/keys", ""), 200);
    assert_non_null(strstr(service_text(peer), "[\"a\",\"b\"]"));
    assert_int_equal(ask(k, k->host, peer, "POST", "/generate-rsa-key-pair", ""), 200);
    assert_int_equal(k->host->work_wanted, 1);
    start(k);
    peer = connect_as(k, k->host, 0);
    assert_int_equal(decrypt(k, k->host, peer, "a", ciphertext), 200);
    assert_true(decrypt(k, k->host, peer, "b", ciphertext) >= 400);
    k->token[10] ^= 1;
    assert_int_equal(decrypt(k, k->host, peer, "a", ciphertext), 403);
    assert_int_equal(k->host->refused, 0);
}

/* Answers about a record that are not true: no plaintext then, a log that names it, and the service
 * goes on as soon as the host is honest again. */
static void test_lies_about_records(void **state)
{
    static const struct {
        enum lie lie;
        unsigned status; /* of the request */
        enum kc_log log; /* 0: none */
        unsigned refused;
    } rows[] = {
        {RECORD_FLIPPED, 500, KC_LOG_RECORD_DAMAGED, 0},
        {RECORD_SWAPPED, 500, KC_LOG_RECORD_DAMAGED, 0},
        {RECORD_ABSENT, 400, 0, 0},
        {RECORD_TWICE, 200, 0, 1},
        {RECORD_FAILED, 503, 0, 0},
    };
    struct kms *k = *state;
    char ciphertext[256];
    init(k);
    struct service_peer *peer = connect_as(k, k->host, 1);
    assert_true(ask(k, k->host, peer, "POST", "/v1/transit/keys/a", "") / 100 == 2);
    assert_true(ask(k, k->host, peer, "POST", "/v1/transit/keys/b", "") / 100 == 2);
    encrypt(k, k->host, peer, "a", ciphertext, sizeof ciphertext);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        start(k);
        peer = connect_as(k, k->host, 0);
        k->lie = rows[i].lie;
        unsigned status = decrypt(k, k->host, peer, "a", ciphertext);
        if (status != rows[i].status || k->host->refused != rows[i].refused ||
            (rows[i].log != 0 && (k->logs & 1u << rows[i].log) == 0))
            fail_msg("row %zu: %u, refused %u, logs %x, %s", i, status, k->host->refused, k->logs,
                     service_text(peer));
        k->lie = HONEST;
        assert_int_equal(decrypt(k, k->host, peer, "a", ciphertext), 200);
    }
    /* A record of another name is no answer: the exchange goes on waiting for its own. */
    start(k);
    peer = connect_as(k, k->host, 0);
    k->lie = RECORD_OTHER_ID;
    assert_int_equal(decrypt(k, k->host, peer, "a", ciphertext), 0);
    assert_int_equal(k->host->refusal.code, KC_REFUSAL_NOT_AWAITED);
    k->lie = HONEST;
    answer_fetch(k, k->host, &peer->ask);
    service_settle(k->host);
    assert_int_equal(service_answers(peer, 200), 1);
}

/* What became of a change, told untruly: a key is made once, or it is not, and an answer says
 * which. */
static void test_lies_about_changes(void **state)
{
    static const struct {
        enum lie lie;
        bool made;  /* whether the answer says that it is */
        bool waits; /* there is no answer at all */
    } rows[] = {
        {STORED_CONFLICT, true, false}, {STORED_FAILED, true, false}, {STORED_NOTHING, true, false},
        {STORED_FULL, false, false},    {STORED_OTHER, false, true},
    };
    struct kms *k = *state;
    char path[64];
    char ciphertext[256];
    init(k);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        snprintf(path, sizeof path, "/v1/transit/keys/k%zu", i);
        struct service_peer *peer = connect_as(k, k->host, (unsigned)i + 1);
        k->lie = rows[i].lie;
        unsigned status = ask(k, k->host, peer, "POST", path, "");
        k->lie = HONEST;
        if ((status / 100 == 2) != rows[i].made || (status == 0) != rows[i].waits)
            fail_msg("row %zu: %u, %s", i, status, service_text(peer));
        if (rows[i].waits)
            continue;
        /* Honest again: the key works, if it was said to be there and is; another can be made. */
        if (rows[i].made && rows[i].lie != STORED_NOTHING) {
            encrypt(k, k->host, peer, path + strlen("/v1/transit/keys/"), ciphertext,
                    sizeof ciphertext);
            assert_int_equal(
                decrypt(k, k->host, peer, path + strlen("/v1/transit/keys/"), ciphertext), 200);
        }
        snprintf(path, sizeof path, "/v1/transit/keys/again%zu", i);
        assert_true(ask(k, k->host, peer, "POST", path, "") / 100 == 2);
    }
}

/* Names out of their order are no list. */
static void test_lies_about_lists(void **state)
{
    struct kms *k = *state;
    init(k);
    struct service_peer *peer = connect_as(k, k->host, 1);
    assert_true(ask(k, k->host, peer, "POST", "/v1/transit/keys/a", "") / 100 == 2);
    k->lie = IDS_DESCENDING;
    assert_true(ask(k, k->host, peer, "POST", "/v1/transit/keys/b", "") / 100 == 2);
    assert_true(ask(k, k->host, peer, "LIST", "/v1/transit/keys", "") >= 500);
    assert_true((k->logs & 1u << KC_LOG_STORE_LIED) != 0);
    k->lie = HONEST;
    assert_int_equal(ask(k, k->host, peer, "LIST", "/v1/transit/keys", ""), 200);
}

/* --- two workers --- */

struct worker {
    struct kms *k;
    unsigned place;
    unsigned good;
};

static void *hammer(void *context)
{
    struct worker *w = context;
    struct service_host *host = host_of(w->k);
    char key[16];
    char path[64];
    char ciphertext[256];
    snprintf(key, sizeof key, "t%u", w->place);
    snprintf(path, sizeof path, "/v1/transit/keys/%s", key);
    for (unsigned i = 0; i < 10; i++) {
        struct service_peer *peer = connect_as(w->k, host, w->place);
        (void)ask(w->k, host, peer, "POST", path, "");
        (void)ask(w->k, host, peer, "POST", "/v1/transit/keys/shared", "");
        for (unsigned n = 0; n < 20; n++) {
            const char *name = n % 2 == 0 ? key : "shared";
            encrypt(w->k, host, peer, name, ciphertext, sizeof ciphertext);
            w->good += decrypt(w->k, host, peer, name, ciphertext) == 200;
        }
        service_say_conn(host, KC_MESSAGE_CLOSE, peer->conn);
        peer->hung_up = true;
        service_run(host);
    }
    service_host_free(host);
    return NULL;
}

static void test_two_workers(void **state)
{
    struct kms *k = *state;
    struct worker worker[2];
    pthread_t thread[2];
    init(k);
    for (unsigned i = 0; i < 2; i++) {
        worker[i] = (struct worker){.k = k, .place = i + 1};
        assert_int_equal(pthread_create(&thread[i], NULL, hammer, &worker[i]), 0);
    }
    for (unsigned i = 0; i < 2; i++) {
        pthread_join(thread[i], NULL);
        assert_int_equal(worker[i].good, 200);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_life, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lies_about_records, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lies_about_changes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lies_about_lists, setup, teardown),
        cmocka_unit_test_setup_teardown(test_two_workers, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
