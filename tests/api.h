/*
 * A route's plan and compute, driven by hand: an exchange whose records are there at once. What
 * comes of it is checked to be JSON. For tests of src/core/api_*.c.
 */
#ifndef KC_TESTS_API_H
#define KC_TESTS_API_H

#include <jansson.h>

#include "core/route.h"
#include "core/state.h"
#include "platform_sim.h"
#include "test.h"

struct test_api {
    struct test_machine machine;
    struct kc_core *core;
    struct kc_exchange x;
    json_t *answer; /* of the last one */
};

/* What is asked, and what the store has. */
struct test_ask {
    enum kc_http_method method;
    const char *path;
    const char *query;
    const char *body;
    const struct kc_record *record; /* for every read */
    struct kc_bytes names;          /* for a scan */
};

static inline void test_api_setup(struct test_api *t)
{
    memset(t, 0, sizeof *t);
    test_machine_init(&t->machine);
    assert_int_equal(kc_core_new(&t->machine.platform, &t->core), KC_OK);
    t->core->now = 1795405867;
}

static inline void test_api_forget(struct test_api *t)
{
    json_decref(t->answer);
    t->answer = NULL;
    for (size_t i = 0; i < t->x.read_count; i++)
        t->x.read[i].record = NULL; /* the test's own */
    t->x.scanned = (struct kc_room){NULL, 0};
    kc_exchange_end(&t->x);
}

static inline void test_api_teardown(struct test_api *t)
{
    test_api_forget(t);
    t->core->root = NULL; /* a test's own */
    kc_core_free(t->core);
}

/* Plan, and compute where plan wants it; the status. */
static inline unsigned test_api_ask(struct test_api *t, const struct test_ask *ask)
{
    unsigned status = 0;
    struct kc_exchange *x = &t->x;
    test_api_forget(t);
    *x = (struct kc_exchange){
        .core = t->core,
        .method = ask->method,
        .path = kc_bytes_of_text(ask->path),
        .query = kc_bytes_of_text(ask->query == NULL ? "" : ask->query),
        .body = kc_bytes_of_text(ask->body == NULL ? "" : ask->body),
    };
    x->route = kc_route_find(x, &status);
    if (x->route == NULL)
        return status;
    x->route->plan(x);
    for (size_t i = 0; i < x->read_count; i++) {
        x->read[i].known = true;
        x->read[i].record = ask->record;
    }
    if (x->scan_wanted) {
        x->scanned = (struct kc_room){(uint8_t *)(uintptr_t)ask->names.ptr, ask->names.len};
        x->scanned_len = ask->names.len;
    }
    if (x->status == 0)
        x->route->compute(x);
    assert_int_not_equal(x->status, 0);
    assert_true(x->answer_len <= x->answer.len);
    t->answer =
        json_loadb((const char *)x->answer.ptr, x->answer_len, JSON_REJECT_DUPLICATES, NULL);
    if (t->answer == NULL && x->answer_len > 0)
        fail_msg("no JSON: %.*s", (int)x->answer_len, (const char *)x->answer.ptr);
    return x->status;
}

static inline unsigned test_api_post(struct test_api *t, const char *path, const char *body,
                                     const struct kc_record *record)
{
    return test_api_ask(
        t,
        &(struct test_ask){.method = KC_HTTP_POST, .path = path, .body = body, .record = record});
}

/* The one message of {"errors": [...]}; "" for an empty list. */
static inline const char *test_api_error(const struct test_api *t)
{
    json_t *errors = json_object_get(t->answer, "errors");
    assert_true(json_is_array(errors));
    return json_array_size(errors) == 0 ? "" : json_string_value(json_array_get(errors, 0));
}

/* `data` of the envelope, whose other members are checked. */
static inline json_t *test_api_data(const struct test_api *t)
{
    const char *id = json_string_value(json_object_get(t->answer, "request_id"));
    assert_int_equal(json_object_size(t->answer), 8);
    assert_non_null(id);
    assert_int_equal(strlen(id), 36);
    assert_true(id[8] == '-' && id[13] == '-' && id[14] == '4' && id[18] == '-' && id[23] == '-');
    assert_non_null(strchr("89ab", id[19]));
    assert_string_equal(json_string_value(json_object_get(t->answer, "lease_id")), "");
    assert_true(json_is_false(json_object_get(t->answer, "renewable")));
    assert_true(json_is_integer(json_object_get(t->answer, "lease_duration")));
    assert_true(json_is_null(json_object_get(t->answer, "wrap_info")));
    assert_true(json_is_null(json_object_get(t->answer, "auth")));
    json_t *data = json_object_get(t->answer, "data");
    assert_true(json_is_object(data));
    return data;
}

static inline const char *test_api_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    if (text == NULL)
        fail_msg("no string %s", name);
    return text;
}

/* A record of a key "k" whose bytes are `fill`. The caller releases it. */
static inline struct kc_record *test_api_key(uint8_t fill)
{
    uint8_t body[42] = {1, 1, 0x2b, 0, 0, 0x6b};
    uint8_t batch[KC_BATCH_ID_SIZE] = {0};
    struct kc_record_id id;
    memset(body + 10, fill, 32);
    assert_true(kc_record_id_make(KC_RECORD_KEY, kc_bytes_of_text("k"), &id));
    struct kc_record *record = kc_record_new(&id, 1, batch, kc_bytes_of(body, sizeof body));
    assert_non_null(record);
    return record;
}

#endif
