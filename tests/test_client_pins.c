/* The file of pinned services: one text for one content, and what is refused. */
#include "client/pins.h"
#include "test.h"
#include "verify/chain.h"

#define ID   "1111111111111111111111111111111111111111111111111111111111111111"
#define CODE "2222222222222222222222222222222222222222222222222222222222222222"
#define ROOT ID CODE
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define GOOD "a:1 " ID " " CODE " intel UpToDate no-debug\n"

static const struct {
    const char *name;
    const char *file;
    uint64_t line; /* that is refused; 0: none */
} rows[] = {
    {"empty", "", 0},
    {"one", GOOD, 0},
    {"two", GOOD "[::1]:8200 " ID " " CODE " " ROOT " ignore debug\n", 0},
    {"statuses", "a:1 " ID " " CODE " intel UpToDate,SWHardeningNeeded,OutOfDate no-debug\n", 0},

    {"no LF", "a:1 " ID " " CODE " intel UpToDate no-debug", 1},
    {"CR", "a:1 " ID " " CODE " intel UpToDate no-debug\r\n", 1},
    {"empty line", GOOD "\n", 2},
    {"comment", "# " GOOD, 1},
    {"twice", GOOD GOOD, 2},
    {"no port", "a " ID " " CODE " intel UpToDate no-debug\n", 1},
    {"a scheme", "https://a:1 " ID " " CODE " intel UpToDate no-debug\n", 1},
    {"a slash", "a:1/ " ID " " CODE " intel UpToDate no-debug\n", 1},
    {"zeros", "a:1 " ZERO " " CODE " intel UpToDate no-debug\n", 1},
    {"upper case", "a:1 A" ID " " CODE " intel UpToDate no-debug\n", 1},
    {"short id", "a:1 11 " CODE " intel UpToDate no-debug\n", 1},
    {"upper-case digits",
     "a:1 " ID " AA22222222222222222222222222222222222222222222222222222222222222 intel UpToDate "
     "no-debug\n",
     1},
    {"two spaces", "a:1  " ID " " CODE " intel UpToDate no-debug\n", 1},
    {"other root", "a:1 " ID " " CODE " sim UpToDate no-debug\n", 1},
    {"short root", "a:1 " ID " " CODE " " ID " UpToDate no-debug\n", 1},
    {"no status", "a:1 " ID " " CODE " intel  no-debug\n", 1},
    {"revoked", "a:1 " ID " " CODE " intel Revoked no-debug\n", 1},
    {"unknown status", "a:1 " ID " " CODE " intel uptodate no-debug\n", 1},
    {"statuses out of order", "a:1 " ID " " CODE " intel OutOfDate,UpToDate no-debug\n", 1},
    {"a status twice", "a:1 " ID " " CODE " intel UpToDate,UpToDate no-debug\n", 1},
    {"comma at the end", "a:1 " ID " " CODE " intel UpToDate, no-debug\n", 1},
    {"no debug field", "a:1 " ID " " CODE " intel UpToDate\n", 1},
    {"more fields", "a:1 " ID " " CODE " intel UpToDate no-debug more\n", 1},
};

static void reads_one_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kc_client_pin pin;
        struct kc_error error = KC_ERROR_NONE;
        bool found = false;
        enum kc_err err =
            kc_client_pins_find(kc_bytes_of_text(rows[i].file), "a:1", &pin, &found, &error);
        if ((err == KC_OK) != (rows[i].line == 0) || error.at != rows[i].line ||
            (err == KC_OK && found != (rows[i].file[0] != '\0')))
            fail_msg("%s: %s, line %llu", rows[i].name, kc_error_name(err),
                     (unsigned long long)error.at);
    }
}

