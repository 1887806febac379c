/* Calls that no honest loader makes: each is refused, and the next honest one is served. */
#include "probe/enclave_test.h"

#include <sys/mman.h>

#define FRAME_MAX ((uint64_t)1024 * 1024)
#define MARK      0x5ec4e7a11cu /* the upper 40 bits of a word */

enum place {
    HOST,   /* `offset` from honest memory */
    INSIDE, /* `offset` from ELRANGE */
    BEHIND, /* `offset` from the end of ELRANGE */
    PLAIN,  /* `offset` itself */
};

struct pointer {
    enum place place;
    int64_t offset;
    uint64_t len;
};

static uint64_t memory[2 * 1024 * 1024 / 8];
static uint64_t answer_memory[2 * 1024 * 1024 / 8];

static uint64_t resolve(const struct kc_emulator *e, const struct pointer *p, const uint64_t *host)
{
    switch (p->place) {
    case HOST:
        return (uint64_t)host + (uint64_t)p->offset;
    case INSIDE:
        return (uint64_t)e->base + (uint64_t)p->offset;
    case BEHIND:
        return (uint64_t)e->base + e->image.size + (uint64_t)p->offset;
    default:
        return (uint64_t)p->offset;
    }
}

static const struct {
    const char *name;
    struct pointer in;
    struct pointer out;
    uint64_t want;
} cases[] = {
    {"honest", {HOST, 0, 9}, {HOST, 0, 4096}, KC_IMAGE_CALL_DONE},
    {"largest frames", {HOST, 0, FRAME_MAX}, {HOST, 0, FRAME_MAX}, KC_IMAGE_CALL_DONE},
    {"no room", {HOST, 0, 9}, {HOST, 0, 0}, KC_IMAGE_CALL_ROOM},
    {"no input", {HOST, 0, 0}, {HOST, 0, 4096}, KC_IMAGE_CALL_REFUSED},

    {"in: first page", {INSIDE, 0, 9}, {HOST, 0, 4096}, KC_IMAGE_CALL_REFUSED},
    {"in: heap", {INSIDE, 0x400000, 9}, {HOST, 0, 4096}, KC_IMAGE_CALL_REFUSED},
    {"in: last word", {BEHIND, -8, 8}, {HOST, 0, 4096}, KC_IMAGE_CALL_REFUSED},
    {"in: straddles the start", {INSIDE, -8, 16}, {HOST, 0, 4096}, KC_IMAGE_CALL_REFUSED},
    {"in: one byte over the start", {INSIDE, -8, 9}, {HOST, 0, 4096}, KC_IMAGE_CALL_REFUSED},
    {"in: straddles the end", {BEHIND, -16, 64}, {HOST, 0, 4096}, KC_IMAGE_CALL_REFUSED},
    {"in: wraps", {PLAIN, -8, 64}, {HOST, 0, 4096}, KC_IMAGE_CALL_REFUSED},
    {"in: unaligned", {HOST, 1, 8}, {HOST, 0, 4096}, KC_IMAGE_CALL_REFUSED},
    {"in: unaligned, empty", {HOST, 4, 0}, {HOST, 0, 4096}, KC_IMAGE_CALL_REFUSED},
    {"in: over the limit", {HOST, 0, FRAME_MAX + 1}, {HOST, 0, 4096}, KC_IMAGE_CALL_REFUSED},
    {"in: huge", {HOST, 0, (uint64_t)1 << 40}, {HOST, 0, 4096}, KC_IMAGE_CALL_REFUSED},
    {"in: as huge as can be", {HOST, 0, UINT64_MAX}, {HOST, 0, 4096}, KC_IMAGE_CALL_REFUSED},
    {"in: huge, rounds up to 0", {HOST, 0, UINT64_MAX - 6}, {HOST, 0, 8}, KC_IMAGE_CALL_REFUSED},

    {"out: first page", {HOST, 0, 9}, {INSIDE, 0, 4096}, KC_IMAGE_CALL_REFUSED},
    {"out: heap", {HOST, 0, 9}, {INSIDE, 0x400000, 4096}, KC_IMAGE_CALL_REFUSED},
    {"out: inside, no room", {HOST, 0, 9}, {INSIDE, 0x400000, 0}, KC_IMAGE_CALL_REFUSED},
    {"out: last word", {HOST, 0, 9}, {BEHIND, -8, 8}, KC_IMAGE_CALL_REFUSED},
    {"out: straddles the start", {HOST, 0, 9}, {INSIDE, -4088, 4096}, KC_IMAGE_CALL_REFUSED},
    {"out: straddles the end", {HOST, 0, 9}, {BEHIND, -8, 4096}, KC_IMAGE_CALL_REFUSED},
    {"out: wraps", {HOST, 0, 9}, {PLAIN, -8, 4096}, KC_IMAGE_CALL_REFUSED},
    {"out: unaligned", {HOST, 0, 9}, {HOST, 2, 4096}, KC_IMAGE_CALL_REFUSED},
    {"out: odd room", {HOST, 0, 9}, {HOST, 0, 4095}, KC_IMAGE_CALL_REFUSED},
    {"out: over the limit", {HOST, 0, 9}, {HOST, 0, FRAME_MAX + 8}, KC_IMAGE_CALL_REFUSED},
    {"out: huge", {HOST, 0, 9}, {HOST, 0, UINT64_MAX - 7}, KC_IMAGE_CALL_REFUSED},
};

