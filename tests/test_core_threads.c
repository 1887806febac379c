/*
 * Many threads on one core, over few ids and fewer places, as a host with many TCS can have it.
 * Under ThreadSanitizer this is the proof that the core's state is guarded.
 */
#include "boundary.h"

#include <pthread.h>

enum { THREADS = 8, ROUNDS = 150, IDS = 5, PLACES = 3 };

struct worker {
    struct kc_core *core;
    uint64_t seed;
    uint8_t in[2048];
    uint8_t out[16384];
    struct kc_effect last;
    uint8_t key[KC_PUBLIC_KEY_SIZE]; /* of the first answer */
    size_t answers;
    const char *fault;
};

static uint64_t next(struct worker *w)
{
    w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
    return w->seed >> 33;
}

/* Says one message; the last effect stays in the worker. */
static void say(struct worker *w, const struct kc_message *message)
{
    struct kc_frame_message frame;
    size_t len = 0;
    struct kc_writer in = kc_writer_of((struct kc_room){w->in, sizeof w->in});
    kc_message_encode(&in, message);
    w->last = (struct kc_effect){0};
    if (kc_core_ecall(w->core, kc_writer_written(&in), (struct kc_room){w->out, sizeof w->out},
                      &len) != KC_OK)
        w->fault = "a frame was refused";
    struct kc_reader r = kc_reader_of(kc_bytes_of(w->out, len));
    while (kc_frame_next(&r, &frame)) {
        if (kc_effect_decode(&frame, &w->last) != KC_OK)
            w->fault = "an effect is malformed";
    }
}

/* All answers that anybody gets name one key. */
static void note_answer(struct worker *w, uint64_t id)
{
    if (w->last.id != id)
        w->fault = "an answer has another id";
    if (w->answers++ == 0)
        memcpy(w->key, w->last.key.ptr, sizeof w->key);
    else if (memcmp(w->key, w->last.key.ptr, sizeof w->key) != 0)
        w->fault = "two answers name two keys";
}

/* Answers QUOTE_WANTED: well, with another's report data, or that there is no key yet. */
static void hand_in_quote(struct worker *w, uint64_t id)
{
    uint8_t quote[TEST_QUOTE_SIZE];
    struct kc_message message = {.type = KC_MESSAGE_QUOTE, .id = id};
    uint64_t how = next(w) % 4;
    test_quote_of(w->last.body.ptr, quote);
    if (how == 0)
        message.code = 42;
    else
        message.body = kc_bytes_of(quote, sizeof quote);
    if (how == 1)
        quote[48 + 320] ^= 1;
    say(w, &message);
    if (w->last.type == KC_EFFECT_REPORT || w->last.type == KC_EFFECT_EVIDENCE) {
        note_answer(w, id);
        if (how < 2)
            w->fault = "an answer without its quote";
    }
}

static void *work(void *argument)
{
    struct worker *w = argument;
    for (size_t i = 0; i < ROUNDS && w->fault == NULL; i++) {
        uint64_t id = 1 + next(w) % IDS;
        struct kc_message message = {.type = KC_MESSAGE_GET_REPORT, .id = id};
        if (next(w) % 2 == 0)
            message = message_evidence(id, kc_oe_format_uuid(KC_OE_SGX_ECDSA));
        say(w, &message);
        message = (struct kc_message){.type = KC_MESSAGE_TICK, .now = 1700000000 + next(w) % 100};
        say(w, &message);
        message = message_target(id);
        say(w, &message);
        if (w->last.type == KC_EFFECT_QUOTE_WANTED)
            hand_in_quote(w, id);
    }
    return NULL;
}

/* Ends what is still parked. */
static void drain(struct boundary *b)
{
    for (uint64_t id = 1; id <= IDS; id++) {
        (void)boundary_say(b,
                           (struct kc_message){.type = KC_MESSAGE_TARGETINFO, .id = id, .code = 1});
        (void)boundary_say(b, (struct kc_message){.type = KC_MESSAGE_QUOTE, .id = id, .code = 1});
    }
}

static void test_threads(void **unused)
{
    (void)unused;
    static struct worker workers[THREADS];
    pthread_t threads[THREADS];
    size_t answers = 0;
    const struct worker *first = NULL; /* who got an answer at all */
    struct boundary *b = boundary_new();
    assert_int_equal(boundary_say(b, (struct kc_message){.type = KC_MESSAGE_START,
                                                         .version = KC_BOUNDARY_VERSION,
                                                         .requests_max = PLACES,
                                                         .now = 1700000000})
                         ->type,
                     KC_EFFECT_READY);
    for (size_t i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.core = b->core, .seed = i + 1};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < THREADS; i++) {
        if (workers[i].fault != NULL)
            fail_msg("thread %zu: %s", i, workers[i].fault);
        if (first == NULL && workers[i].answers > 0)
            first = &workers[i];
        if (workers[i].answers > 0)
            assert_memory_equal(workers[i].key, first->key, sizeof first->key);
        answers += workers[i].answers;
    }
    assert_true(answers > THREADS);

    /* No place is lost. */
    drain(b);
    for (uint64_t id = 1; id <= PLACES; id++)
        assert_int_equal(
            boundary_say(b, (struct kc_message){.type = KC_MESSAGE_GET_REPORT, .id = id})->type,
            KC_EFFECT_TARGET_WANTED);
    boundary_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
