/* A root sealed on an older platform is sealed anew, if the store plays along. */
#include "root_sim.h"

#include "core/root_seal.h"
#include "core/state.h"

struct resealing {
    struct test_machine machine;
    struct kc_core core;
    uint8_t out[8192];
    struct kc_writer w;
    struct kc_effect store;
    struct kc_store_write write;
};

static void resealing_begin(struct resealing *r)
{
    struct kc_frame_message frame;
    memset(r, 0, sizeof *r);
    r->core.root = test_root(&r->machine);
    r->core.platform = &r->machine.platform;
    pthread_mutex_init(&r->core.lock, NULL);
    r->machine.processor.cpu_svn[0]++;
    r->w = kc_writer_of((struct kc_room){r->out, sizeof r->out});
    kc_root_reseal(&r->core, &r->w);
    struct kc_reader reader = kc_reader_of(kc_writer_written(&r->w));
    assert_true(kc_frame_next(&reader, &frame));
    assert_int_equal(kc_effect_decode(&frame, &r->store), KC_OK);
    assert_int_equal(r->store.type, KC_EFFECT_STORE);
    assert_int_equal(r->store.conn, 0);
    struct kc_reader list = kc_reader_of(r->store.body);
    assert_true(kc_store_write_next(&list, &r->write));
    assert_int_equal(list.left, 0);
}

static void resealing_end(struct resealing *r)
{
    kc_root_free(r->core.root);
    pthread_mutex_destroy(&r->core.lock);
}

static enum kc_refusal stored(struct resealing *r, uint32_t code)
{
    struct kc_message message = {.type = KC_MESSAGE_STORED, .code = code};
    memcpy(message.batch, r->store.batch, sizeof message.batch);
    return kc_root_stored(&r->core, &message, &r->w);
}

static void test_reseal(void **unused)
{
    (void)unused;
    static const struct {
        uint32_t code;
        enum kc_refusal want;
        uint64_t version; /* afterwards */
    } rows[] = {
        {KC_STORED_OK, KC_REFUSAL_NONE, 2},          {KC_STORED_CONFLICT, KC_REFUSAL_NONE, 1},
        {KC_STORED_FAILED, KC_REFUSAL_NONE, 1},      {KC_STORED_FULL, KC_REFUSAL_NONE, 1},
        {KC_STORED_FULL + 1, KC_REFUSAL_PAYLOAD, 1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct resealing r;
        struct kc_root *root = NULL;
        bool current = false;
        resealing_begin(&r);
        assert_int_equal(r.write.id.class, KC_RECORD_ROOT);
        assert_int_equal(r.write.replaces, 1);
        assert_int_equal(kc_root_open(&r.machine.platform, r.write.blob, &root, &current), KC_OK);
        assert_true(current);
        assert_int_equal(root->version, 2);
        kc_root_free(root);
        assert_int_equal(stored(&r, rows[i].code), rows[i].want);
        assert_int_equal(r.core.root->version, rows[i].version);
        if (rows[i].want == KC_REFUSAL_NONE)
            assert_int_equal(stored(&r, KC_STORED_OK), KC_REFUSAL_NOT_AWAITED);
        assert_int_equal(r.core.root->version, rows[i].version);
        resealing_end(&r);
    }
}

static void test_reseal_other_batch(void **unused)
{
    (void)unused;
    struct resealing r;
    resealing_begin(&r);
    r.store.batch[0] ^= 1;
    assert_int_equal(stored(&r, KC_STORED_OK), KC_REFUSAL_NOT_AWAITED);
    r.store.batch[0] ^= 1;
    assert_int_equal(stored(&r, KC_STORED_OK), KC_REFUSAL_NONE);
    kc_root_free(r.core.root);
    r.core.root = NULL;
    assert_int_equal(stored(&r, KC_STORED_OK), KC_REFUSAL_NOT_AWAITED);
    resealing_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reseal),
        cmocka_unit_test(test_reseal_other_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
