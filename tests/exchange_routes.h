/* The routes of the exchange's tests. */
#ifndef KC_TESTS_EXCHANGE_ROUTES_H
#define KC_TESTS_EXCHANGE_ROUTES_H

#include "exchange_host.h"

static inline void answer(struct kc_exchange *x, struct kc_bytes body)
{
    uint8_t *room = kc_exchange_answer_room(x, body.len);
    assert_non_null(room);
    if (body.len > 0)
        memcpy(room, body.ptr, body.len);
    x->answer_len = body.len;
    x->status = 200;
}

static inline void answer_text(struct kc_exchange *x, const char *text)
{
    answer(x, kc_bytes_of_text(text));
}

static void plan_answer(struct kc_exchange *x)
{
    answer_text(x, "plan");
}

static void plan_nothing(struct kc_exchange *x)
{
    (void)x;
}

static void plan_parameter(struct kc_exchange *x)
{
    struct kc_record_id id;
    if (!kc_record_id_make(KC_RECORD_KEY, x->parameter, &id))
        kc_exchange_refuse(x, 400, "bad name");
    else
        assert_int_equal(kc_exchange_need(x, &id), 0);
}

static void compute_read(struct kc_exchange *x)
{
    if (x->read[0].record == NULL)
        kc_exchange_refuse(x, 404, "no such key");
    else
        answer(x, x->read[0].record->body);
}

static void change(struct kc_exchange *x, size_t i)
{
    const struct kc_record *old = x->read[i].record;
    uint64_t version = old == NULL ? 1 : old->version + 1;
    kc_exchange_change(
        x, kc_record_new(&x->read[i].id, version, x->batch, kc_bytes_of_text("changed")), old);
}

static void compute_write(struct kc_exchange *x)
{
    for (size_t i = 0; i < x->read_count; i++)
        change(x, i);
    if (x->status == 0)
        answer_text(x, "written");
}

static void plan_two(struct kc_exchange *x)
{
    struct kc_record_id a = test_id(KC_RECORD_KEY, "a");
    struct kc_record_id b = test_id(KC_RECORD_KEY, "b");
    assert_int_equal(kc_exchange_need(x, &a), 0);
    assert_int_equal(kc_exchange_need(x, &b), 1);
    assert_int_equal(kc_exchange_need(x, &a), 0);
}

static void compute_refuse(struct kc_exchange *x)
{
    change(x, 0);
    kc_exchange_refuse(x, 400, "after all not");
}

static void compute_other_batch(struct kc_exchange *x)
{
    uint8_t batch[KC_BATCH_ID_SIZE] = {1};
    kc_exchange_change(x, kc_record_new(&x->read[0].id, 1, batch, kc_bytes_of("x", 1)), NULL);
}

static void compute_other_version(struct kc_exchange *x)
{
    kc_exchange_change(x, kc_record_new(&x->read[0].id, 3, x->batch, kc_bytes_of("x", 1)), NULL);
}

static void compute_no_memory(struct kc_exchange *x)
{
    kc_exchange_change(x, NULL, NULL);
}

static void compute_five(struct kc_exchange *x)
{
    for (size_t i = 0; i <= KC_EXCHANGE_WRITES_MAX; i++)
        change(x, 0);
    if (x->status == 0)
        answer_text(x, "written");
}

static void plan_list(struct kc_exchange *x)
{
    x->scan_wanted = true;
    x->scan_class = KC_RECORD_KEY;
    x->scan_limit = 3;
    x->work = malloc(1);
}

static void plan_list_none(struct kc_exchange *x)
{
    x->scan_wanted = true;
    x->scan_class = KC_RECORD_KEY;
}

static void compute_list(struct kc_exchange *x)
{
    answer(x, kc_bytes_of(x->scanned.ptr, x->scanned_len));
}

static void forget_work(struct kc_exchange *x)
{
    free(x->work);
    x->work = NULL;
}

static void plan_quote(struct kc_exchange *x)
{
    x->quote_wanted = true;
    x->claims_len = 3;
}

static void compute_quote(struct kc_exchange *x)
{
    answer(x, kc_bytes_of(x->quote.ptr, x->quote.len));
}

static void plan_init(struct kc_exchange *x)
{
    if (world->core.root != NULL)
        kc_exchange_refuse(x, 400, "already initialised");
    else if (!kc_exchange_take_init(x))
        kc_exchange_refuse(x, 409, "is being initialised");
}

static void compute_init(struct kc_exchange *x)
{
    struct kc_record_id id;
    assert_int_equal(
        kc_root_make(&world->machine.platform, KC_SEAL_MRENCLAVE, TEST_NOW, &x->new_root), KC_OK);
    assert_int_equal(kc_token_id(kc_bytes_of_text(world->token), &id), KC_OK);
    kc_exchange_change(x, kc_record_new(&id, 1, x->batch, kc_bytes_of_text("token")), NULL);
    answer_text(x, world->token);
}

static const struct kc_route routes[] = {
    {.path = "/open", .open = true, .plan = plan_answer},
    {.path = "/health", .open = true, .any_time = true, .plan = plan_answer},
    {.path = "/any-time", .any_time = true, .plan = plan_answer},
    {.path = "/planned", .plan = plan_answer},
    {.path = "/plans-nothing", .plan = plan_nothing},
    {.path = "/mute", .plan = plan_nothing, .compute = plan_nothing},
    {.path = "/read/", .plan = plan_parameter, .compute = compute_read},
    {.path = "/write/", .plan = plan_parameter, .compute = compute_write},
    {.path = "/slow/", .slow = true, .plan = plan_parameter, .compute = compute_write},
    {.path = "/two", .plan = plan_two, .compute = compute_write},
    {.path = "/refuses/", .plan = plan_parameter, .compute = compute_refuse},
    {.path = "/other-batch/", .plan = plan_parameter, .compute = compute_other_batch},
    {.path = "/other-version/", .plan = plan_parameter, .compute = compute_other_version},
    {.path = "/no-memory/", .plan = plan_parameter, .compute = compute_no_memory},
    {.path = "/five/", .plan = plan_parameter, .compute = compute_five},
    {.path = "/list", .plan = plan_list, .compute = compute_list, .forget = forget_work},
    {.path = "/list-none", .plan = plan_list_none, .compute = compute_list},
    {.path = "/quote", .open = true, .plan = plan_quote, .compute = compute_quote},
    {.path = "/init", .open = true, .any_time = true, .plan = plan_init, .compute = compute_init},
};

const struct kc_route *kc_route_find(struct kc_exchange *x, unsigned *status)
{
    for (size_t i = 0; i < COUNT_OF(routes); i++) {
        struct kc_bytes path = kc_bytes_of_text(routes[i].path);
        bool prefix = path.ptr[path.len - 1] == '/';
        if (x->path.len < path.len || (!prefix && x->path.len != path.len) ||
            memcmp(x->path.ptr, path.ptr, path.len) != 0)
            continue;
        x->parameter = kc_bytes_of(x->path.ptr + path.len, x->path.len - path.len);
        return &routes[i];
    }
    *status = kc_bytes_equal(x->path, kc_bytes_of_text("/other-method")) ? 405 : 404;
    return NULL;
}

#endif
