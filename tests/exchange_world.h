/*
 * A core and a store in memory, for the tests of the exchange. Quotes and certificates are
 * stand-ins that count.
 */
#ifndef KC_TESTS_EXCHANGE_WORLD_H
#define KC_TESTS_EXCHANGE_WORLD_H

#include "root_sim.h"

#include "core/certificates.h"
#include "core/quotes.h"
#include "core/record.h"
#include "core/records.h"
#include "core/route.h"
#include "core/state.h"
#include "core/token.h"

#define HOST_CONN     UINT64_C(0x10003)
#define HOST_IDS      8
#define HOST_VERSIONS 12
#define HOST_EFFECTS  16

/* What the host does in place of what it should. */
enum lie {
    HONEST,
    /* RECORD */
    FLIPPED,
    SWAPPED, /* another record's blob */
    OLDER,   /* the version before */
    ABSENT,
    UNREAD, /* the store does not answer */
    /* STORED */
    CONFLICT_NOT_STORED,
    CONFLICT_STORED,
    FAILED_NOT_STORED,
    FAILED_STORED,
    FAILED_UNREAD, /* and cannot be read afterwards */
    FULL,
    OK_NOT_STORED,
};

struct host_record {
    struct kc_record_id id;
    unsigned count; /* versions: the last is the one that it has */
    uint8_t blob[HOST_VERSIONS][512];
    size_t len[HOST_VERSIONS];
};

struct quotes {
    enum kc_err begin;
    enum kc_quote_state state;
    unsigned begun, abandoned;
    enum kc_quote_for purpose;
};

struct world {
    struct test_machine machine;
    struct kc_core core;
    struct kc_root *root; /* the same, or one that is not yet the core's */
    char token[KC_TOKEN_LEN + 1];
    struct host_record store[HOST_IDS];
    enum lie lie;
    unsigned lies; /* how often; then it is honest */
    uint64_t quoted_at;
    struct quotes quotes;
    unsigned renewed;
    uint8_t out[KC_EXCHANGE_EFFECTS_MAX];
    struct kc_writer effects;
    size_t count;
    struct kc_effect effect[HOST_EFFECTS];
    unsigned fetched, stored, scanned; /* effects of each kind so far */
    uint32_t logged;                   /* the last code */
    struct kc_effect store_effect;     /* the last STORE, and its list */
    uint8_t list[KC_STORE_MAX];
};

static struct world *world; /* of the test that runs: the stand-ins have no other way to it */

enum kc_err kc_quotes_begin(struct kc_core *core, enum kc_quote_for purpose, uint64_t conn,
                            struct kc_bytes claims, struct kc_writer *effects, uint64_t *id)
{
    (void)core, (void)claims, (void)effects;
    assert_true(conn == HOST_CONN);
    if (world->quotes.begin != KC_OK)
        return world->quotes.begin;
    world->quotes.begun++;
    world->quotes.purpose = purpose;
    *id = KC_REQUEST_ID_OWN | 5;
    return KC_OK;
}

enum kc_quote_state kc_quotes_poll(struct kc_core *core, uint64_t id, struct kc_room *quote,
                                   enum kc_failure *failure)
{
    (void)core;
    assert_true(id == (KC_REQUEST_ID_OWN | 5));
    if (world->quotes.state == KC_QUOTE_MADE) {
        *quote = (struct kc_room){malloc(5), 5};
        memcpy(quote->ptr, "quote", 5);
    }
    *failure = world->quotes.state == KC_QUOTE_FAILED ? KC_FAILURE_QUOTE : KC_FAILURE_NONE;
    return world->quotes.state;
}

void kc_quotes_abandon(struct kc_core *core, uint64_t id)
{
    (void)core, (void)id;
    world->quotes.abandoned++;
}

void kc_certificates_renew(struct kc_core *core, struct kc_writer *effects)
{
    (void)core, (void)effects;
    world->renewed++;
}

static inline struct host_record *host_find(const struct kc_record_id *id)
{
    size_t i = 0;
    while (world->store[i].count > 0 && !kc_record_id_equal(&world->store[i].id, id))
        assert_true(++i < HOST_IDS);
    world->store[i].id = *id;
    return &world->store[i];
}

static inline void host_keep(const struct kc_record_id *id, struct kc_bytes blob)
{
    struct host_record *record = host_find(id);
    assert_true(record->count < HOST_VERSIONS);
    if (id->class != KC_RECORD_ROOT) {
        assert_true(blob.len <= sizeof record->blob[0]);
        memcpy(record->blob[record->count], blob.ptr, blob.len);
    }
    record->len[record->count++] = blob.len;
}

/* As if another server had written it. */
static inline void host_write(uint8_t class, const char *name, uint64_t version, const char *body)
{
    static const uint8_t batch[KC_BATCH_ID_SIZE] = "of another one";
    struct kc_record_id id = test_id(class, name);
    uint8_t blob[KC_RECORD_BLOB_MAX];
    size_t len = 0;
    struct kc_record *record = kc_record_new(&id, version, batch, kc_bytes_of_text(body));
    assert_int_equal(kc_record_seal(world->root, record, (struct kc_room){blob, sizeof blob}, &len),
                     KC_OK);
    host_keep(&id, kc_bytes_of(blob, len));
    kc_record_release(record);
}

static inline void world_new(bool initialised)
{
    struct kc_record_id id;
    world = calloc(1, sizeof *world);
    world->root = test_root(&world->machine);
    world->core.platform = &world->machine.platform;
    world->core.now = TEST_NOW;
    /* Never looked into: the stand-in above is all that is called. */
    world->core.certificates = (struct kc_certificates *)&world->machine;
    pthread_mutex_init(&world->core.lock, NULL);
    assert_int_equal(kc_records_new(&world->core.records), KC_OK);
    assert_int_equal(kc_token_make(world->token), KC_OK);
    assert_int_equal(kc_token_id(kc_bytes_of_text(world->token), &id), KC_OK);
    if (!initialised)
        return;
    world->core.root = world->root;
    host_write(KC_RECORD_TOKEN, id.name, 1, "token");
    host_write(KC_RECORD_KEY, "orders", 1, "first");
}

static inline void world_free(void)
{
    if (world->core.root != world->root)
        kc_root_free(world->core.root);
    kc_root_free(world->root);
    kc_records_free(world->core.records);
    pthread_mutex_destroy(&world->core.lock);
    free(world);
    world = NULL;
}

/* Empties the memory, not the knowledge of versions. */
static inline void world_drop(const char *name)
{
    struct kc_record_id id = test_id(KC_RECORD_KEY, name);
    kc_records_drop(world->core.records, &id);
}

static inline struct kc_exchange exchange(const char *path, const char *token)
{
    return (struct kc_exchange){.core = &world->core,
                                .conn = HOST_CONN,
                                .method = KC_HTTP_POST,
                                .path = kc_bytes_of_text(path),
                                .token = kc_bytes_of_text(token),
                                .quoted_at = &world->quoted_at};
}

#endif
