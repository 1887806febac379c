#include "library/verdict_tcb.h"

#include "base/time.h"

static void set(json_t *object, const char *key, json_t *value, bool *ok)
{
    if (json_object_set_new(object, key, value) != 0)
        *ok = false;
}

static json_t *time_of(int64_t seconds)
{
    char text[KC_TIME_TEXT_SIZE];
    kc_time_format(seconds, text);
    return json_string(text);
}

static bool has(const json_t *list, const json_t *id)
{
    size_t i = 0;
    const json_t *other = NULL;
    json_array_foreach(list, i, other)
    {
        if (json_equal(other, id))
            return true;
    }
    return false;
}

/* Adds those that are not in the list yet. */
static void add_advisories(json_t *list, const struct kc_tcb_rating *rating, bool *ok)
{
    struct kc_bytes rest = rating->advisories;
    struct kc_bytes id = {NULL, 0};
    while (kc_tcb_rating_next_advisory(&rest, &id)) {
        json_t *text = json_stringn((const char *)id.ptr, id.len);
        if (text != NULL && has(list, text))
            json_decref(text);
        else if (json_array_append_new(list, text) != 0)
            *ok = false;
    }
}

static json_t *part_of(const struct kc_tcb_rating *rating, bool *ok)
{
    json_t *object = json_object();
    json_t *advisories = json_array();
    add_advisories(advisories, rating, ok);
    set(object, "status", json_string(kc_tcb_status_name(rating->status)), ok);
    set(object, "date", time_of(rating->date), ok);
    set(object, "advisories", advisories, ok);
    return object;
}

/* Modules of version 0 are rated by the platform's level alone. */
static json_t *module_of(const struct kc_verdict_tcb *tcb, bool *ok)
{
    json_t *object = tcb->has_module ? part_of(&tcb->module, ok) : json_object();
    if (!tcb->has_module) {
        set(object, "status", json_null(), ok);
        set(object, "date", json_null(), ok);
        set(object, "advisories", json_array(), ok);
    }
    set(object, "version", json_integer(tcb->module_version), ok);
    return object;
}

static json_t *pieces_of(const struct kc_verdict_tcb *tcb, bool *ok)
{
    json_t *pieces = json_object();
    for (size_t i = 0; i < KC_COLLATERAL_PIECES; i++) {
        const struct kc_collateral_dates *date = &tcb->collateral[i];
        if (date->piece == NULL)
            continue;
        json_t *object = json_object();
        set(object, "issued", time_of(date->from), ok);
        set(object, "expires", time_of(date->to), ok);
        set(pieces, date->piece, object, ok);
    }
    return pieces;
}

static json_t *collateral_of(const struct kc_verdict_tcb *tcb, bool *ok)
{
    json_t *object = json_object();
    set(object, "issued", time_of(tcb->issued), ok);
    set(object, "earliest_expiry", time_of(tcb->expires), ok);
    set(object, "expires_first", json_string(tcb->expires_first), ok);
    set(object, "pieces", pieces_of(tcb, ok), ok);
    return object;
}

json_t *kc_verdict_tcb_json(const struct kc_verdict *v)
{
    const struct kc_verdict_tcb *tcb = &v->facts.tcb;
    uint32_t of_info = tcb->tcb_info_evaluation_number;
    uint32_t of_qe = tcb->qe_identity_evaluation_number;
    bool ok = true;
    if (!v->genuine || !v->facts.has_tcb)
        return json_null();
    json_t *object = json_object();
    bool is_tdx = v->facts.tee == KC_TEE_TDX;
    json_t *advisories = json_array();
    json_t *platform = part_of(&tcb->platform, &ok);
    add_advisories(advisories, &tcb->platform, &ok);
    if (tcb->has_module)
        add_advisories(advisories, &tcb->module, &ok);
    add_advisories(advisories, &tcb->qe, &ok);
    set(platform, "level", json_integer((json_int_t)tcb->level), &ok);
    set(platform, "evaluation_data_number", json_integer(of_info), &ok);
    json_t *qe = part_of(&tcb->qe, &ok);
    set(qe, "evaluation_data_number", json_integer(of_qe), &ok);
    if (is_tdx)
        set(platform, "sgx_status", json_string(kc_tcb_status_name(tcb->sgx_platform)), &ok);
    set(object, "status", json_string(kc_tcb_status_name(tcb->status)), &ok);
    set(object, "whole", json_boolean(tcb->is_whole), &ok);
    set(object, "date", time_of(tcb->platform.date), &ok);
    set(object, "advisories", advisories, &ok);
    set(object, "evaluation_data_number", json_integer(of_info < of_qe ? of_info : of_qe), &ok);
    set(object, "platform", platform, &ok);
    set(object, "module", is_tdx ? module_of(tcb, &ok) : json_null(), &ok);
    set(object, "qe", qe, &ok);
    set(object, "collateral", collateral_of(tcb, &ok), &ok);
    if (ok)
        return object;
    json_decref(object);
    return NULL;
}
