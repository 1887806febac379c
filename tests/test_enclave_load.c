/* Which images become enclaves: what EINIT would refuse, and what is no image. */
#include "probe/enclave_test.h"

#include <unistd.h>

#include "image/sigstruct.h"

static char image_path[] = "/tmp/keyclave-test-image-XXXXXX";
static char sig_path[] = "/tmp/keyclave-test-sig-XXXXXX";

static struct kc_room image;
static struct kc_room sig;
static struct kc_room key;

static void write_file(const char *path, const uint8_t *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static enum kc_err try(bool debug, struct kc_error *error)
{
    struct kc_enclave *enclave = NULL;
    enum kc_err err = probe_try(image_path, sig_path, debug, false, &enclave, error);
    if (err == KC_OK) {
        assert_int_equal(probe_ask(enclave, PROBE_SPIN, 1, 0), 1);
        kc_enclave_free(enclave);
    }
    return err;
}

/* A byte of each kind of page. */
static void test_changed_image(void **state)
{
    (void)state;
    struct kc_error error = KC_ERROR_NONE;
    write_file(sig_path, sig.ptr, sig.len);
    write_file(image_path, image.ptr, image.len);
    assert_int_equal(try(false, &error), KC_OK);
    static const size_t places[] = {0x1000 + 100, 0x200000, 0x260000, 0x2f0000};
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        image.ptr[places[i]] ^= 1;
        write_file(image_path, image.ptr, image.len);
        image.ptr[places[i]] ^= 1;
        enum kc_err err = try(false, &error);
        if (err != KC_ERR_REFUSED && err != KC_ERR_MALFORMED)
            fail_msg("offset %zu: %s", places[i], kc_error_name(err));
    }
    write_file(image_path, image.ptr, image.len / 2);
    assert_int_equal(try(false, &error), KC_ERR_MALFORMED);
    write_file(image_path, image.ptr, image.len);
}

/* Every byte of the SIGSTRUCT in steps; those that nothing covers may be changed (SWDEFINED is
 * covered, VENDOR too). */
static void test_changed_sigstruct(void **state)
{
    (void)state;
    struct kc_error error = KC_ERROR_NONE;
    for (size_t i = 0; i < sig.len; i += 31) {
        sig.ptr[i] ^= 0x10;
        write_file(sig_path, sig.ptr, sig.len);
        sig.ptr[i] ^= 0x10;
        enum kc_err err = try(false, &error);
        if (err != KC_ERR_REFUSED && err != KC_ERR_MALFORMED)
            fail_msg("byte %zu: %s", i, kc_error_name(err));
    }
    write_file(sig_path, sig.ptr, sig.len - 1);
    assert_int_equal(try(false, &error), KC_ERR_MALFORMED);
    write_file(sig_path, sig.ptr, sig.len);
}

static const struct {
    const char *name;
    uint64_t flags;
    uint64_t flags_mask;
    uint64_t xfrm;
    uint32_t misc_select;
    bool debug;
    enum kc_err want;
} attribute_cases[] = {
    {"as signed", 4, UINT64_MAX, 7, 0, false, KC_OK},
    {"DEBUG asked for, fixed to 0", 4, UINT64_MAX, 7, 0, true, KC_ERR_REFUSED},
    {"DEBUG free, not asked for", 4, ~2ull, 7, 0, false, KC_OK},
    {"DEBUG free, asked for", 4, ~2ull, 7, 0, true, KC_OK},
    {"DEBUG fixed to 1, not asked for", 6, UINT64_MAX, 7, 0, false, KC_ERR_REFUSED},
    {"DEBUG fixed to 1, asked for", 6, UINT64_MAX, 7, 0, true, KC_OK},
    {"provision key", 0x14, UINT64_MAX, 7, 0, false, KC_ERR_REFUSED},
    {"KSS", 0x84, UINT64_MAX, 7, 0, false, KC_ERR_REFUSED},
    {"not 64-bit", 0, UINT64_MAX, 7, 0, false, KC_ERR_REFUSED},
    {"XFRM with AVX-512", 4, UINT64_MAX, 0xe7, 0, false, KC_ERR_REFUSED},
    {"XFRM without AVX", 4, UINT64_MAX, 3, 0, false, KC_ERR_REFUSED},
    {"MISCSELECT", 4, UINT64_MAX, 7, 1, false, KC_ERR_REFUSED},
};

