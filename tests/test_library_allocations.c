/*
 * What the library allocates where all but the quote is known: nothing of its own, and OpenSSL
 * leaves nothing behind. Linked with --wrap, which catches the calls of our code; OpenSSL's are
 * counted by its own hooks.
 */
#include <keyclave/verify.h>

#include <time.h>

#include <openssl/crypto.h>

#include "collateral_case.h"
#include "sim_leaf.h"
#include "test.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *ptr, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *ptr, size_t size);

static struct {
    size_t ours;
    long openssl_live;
    size_t openssl_calls;
} count;

void *__wrap_malloc(size_t size)
{
    count.ours++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    count.ours++;
    return __real_calloc(n, size);
}

void *__wrap_realloc(void *ptr, size_t size)
{
    count.ours++;
    return __real_realloc(ptr, size);
}

static void *openssl_malloc(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    count.openssl_calls++;
    count.openssl_live++;
    return __real_malloc(size);
}

static void *openssl_realloc(void *ptr, size_t size, const char *file, int line)
{
    (void)file, (void)line;
    count.openssl_calls++;
    if (ptr == NULL)
        count.openssl_live++;
    return __real_realloc(ptr, size);
}

static void openssl_free(void *ptr, const char *file, int line)
{
    (void)file, (void)line;
    if (ptr != NULL)
        count.openssl_live--;
    free(ptr);
}

static struct keyclave_store *store_of(struct collateral_case *c)
{
    static const char *const names[] = {"tcb_info.json",   "tcb_chain.pem", "qe_identity.json",
                                        "root_ca_crl.der", "pck_crl.der",   "pck_crl_chain.pem"};
    struct keyclave_piece pieces[COUNT_OF(names)];
    struct keyclave_store *store = keyclave_store_new();
    char *pem = kc_sim_state_root_pem(c->state);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct kc_bytes bytes = case_bytes(c, names[i]);
        pieces[i] = (struct keyclave_piece){names[i], bytes.ptr, bytes.len};
    }
    assert_int_equal(keyclave_store_set_root(store, pem, strlen(pem), NULL), KEYCLAVE_OK);
    assert_int_equal(keyclave_store_add(store, pieces, COUNT_OF(names), NULL), KEYCLAVE_OK);
    free(pem);
    return store;
}

static void allocates_nothing_for_what_is_known(void **state)
{
    enum { QUOTES = 3 };
    struct collateral_case *c = *state;
    static uint8_t quote[QUOTES][KC_SIM_QUOTE_MAX];
    struct keyclave_evidence evidence[QUOTES];
    case_fresh(c);
    struct keyclave_store *store = store_of(c);
    struct keyclave_verdict *verdict = keyclave_verdict_new();
    for (size_t i = 0; i < QUOTES; i++) {
        evidence[i] = (struct keyclave_evidence){
            .bytes = quote[i], .len = sim_leaf_quote(c->state, quote[i]), .now = CASE_AT};
    }
    size_t before = count.ours;
    assert_int_equal(keyclave_verify(store, NULL, &evidence[0], verdict), KEYCLAVE_ACCEPTED);
    assert_true(count.ours > before); /* the counter counts */
    before = count.ours;
    long live = count.openssl_live;
    size_t calls = count.openssl_calls;
    /* The second and third have QE reports that are new: neither is anything allocated for them. */
    for (int round = 0; round < 10; round++) {
        for (size_t i = 0; i < QUOTES; i++)
            assert_int_equal(keyclave_verify(store, NULL, &evidence[i], verdict),
                             KEYCLAVE_ACCEPTED);
    }
    assert_int_equal(count.ours, before);
    assert_int_equal(count.openssl_live, live);
    assert_true(count.openssl_calls > calls);

    /* Nor is anything left when leaves come and go. */
    live = count.openssl_live;
    keyclave_verdict_free(verdict);
    keyclave_store_free(store);
    assert_true(count.openssl_live <= live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(allocates_nothing_for_what_is_known)};
    if (CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) != 1)
        return 1;
    return cmocka_run_group_tests(tests, case_set_up, case_tear_down);
}
