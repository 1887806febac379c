/* The root of a service, sealed and opened by the image over EGETKEY, in trap mode. */
#include "probe/enclave_test.h"

#include "base/error.h"

#define SEALED_AT 36 /* in the answer of PROBE_ROOT_MAKE */

static struct kc_enclave *load_on(const struct kc_sim_processor *processor)
{
    const struct kc_emulator_options options = {.trap = true};
    struct kc_enclave *enclave = NULL;
    struct kc_error error = KC_ERROR_NONE;
    if (kc_emulator_load(PROBE_IMAGE, PROBE_SIG, processor, &options, &enclave, &error) != KC_OK)
        fail_msg("cannot load the probe: %s", error.what);
    return enclave;
}

/* The answer's length; its first 4 bytes are an enum kc_err, `*err`. */
static size_t ask(struct kc_enclave *enclave, enum probe_op op, struct kc_bytes bytes, uint8_t *out,
                  uint32_t *err)
{
    uint8_t in[4096] = {(uint8_t)op};
    size_t len = 0;
    assert_true(bytes.len < sizeof(in));
    if (bytes.len > 0)
        memcpy(in + 1, bytes.ptr, bytes.len);
    assert_int_equal(probe_call(enclave, kc_bytes_of(in, 1 + bytes.len), out, &len), KC_OK);
    assert_true(len >= 4);
    memcpy(err, out, 4);
    return len;
}

static void test_sealed_root(void **state)
{
    (void)state;
    static const uint8_t policies[] = {1, 2}; /* this image, this signer */
    struct kc_sim_processor other = *probe_processor();
    uint8_t made[4096];
    uint8_t opened[4096];
    uint32_t err = 0;
    struct kc_enclave *enclave = load_on(probe_processor());
    /* The development key signed it, which everybody has. */
    ask(enclave, PROBE_ROOT_MAKE, kc_bytes_of(&policies[1], 1), made, &err);
    assert_int_equal(err, KC_ERR_REFUSED);
    size_t len = ask(enclave, PROBE_ROOT_MAKE, kc_bytes_of(&policies[0], 1), made, &err);
    assert_int_equal(err, KC_OK);
    assert_true(len > SEALED_AT);
    struct kc_bytes sealed = kc_bytes_of(made + SEALED_AT, len - SEALED_AT);
    kc_enclave_free(enclave);

    enclave = load_on(probe_processor()); /* the same image started anew */
    assert_int_equal(ask(enclave, PROBE_ROOT_OPEN, sealed, opened, &err), 37);
    assert_int_equal(err, KC_OK);
    assert_memory_equal(opened + 4, made + 4, 32);
    assert_int_equal(opened[36], 1);
    for (size_t i = 0; i < sealed.len; i += i < 70 ? 1 : 37) {
        made[SEALED_AT + i] ^= 0x10;
        ask(enclave, PROBE_ROOT_OPEN, sealed, opened, &err);
        made[SEALED_AT + i] ^= 0x10;
        assert_int_equal(err, KC_ERR_REFUSED);
    }
    kc_enclave_free(enclave);

    other.fuse_secret[0] ^= 1;
    enclave = load_on(&other);
    ask(enclave, PROBE_ROOT_OPEN, sealed, opened, &err);
    assert_int_equal(err, KC_ERR_REFUSED);
    kc_enclave_free(enclave);
}

/* A processor with a newer CPUSVN opens what it sealed before, and says that it is not current. */
static void test_update_of_the_processor(void **state)
{
    (void)state;
    static const uint8_t this_image = 1;
    struct kc_sim_processor newer = *probe_processor();
    uint8_t made[4096];
    uint8_t opened[4096];
    uint32_t err = 0;
    struct kc_enclave *enclave = load_on(probe_processor());
    size_t len = ask(enclave, PROBE_ROOT_MAKE, kc_bytes_of(&this_image, 1), made, &err);
    assert_int_equal(err, KC_OK);
    kc_enclave_free(enclave);
    newer.cpu_svn[0]++;
    enclave = load_on(&newer);
    assert_int_equal(
        ask(enclave, PROBE_ROOT_OPEN, kc_bytes_of(made + SEALED_AT, len - SEALED_AT), opened, &err),
        37);
    assert_int_equal(err, KC_OK);
    assert_memory_equal(opened + 4, made + 4, 32);
    assert_int_equal(opened[36], 0);
    kc_enclave_free(enclave);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sealed_root),
        cmocka_unit_test(test_update_of_the_processor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
