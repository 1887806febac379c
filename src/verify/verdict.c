#include "verify/verdict.h"

#include <stddef.h>
#include <string.h>

#include "base/hex.h"
#include "verify/collateral_set.h"

const char *kc_verdict_kind_name(enum kc_verdict_kind kind)
{
    switch (kind) {
    case KC_VERDICT_ACCEPTED:
        return "accepted";
    case KC_VERDICT_REFUSED:
        return "refused";
    case KC_VERDICT_UNJUDGED:
        return "unjudged";
    case KC_VERDICT_INVALID:
        break;
    }
    return "invalid";
}

void kc_verdict_start(struct kc_verdict *v)
{
    memset(v, 0, offsetof(struct kc_verdict, text));
    v->text[0] = '\0';
    v->kind = KC_VERDICT_INVALID;
}

void kc_verdict_fail(struct kc_verdict *v, enum kc_stage stage,
                     const struct kc_verdict_failure *failure)
{
    if (failure->weight != KC_WEIGHT_UNJUDGED)
        v->stage[stage] = KC_STAGE_FAILED;
    if (v->failure_count == KC_VERDICT_FAILURES_MAX) {
        v->overflowed = true;
        return;
    }
    v->failure[v->failure_count++] = *failure;
}

void kc_verdict_made(struct kc_verdict *v, enum kc_stage stage)
{
    if (v->stage[stage] == KC_STAGE_NOT_MADE)
        v->stage[stage] = KC_STAGE_HOLDS;
}

bool kc_verdict_holds_before(const struct kc_verdict *v, enum kc_stage stage)
{
    for (int i = 0; i < (int)stage; i++) {
        if (v->stage[i] != KC_STAGE_HOLDS)
            return false;
    }
    return true;
}

bool kc_verdict_is_genuine(const struct kc_verdict *v)
{
    return kc_verdict_holds_before(v, KC_STAGE_POLICY) && !v->overflowed;
}

static bool has_failure(const struct kc_verdict *v, enum kc_verdict_weight weight)
{
    for (size_t i = 0; i < v->failure_count; i++) {
        if (v->failure[i].weight == weight)
            return true;
    }
    return false;
}

void kc_verdict_close(struct kc_verdict *v)
{
    v->kind = KC_VERDICT_INVALID;
    v->genuine = kc_verdict_is_genuine(v);
    if (!v->overflowed && !has_failure(v, KC_WEIGHT_GENUINE)) {
        if (v->genuine && has_failure(v, KC_WEIGHT_POLICY))
            v->kind = KC_VERDICT_REFUSED;
        else if (has_failure(v, KC_WEIGHT_UNJUDGED))
            v->kind = KC_VERDICT_UNJUDGED;
        else if (v->genuine && v->stage[KC_STAGE_POLICY] == KC_STAGE_HOLDS && v->failure_count == 0)
            v->kind = KC_VERDICT_ACCEPTED;
    }
    if (!v->genuine)
        memset(&v->facts, 0, sizeof v->facts);
}

void kc_verdict_release(struct kc_verdict *v)
{
    kc_collateral_set_release(v->held);
    v->held = NULL;
}

/* Room for `n` characters before the last NUL of the room. */
static size_t room_for(const struct kc_verdict *v, size_t n)
{
    size_t left = sizeof v->text - 1 - v->text_len;
    return n < left ? n : left;
}

const char *kc_verdict_text(struct kc_verdict *v)
{
    if (v->text_len > 0)
        v->text_len += room_for(v, 1);
    v->text[v->text_len] = '\0';
    return v->text + v->text_len;
}

void kc_verdict_put(struct kc_verdict *v, const char *literal)
{
    size_t n = room_for(v, strlen(literal));
    memcpy(v->text + v->text_len, literal, n);
    v->text_len += n;
    v->text[v->text_len] = '\0';
}

void kc_verdict_put_hex(struct kc_verdict *v, struct kc_bytes bytes)
{
    size_t n = room_for(v, 2 * bytes.len) / 2;
    kc_hex_encode_lower(kc_bytes_of(bytes.ptr, n), v->text + v->text_len);
    v->text_len += 2 * n;
}

void kc_verdict_put_number(struct kc_verdict *v, uint64_t number)
{
    char digits[21];
    size_t at = sizeof digits - 1;
    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    kc_verdict_put(v, digits + at);
}

void kc_verdict_put_name(struct kc_verdict *v, struct kc_bytes name)
{
    char text[65];
    size_t n = name.len < sizeof text - 1 ? name.len : sizeof text - 1;
    for (size_t i = 0; i < n; i++)
        text[i] = (char)(name.ptr[i] >= 0x20 && name.ptr[i] < 0x7f ? name.ptr[i] : '?');
    text[n] = '\0';
    kc_verdict_put(v, text);
}

const char *kc_verdict_hex(struct kc_verdict *v, struct kc_bytes bytes)
{
    const char *text = kc_verdict_text(v);
    kc_verdict_put_hex(v, bytes);
    return text;
}

const char *kc_verdict_number(struct kc_verdict *v, uint64_t number)
{
    const char *text = kc_verdict_text(v);
    kc_verdict_put_number(v, number);
    return text;
}
