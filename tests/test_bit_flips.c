/*
 * Every single-bit change of the mission document's Open Enclave report (4,746 bytes: 16 of
 * header, 4,730 of quote) and of the 512 bytes of held data, judged with a policy that allows
 * debug and ignores the TCB. None is accepted: there is no place in either that nothing covers,
 * the layout of the PEM chain included (base/pem.h reads one text for one DER).
 */
#include "test.h"

#include "base/time.h"
#include "formats/quote_json.h"
#include "verify/chain.h"
#include "verify/verify.h"

#define REPORT_SIZE 4746
#define HELD_SIZE   512

struct fixture {
    struct kc_quote_json seed;
    struct kc_policy policy;
    struct kc_verdict *verdict;
    int64_t now;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct kc_policy_error policy_error;
    struct kc_error error = KC_ERROR_NONE;
    size_t len = 0;
    uint8_t *json = test_read_file(TEST_VECTOR("seed/quote.json"), &len);
    assert_non_null(json);
    assert_int_equal(kc_quote_json_decode(kc_bytes_of(json, len), &f->seed, &error), KC_OK);
    free(json);
    assert_int_equal(f->seed.quote_len, REPORT_SIZE);
    assert_int_equal(f->seed.held_data_len, HELD_SIZE);
    assert_int_equal(
        kc_policy_parse(kc_bytes_of_text("{\"allow_debug\": true, \"tcb\": \"ignore\"}"),
                        &f->policy, &policy_error),
        KC_OK);
    assert_int_equal(kc_time_parse(kc_bytes_of_text("2025-08-15T05:45:00Z"), &f->now), KC_OK);
    f->verdict = malloc(sizeof *f->verdict);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    kc_quote_json_clear(&f->seed);
    free(f->verdict);
    free(f);
    return 0;
}

/* As a relying party has them: the report's bytes and the held data, apart. */
static enum kc_verdict_kind judge(struct fixture *f)
{
    struct kc_evidence evidence;
    struct kc_error error = KC_ERROR_NONE;
    if (kc_evidence_open(kc_bytes_of(f->seed.quote, REPORT_SIZE), &evidence, &error) != KC_OK) {
        kc_verify_unreadable(&error, f->verdict);
        return f->verdict->kind;
    }
    struct kc_verify_input input = {
        .evidence = &evidence,
        .has_held_data = true,
        .held_data = kc_bytes_of(f->seed.held_data, HELD_SIZE),
        .root_key = kc_chain_intel_root_key,
        .now = f->now,
        .policy = &f->policy,
    };
    kc_verify(&input, f->verdict);
    kc_evidence_clear(&evidence);
    return f->verdict->kind;
}

/* Where a changed bit makes evidence of a kind that is known and not judged: exit 3, not 2. */
static bool may_be_unjudged(size_t byte)
{
    return byte < 16 + 8 ||                         /* versions and types of header and quote */
           (byte >= 16 + 1046 && byte < 16 + 1048); /* type of the certification data */
}

static void no_changed_bit_of_the_report_is_accepted(void **state)
{
    struct fixture *f = *state;
    size_t flips = 0;
    assert_int_equal(judge(f), KC_VERDICT_ACCEPTED);
    for (size_t byte = 0; byte < REPORT_SIZE; byte++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            f->seed.quote[byte] ^= (uint8_t)(1u << bit);
            enum kc_verdict_kind kind = judge(f);
            f->seed.quote[byte] ^= (uint8_t)(1u << bit);
            if (kind != KC_VERDICT_INVALID &&
                !(kind == KC_VERDICT_UNJUDGED && may_be_unjudged(byte)))
                fail_msg("byte %zu, bit %u: %s", byte, bit, kc_verdict_kind_name(kind));
            flips++;
        }
    }
    assert_int_equal(flips, 37968);
    assert_int_equal(judge(f), KC_VERDICT_ACCEPTED);
}

static void no_changed_bit_of_the_held_data_is_accepted(void **state)
{
    struct fixture *f = *state;
    for (size_t byte = 0; byte < HELD_SIZE; byte++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            f->seed.held_data[byte] ^= (uint8_t)(1u << bit);
            enum kc_verdict_kind kind = judge(f);
            f->seed.held_data[byte] ^= (uint8_t)(1u << bit);
            if (kind != KC_VERDICT_INVALID)
                fail_msg("byte %zu, bit %u: %s", byte, bit, kc_verdict_kind_name(kind));
        }
    }
    assert_int_equal(judge(f), KC_VERDICT_ACCEPTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_changed_bit_of_the_report_is_accepted, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(no_changed_bit_of_the_held_data_is_accepted, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
