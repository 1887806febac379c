/* A simulated machine with a root made on it. */
#ifndef KC_TESTS_ROOT_SIM_H
#define KC_TESTS_ROOT_SIM_H

#include "platform_sim.h"
#include "test.h"

#include "core/root.h"

#define TEST_NOW 1700000000

static inline struct kc_root *test_root(struct test_machine *machine)
{
    struct kc_root *root = NULL;
    test_machine_init(machine);
    assert_int_equal(kc_root_make(&machine->platform, KC_SEAL_MRENCLAVE, TEST_NOW, &root), KC_OK);
    return root;
}

static inline struct kc_record_id test_id(uint8_t class, const char *name)
{
    struct kc_record_id id;
    assert_true(kc_record_id_make(class, kc_bytes_of_text(name), &id));
    return id;
}

#endif