static void test_attributes(void **state)
{
    (void)state;
    struct kc_sigstruct base = {0};
    struct kc_error error = KC_ERROR_NONE;
    assert_int_equal(kc_sigstruct_decode(kc_bytes_of(sig.ptr, sig.len), &base, &error), KC_OK);
    for (size_t i = 0; i < COUNT_OF(attribute_cases); i++) {
        struct kc_sigstruct s = base;
        uint8_t bytes[KC_SIGSTRUCT_SIZE];
        s.attributes.flags = attribute_cases[i].flags;
        s.attribute_mask.flags = attribute_cases[i].flags_mask;
        s.attributes.xfrm = attribute_cases[i].xfrm;
        s.misc_select = attribute_cases[i].misc_select;
        assert_int_equal(kc_sigstruct_sign(&s, kc_bytes_of(key.ptr, key.len), bytes, &error),
                         KC_OK);
        write_file(sig_path, bytes, sizeof(bytes));
        enum kc_err err = try(attribute_cases[i].debug, &error);
        if (err != attribute_cases[i].want)
            fail_msg("%s: %s, %s", attribute_cases[i].name, kc_error_name(err), error.what);
    }
    write_file(sig_path, sig.ptr, sig.len);
}

static void test_identity(void **state)
{
    (void)state;
    struct kc_sigstruct s = {0};
    struct kc_error error = KC_ERROR_NONE;
    assert_int_equal(kc_sigstruct_decode(kc_bytes_of(sig.ptr, sig.len), &s, &error), KC_OK);
    struct kc_enclave *enclave = probe_load();
    const struct kc_enclave_identity *identity = kc_enclave_identity(enclave);
    assert_memory_equal(identity->mrenclave, s.mrenclave, 32);
    assert_memory_equal(identity->mrsigner, s.mrsigner, 32);
    assert_int_equal(identity->attributes.flags, KC_SGX_FLAG_INIT | KC_SGX_FLAG_MODE64BIT);
    assert_int_equal(identity->attributes.xfrm, 7);
    assert_int_equal(identity->isv_prod_id, 1);
    assert_int_equal(identity->isv_svn, 1);
    kc_enclave_free(enclave);
}

static void test_absent(void **state)
{
    (void)state;
    struct kc_enclave *enclave = NULL;
    struct kc_error error = KC_ERROR_NONE;
    assert_int_equal(probe_try("/nowhere", sig_path, false, false, &enclave, &error),
                     KC_ERR_ABSENT);
    assert_int_equal(probe_try(image_path, "/nowhere", false, false, &enclave, &error),
                     KC_ERR_ABSENT);
    assert_int_equal(probe_try("/", sig_path, false, false, &enclave, &error), KC_ERR_MALFORMED);
    assert_int_equal(probe_try("/dev/null", sig_path, false, false, &enclave, &error),
                     KC_ERR_MALFORMED);
}

static int setup(void **state)
{
    (void)state;
    close(mkstemp(image_path));
    close(mkstemp(sig_path));
    image.ptr = test_read_file(PROBE_IMAGE, &image.len);
    sig.ptr = test_read_file(PROBE_SIG, &sig.len);
    key.ptr = test_read_file(SOURCE_ROOT "/src/enclave/development.pem", &key.len);
    return image.ptr == NULL || sig.ptr == NULL || key.ptr == NULL;
}

static int teardown(void **state)
{
    (void)state;
    unlink(image_path);
    unlink(sig_path);
    free(image.ptr);
    free(sig.ptr);
    free(key.ptr);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changed_image), cmocka_unit_test(test_changed_sigstruct),
        cmocka_unit_test(test_attributes),    cmocka_unit_test(test_identity),
        cmocka_unit_test(test_absent),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