static void test_pointers(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    struct kc_emulator *e = probe_emulator(enclave);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        memset(memory, 0, sizeof(memory));
        memset(answer_memory, 0xee, sizeof(answer_memory));
        *(uint8_t *)memory = PROBE_ECHO;
        struct kc_image_call call = {
            .in = resolve(e, &cases[i].in, memory),
            .in_len = cases[i].in.len,
            .out = resolve(e, &cases[i].out, answer_memory),
            .out_cap = cases[i].out.len,
            .status = KC_IMAGE_CALL_UNANSWERED,
        };
        if (!kc_emulator_enter(e, i % e->image.tcs_count, (uint64_t)&call))
            fail_msg("%s: the enclave died", cases[i].name);
        if (call.status != cases[i].want)
            fail_msg("%s: status %llu", cases[i].name, (unsigned long long)call.status);
        uint64_t used = call.status == KC_IMAGE_CALL_DONE ? cases[i].in.len : 0;
        assert_int_equal(call.out_len, used);
        for (uint64_t k = (used + 7) / 8; k < sizeof(answer_memory) / 8; k++)
            assert_true(answer_memory[k] == 0xeeeeeeeeeeeeeeee);
    }
    kc_enclave_free(enclave);
}

/* The struct itself: where it may not be there is nowhere to answer to. */
static void test_struct(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    struct kc_emulator *e = probe_emulator(enclave);
    struct kc_image_call *page =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    page->status = KC_IMAGE_CALL_UNANSWERED;
    const uint64_t bad[] = {
        (uint64_t)e->base,
        (uint64_t)e->base + 0x400000,
        (uint64_t)e->base - 8,
        (uint64_t)e->base - sizeof(*page) + 8,
        (uint64_t)e->base + e->image.size - 8,
        (uint64_t)page + 1,
        (uint64_t)page + 4,
        UINT64_MAX - 7,
        UINT64_MAX - sizeof(*page) + 1,
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_true(kc_emulator_enter(e, 0, bad[i]));
    assert_int_equal(page->status, KC_IMAGE_CALL_UNANSWERED);
    assert_int_equal(probe_ask(&e->enclave, PROBE_VERIFY, 0, 0), 1);
    munmap(page, 4096);
    kc_enclave_free(enclave);
}

/* Lengths of every kind through the front door, unaligned memory included. */
static void test_echo(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    struct kc_emulator *e = probe_emulator(enclave);
    static const size_t lengths[] = {1,          7, 8, 9, 63, 64, 65, 4095, 65537, 1024 * 1024 - 1,
                                     1024 * 1024};
    uint8_t *in = (uint8_t *)memory + 3;
    uint8_t *out = (uint8_t *)answer_memory + 5;
    struct kc_error error = KC_ERROR_NONE;
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        size_t n = lengths[i];
        size_t len = 0;
        for (size_t k = 0; k < n; k++)
            in[k] = (uint8_t)(k * 31 + i);
        in[0] = PROBE_ECHO;
        memset(answer_memory, 0xee, sizeof(answer_memory));
        assert_int_equal(kc_enclave_call(&e->enclave, kc_bytes_of(in, n), (struct kc_room){out, n},
                                         &len, &error),
                         KC_OK);
        assert_int_equal(len, n);
        assert_memory_equal(in, out, n);
        assert_int_equal(out[n], 0xee);
        /* A byte less of room: refused as a whole, nothing written. */
        assert_int_equal(kc_enclave_call(&e->enclave, kc_bytes_of(in, n),
                                         (struct kc_room){out, n - 1}, &len, &error),
                         KC_ERR_ROOM);
        assert_int_equal(len, 0);
    }
    assert_int_equal(kc_enclave_call(&e->enclave, kc_bytes_of(in, 1024 * 1024 + 1),
                                     (struct kc_room){out, 8}, &(size_t){0}, &error),
                     KC_ERR_MALFORMED);
    in[0] = PROBE_REFUSE;
    assert_int_equal(kc_enclave_call(&e->enclave, kc_bytes_of(in, 8), (struct kc_room){out, 8},
                                     &(size_t){0}, &error),
                     KC_ERR_MALFORMED);
    kc_enclave_free(enclave);
}

