/*
 * Records: sealing and opening, against AES-256-GCM alone with the same context; the table of
 * records with one thread and with two.
 */
#include "bench.h"

#include <pthread.h>
#include <string.h>

#include "core/cipher.h"
#include "core/record.h"
#include "core/records.h"
#include "core/root_seal.h"

#define BODY  100 /* bytes: as of a key */
#define NAMES 1024

struct bench {
    struct kc_root *root;
    struct kc_record *record;
    uint8_t blob[KC_RECORD_BLOB_MAX];
    size_t len;
    struct kc_records *records;
    struct kc_record_id id[NAMES];
};

static void seal(struct bench *b)
{
    must(kc_record_seal(b->root, b->record, (struct kc_room){b->blob, sizeof b->blob}, &b->len) ==
             KC_OK,
         "seal");
}

static void open_again(struct bench *b)
{
    struct kc_record *record = NULL;
    must(kc_record_open(b->root, &b->record->id, kc_bytes_of(b->blob, b->len), &record) == KC_OK,
         "open");
    kc_record_release(record);
}

static void encrypt(struct bench *b)
{
    uint8_t message[KC_CIPHER_OVERHEAD + BODY] = {0};
    struct evp_cipher_ctx_st *context = kc_cipher_begin(b->root->cipher, b->root->key);
    must(context != NULL && kc_cipher_seal(context, kc_bytes_of(b->blob, 60),
                                           (struct kc_room){message, sizeof message}) == KC_OK,
         "encrypt");
    kc_cipher_end(b->root->cipher, context);
}

static void derive(struct bench *b)
{
    uint8_t key[32];
    must(kc_root_derive(b->root, "record", &b->record->id, key) == KC_OK, "derive");
}

static void find(struct bench *b)
{
    for (size_t i = 0; i < NAMES; i++) {
        const struct kc_record *record = kc_records_find(b->records, &b->id[i]);
        must(record != NULL, "find");
        kc_record_release(record);
    }
}

struct finder {
    struct bench *b;
    pthread_t thread;
    double rate;
};

static void *find_on(void *argument)
{
    struct finder *self = argument;
    self->rate = rate(self->b, find) * NAMES;
    return NULL;
}

/* By `threads` at a time. */
static double find_rate(struct bench *b, size_t threads)
{
    struct finder finder[2] = {{.b = b}, {.b = b}};
    double sum = 0;
    for (size_t i = 0; i < threads; i++)
        must(pthread_create(&finder[i].thread, NULL, find_on, &finder[i]) == 0, "thread");
    for (size_t i = 0; i < threads; i++) {
        must(pthread_join(finder[i].thread, NULL) == 0, "join");
        sum += finder[i].rate;
    }
    return sum;
}

static void prepare(struct bench *b)
{
    static const uint8_t body[BODY];
    static const uint8_t batch[KC_BATCH_ID_SIZE];
    b->root = kc_root_blank();
    must(b->root != NULL && kc_records_new(&b->records) == KC_OK, "memory");
    for (unsigned i = 0; i < NAMES; i++) {
        char name[16];
        snprintf(name, sizeof name, "key-%u", i);
        must(kc_record_id_make(KC_RECORD_KEY, kc_bytes_of(name, strlen(name)), &b->id[i]), "name");
        kc_record_release(b->record);
        b->record = kc_record_new(&b->id[i], 1, batch, kc_bytes_of(body, sizeof body));
        must(b->record != NULL && kc_records_put(b->records, b->record) == KC_OK, "put");
    }
}

int main(void)
{
    static struct bench b;
    double value[6][ROUNDS];
    prepare(&b);
    for (size_t i = 0; i < ROUNDS; i++) {
        value[0][i] = rate(&b, seal);
        value[1][i] = rate(&b, open_again);
        value[2][i] = rate(&b, encrypt);
        value[3][i] = rate(&b, derive);
        value[4][i] = find_rate(&b, 1);
        value[5][i] = find_rate(&b, 2);
    }
    static const char *const names[] = {"record seal",     "record open", "AES-256-GCM alone",
                                        "key of a record", "find",        "find, two threads"};
    for (size_t i = 0; i < 6; i++)
        printf("%-20s %12.0f/s\n", names[i], median(value[i]));
    printf("find, two threads against one: %.2f\n", median(value[5]) / median(value[4]));
    kc_record_release(b.record);
    kc_records_free(b.records);
    kc_root_free(b.root);
    return 0;
}
