/*
 * The whole service in the signed image, in trap mode: a system call, CPUID or RDTSC inside would
 * end this process. Arguments: image and SIGSTRUCT.
 */
#include "image_host.h"

#define NOW 1700000000

static const char *image_path;
static const char *sig_path;

static struct kc_enclave *load(const struct kc_sim_processor *processor)
{
    const struct kc_emulator_options options = {.trap = true};
    struct kc_enclave *enclave = NULL;
    struct kc_error error = KC_ERROR_NONE;
    if (kc_emulator_load(image_path, sig_path, processor, &options, &enclave, &error) != KC_OK)
        fail_msg("%s: %s", image_path, error.what);
    return enclave;
}

/* The certificate is made at START and again at half its life. */
static void test_certificate(void **state)
{
    (void)state;
    struct test_machine machine;
    struct image_host *h = calloc(1, sizeof(*h));
    test_machine_init(&machine);
    host_start(h, load(&machine.processor), NOW);
    assert_true(kc_bytes_are_zero(kc_bytes_of(h->kms_id, sizeof(h->kms_id))));
    h->serving = false;
    host_say(h, (struct kc_message){.type = KC_MESSAGE_TICK, .now = NOW + 1000});
    assert_false(h->serving);
    host_say(h, (struct kc_message){.type = KC_MESSAGE_TICK, .now = NOW + 2000});
    assert_true(h->serving);
    kc_enclave_free(h->enclave);
    free(h);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_certificate)};
    if (argc != 3) {
        fprintf(stderr, "usage: %s IMAGE SIGSTRUCT\n", argv[0]);
        return 2;
    }
    image_path = argv[1];
    sig_path = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