/* Words of `memory`, which tell their place, in the enclave's writable pages. */
static size_t count_words(const struct kc_emulator *e)
{
    size_t count = 0;
    for (size_t i = 0; i < e->image.run_count; i++) {
        const struct kc_image_run *run = &e->image.run[i];
        const uint64_t *word = (const uint64_t *)(e->base + run->offset);
        if ((run->secinfo_flags & KC_SECINFO_W) == 0)
            continue;
        for (size_t k = 0; k < run->pages * KC_IMAGE_PAGE / 8; k++)
            count += (word[k] >> 24) == MARK;
    }
    return count;
}

static uint64_t send(struct kc_emulator *e, size_t tcs, enum probe_op op, uint64_t n, uint64_t room)
{
    struct kc_image_call call = {(uint64_t)memory,        n, (uint64_t)answer_memory, room, 0,
                                 KC_IMAGE_CALL_UNANSWERED};
    *(uint8_t *)memory = (uint8_t)op;
    assert_true(kc_emulator_enter(e, tcs, (uint64_t)&call));
    return call.status;
}

/* A call's buffers live on; its bytes do not, whether it was served, refused or had no room. */
static void test_nothing_remains(void **state)
{
    (void)state;
    static const uint64_t lengths[] = {16, 4096, 20000, 16384, 300000, 300001, FRAME_MAX, 24};
    struct kc_enclave *enclave = probe_load();
    struct kc_emulator *e = probe_emulator(enclave);
    for (size_t k = 0; k < sizeof(memory) / 8; k++)
        memory[k] = (uint64_t)MARK << 24 | k;
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        uint64_t n = lengths[i];
        uint64_t room = n < 4096 ? 4096 : (n + 7) / 8 * 8;
        assert_int_equal(send(e, 3, PROBE_ECHO, n, room), KC_IMAGE_CALL_DONE);
        assert_memory_equal(answer_memory, memory, n);
        assert_int_equal(send(e, 3, PROBE_ECHO, n, 8), KC_IMAGE_CALL_ROOM);
        assert_int_equal(send(e, 3, PROBE_REFUSE, n, room), KC_IMAGE_CALL_REFUSED);
        assert_int_equal(count_words(e), 0);
        assert_int_equal(send(e, 3, PROBE_SPILL, n, room), KC_IMAGE_CALL_FAILED);
        assert_int_equal(count_words(e), 0);
    }
    kc_enclave_free(enclave);
}

/* Rooms that grow and shrink take no memory beyond those of the largest call. */
static void test_buffers_live_on(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    struct kc_emulator *e = probe_emulator(enclave);
    uint64_t before = 0;
    uint64_t after = 0;
    for (uint64_t i = 0; i < 2000; i++) {
        uint64_t n = i * 7919 % FRAME_MAX + 1;
        assert_int_equal(send(e, 3, PROBE_ECHO, i == 0 ? FRAME_MAX : n, FRAME_MAX),
                         KC_IMAGE_CALL_DONE);
        if (i == 0) {
            assert_int_equal(send(e, 3, PROBE_HEAP_USED, 1, 4096), KC_IMAGE_CALL_DONE);
            before = answer_memory[0];
        }
    }
    assert_int_equal(send(e, 3, PROBE_HEAP_USED, 1, 4096), KC_IMAGE_CALL_DONE);
    after = answer_memory[0];
    assert_true(before >= 2 * FRAME_MAX);
    assert_int_equal(after, before);
    kc_enclave_free(enclave);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pointers),
        cmocka_unit_test(test_struct),
        cmocka_unit_test(test_echo),
        cmocka_unit_test(test_nothing_remains),
        cmocka_unit_test(test_buffers_live_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
