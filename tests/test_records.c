/* The table of records: a bounded cache that never lets a record go back. */
#include "root_sim.h"

#include <pthread.h>

#include "core/records.h"
#include "core/siphash.h"

static struct kc_record_id numbered(unsigned n)
{
    char name[16];
    snprintf(name, sizeof name, "r%u", n);
    return test_id(KC_RECORD_KEY, name);
}

static struct kc_record *make(const struct kc_record_id *id, uint64_t version, uint8_t by,
                              size_t len)
{
    static const uint8_t body[KC_RECORD_BODY_MAX];
    uint8_t batch[KC_BATCH_ID_SIZE] = {by};
    struct kc_record *record = kc_record_new(id, version, batch, kc_bytes_of(body, len));
    assert_non_null(record);
    return record;
}

static enum kc_err put(struct kc_records *records, const struct kc_record_id *id, uint64_t version,
                       uint8_t by)
{
    struct kc_record *record = make(id, version, by, 8);
    enum kc_err err = kc_records_put(records, record);
    kc_record_release(record);
    return err;
}

static uint64_t found(struct kc_records *records, const struct kc_record_id *id)
{
    const struct kc_record *record = kc_records_find(records, id);
    uint64_t version = record == NULL ? 0 : record->version;
    kc_record_release(record);
    return version;
}

static struct kc_records *table(void)
{
    struct kc_records *records = NULL;
    assert_int_equal(kc_records_new(&records), KC_OK);
    return records;
}

/* Two ids of one hash: nobody can find them, so the record is given another id where it lies. */
static void test_same_hash(void **unused)
{
    (void)unused;
    static const struct kc_record_id token = {KC_RECORD_TOKEN, 1, "t"};
    static const struct kc_record_id key = {KC_RECORD_KEY, 1, "k"};
    struct kc_records *records = table();
    struct kc_record *record = make(&token, 1, 1, 8);
    assert_int_equal(kc_records_put(records, record), KC_OK);
    assert_int_equal(found(records, &token), 1);
    record->id = key;
    assert_int_equal(found(records, &token), 0);
    kc_record_release(record);
    kc_records_free(records);
}

static void test_never_back(void **unused)
{
    (void)unused;
    static const struct {
        uint64_t version;
        uint8_t by;
        bool drop; /* before */
        enum kc_err want;
        uint64_t then; /* found */
    } rows[] = {
        {3, 1, false, KC_OK, 3},        {3, 1, false, KC_OK, 3}, /* the same again */
        {2, 1, false, KC_ERR_STATE, 3}, {3, 2, false, KC_ERR_STATE, 3},
        {4, 2, false, KC_OK, 4},        {9, 1, false, KC_OK, 9}, /* others may have stored */
        {8, 1, true, KC_ERR_STATE, 0},  {9, 2, false, KC_ERR_STATE, 0},
        {9, 1, false, KC_OK, 9},        {10, 1, true, KC_OK, 10},
    };
    struct kc_records *records = table();
    struct kc_record_id id = numbered(0);
    uint8_t batch[KC_BATCH_ID_SIZE];
    assert_int_equal(found(records, &id), 0);
    assert_int_equal(kc_records_version(records, &id, batch), 0);
    kc_records_drop(records, &id);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].drop)
            kc_records_drop(records, &id);
        assert_int_equal(put(records, &id, rows[i].version, rows[i].by), rows[i].want);
        assert_int_equal(found(records, &id), rows[i].then);
    }
    assert_int_equal(kc_records_version(records, &id, batch), 10);
    assert_int_equal(batch[0], 1);
    kc_records_free(records);
}

/* Same name, other class: another record. */
static void test_classes(void **unused)
{
    (void)unused;
    struct kc_records *records = table();
    struct kc_record_id key = test_id(KC_RECORD_KEY, "x");
    struct kc_record_id token = test_id(KC_RECORD_TOKEN, "x");
    assert_int_equal(put(records, &key, 5, 1), KC_OK);
    assert_int_equal(found(records, &token), 0);
    assert_int_equal(put(records, &token, 1, 2), KC_OK);
    assert_int_equal(found(records, &key), 5);
    kc_records_free(records);
}

/* What the caller and the table hold apart. */
static void test_outlives_the_table(void **unused)
{
    (void)unused;
    struct kc_records *records = table();
    struct kc_record_id id = numbered(1);
    assert_int_equal(put(records, &id, 1, 1), KC_OK);
    const struct kc_record *record = kc_records_find(records, &id);
    kc_records_free(records);
    assert_int_equal(record->version, 1);
    kc_record_release(record);
}