static void writes_what_it_reads(void **state)
{
    (void)state;
    static const char file[] = "b:2 " ID " " CODE " intel UpToDate no-debug\n"
                               "a:1 " CODE " " ID " " ROOT " ignore debug\n"
                               "c:3 " ID " " CODE " intel UpToDate,OutOfDate no-debug\n";
    struct kc_client_pin pin;
    struct kc_error error = KC_ERROR_NONE;
    bool found = false;
    uint8_t room[2048];
    struct kc_bytes in = kc_bytes_of_text(file);
    assert_int_equal(kc_client_pins_find(in, "a:1", &pin, &found, &error), KC_OK);
    assert_true(found);
    assert_true(pin.tcb_ignored && pin.allow_debug);
    struct kc_writer w = kc_writer_of((struct kc_room){room, sizeof room});
    assert_int_equal(kc_client_pins_put(in, &pin, &w, &error), KC_OK);
    assert_true(kc_bytes_equal(kc_writer_written(&w), in));

    /* Changed in its place, and others as they were; a new one behind them. */
    pin.kms_id[0] = 0xab;
    w = kc_writer_of((struct kc_room){room, sizeof room});
    assert_int_equal(kc_client_pins_put(in, &pin, &w, &error), KC_OK);
    assert_int_equal(w.len, in.len);
    assert_memory_equal(room, file, (size_t)(strstr(file, "a:1") - file));
    assert_memory_equal(strstr(file, "\na:1") + 5, CODE, 64);
    assert_memory_equal(room + (strstr(file, "a:1") - file), "a:1 ab", 6);
    strcpy(pin.authority, "[::2]:7");
    w = kc_writer_of((struct kc_room){room, sizeof room});
    assert_int_equal(kc_client_pins_put(in, &pin, &w, &error), KC_OK);
    assert_memory_equal(room, file, in.len);
    assert_memory_equal(room + in.len, "[::2]:7 ab", 10);
}

static void refuses_pins_without_a_line(void **state)
{
    (void)state;
    struct kc_client_pin good = {.authority = "a:1", .kms_id = {1}, .tcb_ignored = true};
    struct kc_error error = KC_ERROR_NONE;
    uint8_t room[2048];
    struct kc_bytes none = {NULL, 0};
    struct kc_client_pin pin = good;
    struct kc_writer w = kc_writer_of((struct kc_room){room, sizeof room});
    assert_int_equal(kc_client_pins_put(none, &pin, &w, &error), KC_OK);
    pin.kms_id[0] = 0;
    assert_int_equal(kc_client_pins_put(none, &pin, &w, &error), KC_ERR_ARGUMENT);
    pin = good;
    pin.tcb_ignored = false;
    assert_int_equal(kc_client_pins_put(none, &pin, &w, &error), KC_ERR_ARGUMENT);
    pin = good;
    strcpy(pin.authority, "a b:1");
    assert_int_equal(kc_client_pins_put(none, &pin, &w, &error), KC_ERR_ARGUMENT);
    pin = good;
    w = kc_writer_of((struct kc_room){room, 10});
    assert_int_equal(kc_client_pins_put(none, &pin, &w, &error), KC_ERR_ROOM);
}

static void makes_a_policy(void **state)
{
    (void)state;
    struct kc_client_pin pin;
    bool found = false;
    assert_int_equal(kc_client_pins_find(kc_bytes_of_text(GOOD), "a:1", &pin, &found, NULL), KC_OK);
    assert_memory_equal(pin.root_key, kc_chain_intel_root_key, 64);
    struct kc_policy policy = kc_client_pin_policy(&pin);
    assert_int_equal(policy.mrenclave.count, 1);
    assert_int_equal(kc_policy_value(&policy, &policy.mrenclave, 32, 0).ptr[31], 0x22);
    assert_int_equal(policy.tcb_accepted, 1u << KC_TCB_UP_TO_DATE);
    assert_false(policy.tcb_ignored || policy.allow_debug);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_one_form),
        cmocka_unit_test(writes_what_it_reads),
        cmocka_unit_test(refuses_pins_without_a_line),
        cmocka_unit_test(makes_a_policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