static void test_bounded(void **unused)
{
    (void)unused;
    static const struct {
        unsigned count;
        size_t body;
        unsigned min, max; /* found afterwards */
    } rows[] = {
        {1000, 8, 1000, 1000},
        {3 * KC_RECORDS_MAX, 8, KC_RECORDS_MAX, KC_RECORDS_MAX},
        {2 * KC_RECORDS_BYTES_MAX / KC_RECORD_BODY_MAX, KC_RECORD_BODY_MAX,
         KC_RECORDS_BYTES_MAX / KC_RECORD_BODY_MAX - KC_RECORDS_SHARDS,
         KC_RECORDS_BYTES_MAX / KC_RECORD_BODY_MAX},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kc_records *records = table();
        struct kc_record_id used = numbered(0);
        unsigned count = 0;
        for (unsigned n = 0; n < rows[i].count; n++) {
            struct kc_record_id id = numbered(n);
            struct kc_record *record = make(&id, 2, 1, rows[i].body);
            assert_int_equal(kc_records_put(records, record), KC_OK);
            kc_record_release(record);
            assert_int_equal(found(records, &used), 2); /* the one used last stays */
        }
        for (unsigned n = 0; n < rows[i].count; n++) {
            struct kc_record_id id = numbered(n);
            count += found(records, &id) != 0;
            assert_int_equal(put(records, &id, 1, 1), KC_ERR_STATE); /* gone or not */
        }
        assert_in_range(count, rows[i].min, rows[i].max);
        kc_records_free(records);
    }
}

/* Of more records than it remembers, the oldest are forgotten; the newest never. */
static void test_memory_is_bounded(void **unused)
{
    (void)unused;
    enum { COUNT = 2 * KC_RECORDS_REMEMBERED_MAX };
    struct kc_records *records = table();
    unsigned remembered = 0;
    for (unsigned n = 0; n < COUNT; n++) {
        struct kc_record_id id = numbered(n);
        assert_int_equal(put(records, &id, 2, 1), KC_OK);
    }
    for (unsigned n = 0; n < COUNT; n++) {
        struct kc_record_id id = numbered(n);
        bool known = kc_records_version(records, &id, NULL) == 2;
        remembered += known;
        if (n < KC_RECORDS_REMEMBERED_MAX / 2)
            assert_false(known);
        if (n >= COUNT - KC_RECORDS_REMEMBERED_MAX / 2)
            assert_true(known);
    }
    assert_int_equal(remembered, KC_RECORDS_REMEMBERED_MAX);
    kc_records_free(records);
}

enum { THREADS = 4, ROUNDS = 20000, NAMES = 8 };

struct worker {
    struct kc_records *records;
    pthread_t thread;
    uint8_t number;
    bool went_back;
};

/* Puts what is next to what it sees, drops now and then; what it sees never gets older. */
static void *work(void *argument)
{
    struct worker *self = argument;
    uint64_t seen[NAMES] = {0};
    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned n = (i + self->number) % NAMES;
        struct kc_record_id id = numbered(n);
        const struct kc_record *record = kc_records_find(self->records, &id);
        uint64_t version =
            record == NULL ? kc_records_version(self->records, &id, NULL) : record->version;
        kc_record_release(record);
        self->went_back = self->went_back || version < seen[n];
        seen[n] = version;
        if (i % 64 == 0)
            kc_records_drop(self->records, &id);
        else if (put(self->records, &id, version + 1, self->number) == KC_OK)
            seen[n] = version + 1;
    }
    return NULL;
}

static void test_threads(void **unused)
{
    (void)unused;
    struct worker worker[THREADS];
    struct kc_records *records = table();
    for (uint8_t i = 0; i < THREADS; i++) {
        worker[i] = (struct worker){.records = records, .number = (uint8_t)(i + 1)};
        assert_int_equal(pthread_create(&worker[i].thread, NULL, work, &worker[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(worker[i].thread, NULL);
        assert_false(worker[i].went_back);
    }
    kc_records_free(records);
}

/* The reference's vectors: key 0, 1, 2 ..., input 0, 1, 2 ... */
static void test_siphash(void **unused)
{
    (void)unused;
    static const struct {
        size_t len;
        uint64_t want;
    } rows[] = {
        {0, UINT64_C(0x726fdb47dd0e0e31)}, {1, UINT64_C(0x74f839c593dc67fd)},
        {2, UINT64_C(0x0d6c8009d9a94f5a)}, {7, UINT64_C(0xab0200f58b01d137)},
        {8, UINT64_C(0x93f5f5799a932462)}, {15, UINT64_C(0xa129ca6149be45e5)},
    };
    uint8_t bytes[16];
    for (uint8_t i = 0; i < 16; i++)
        bytes[i] = i;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_true(kc_siphash(bytes, kc_bytes_of(bytes, rows[i].len)) == rows[i].want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_never_back), cmocka_unit_test(test_same_hash),
        cmocka_unit_test(test_classes),    cmocka_unit_test(test_outlives_the_table),
        cmocka_unit_test(test_bounded),    cmocka_unit_test(test_memory_is_bounded),
        cmocka_unit_test(test_threads),    cmocka_unit_test(test_siphash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
