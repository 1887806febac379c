#include "cli/collateral_show.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/hex.h"
#include "base/time.h"
#include "cli/collateral.h"
#include "cli/judging.h"
#include "collateral/facts.h"

enum state {
    STATE_GOOD,
    STATE_ENDS,    /* within the time asked for */
    STATE_MISSING, /* needed and not there */
    STATE_OLD,
    STATE_NOT_YET,
    STATE_DAMAGED,
};

static const struct {
    const char *word;
    int exit;
} states[] = {
    [STATE_GOOD] = {"good", KC_EXIT_OK},
    [STATE_ENDS] = {"ends soon", KC_EXIT_REFUSED},
    [STATE_MISSING] = {"missing", KC_EXIT_UNJUDGED},
    [STATE_OLD] = {"expired", KC_EXIT_UNJUDGED},
    [STATE_NOT_YET] = {"not valid yet", KC_EXIT_UNJUDGED},
    [STATE_DAMAGED] = {"damaged", KC_EXIT_INVALID},
};

struct view {
    struct kc_cli_collateral *collateral;
    struct kc_fact fact[KC_BUNDLE_PIECES];
};

static int open_view(const char *path, struct view **out)
{
    struct view *v = calloc(1, sizeof *v);
    *out = v;
    if (v == NULL)
        return kc_cli_fail(KC_EXIT_UNJUDGED, "out of memory");
    int status = kc_cli_collateral_load("", path, &v->collateral);
    if (status == KC_EXIT_OK && kc_facts_read(&v->collateral->bundle, v->fact) != KC_OK)
        status = kc_cli_fail(KC_EXIT_UNJUDGED, "out of memory");
    return status;
}

static void close_view(struct view *v)
{
    if (v != NULL)
        kc_cli_collateral_free(v->collateral);
    free(v);
}

static void print_fact(enum kc_bundle_piece piece, const struct kc_fact *f)
{
    char text[KC_TIME_TEXT_SIZE];
    char fmspc[13];
    printf("%-18s%s", kc_bundle_file_name(piece), f->what);
    if (f->name[0] != '\0')
        printf(": %s", f->name);
    if (f->has_fmspc) {
        kc_hex_encode_lower(kc_bytes_of(f->fmspc, sizeof f->fmspc), fmspc);
        printf(", FMSPC %s", fmspc);
    }
    if (f->has_evaluation)
        printf(", evaluation %" PRIu32, f->evaluation);
    if (f->has_revoked)
        printf(", %zu revoked", f->revoked);
    if (f->has_dates) {
        kc_time_format(f->issued, text);
        printf("\n%-18sfrom %s", "", text);
        kc_time_format(f->expires, text);
        printf(" to %s", text);
    }
    if (f->fault != NULL)
        printf("\n%-18scannot be read: %s (at %" PRIu64 ")", "", f->fault, f->at);
    putchar('\n');
}

static json_t *time_json(const struct kc_fact *f, int64_t seconds)
{
    char text[KC_TIME_TEXT_SIZE];
    if (!f->has_dates)
        return json_null();
    kc_time_format(seconds, text);
    return json_string(text);
}

/* A piece; `state` is NULL for `show`. */
static json_t *fact_json(enum kc_bundle_piece piece, const struct kc_fact *f, const char *state)
{
    char fmspc[13];
    json_t *o = json_object();
    kc_hex_encode_lower(kc_bytes_of(f->fmspc, sizeof f->fmspc), fmspc);
    json_object_set_new(o, "file", json_string(kc_bundle_file_name(piece)));
    if (state != NULL)
        json_object_set_new(o, "state", json_string(state));
    json_object_set_new(o, "what", f->what == NULL ? json_null() : json_string(f->what));
    json_object_set_new(o, "issued", time_json(f, f->issued));
    json_object_set_new(o, "expires", time_json(f, f->expires));
    if (f->name[0] != '\0')
        json_object_set_new(o, "name", json_string(f->name));
    if (f->has_fmspc)
        json_object_set_new(o, "fmspc", json_string(fmspc));
    if (f->has_evaluation)
        json_object_set_new(o, "evaluation_data_number", json_integer(f->evaluation));
    if (f->has_revoked)
        json_object_set_new(o, "revoked", json_integer((json_int_t)f->revoked));
    if (f->fault != NULL)
        json_object_set_new(o, "fault", json_string(f->fault));
    return o;
}

/* Takes `pieces` over. */
static int print_json(json_t *pieces, int status)
{
    json_t *o = json_pack("{s:o}", "pieces", pieces);
    bool ok = o != NULL && json_dumpf(o, stdout, JSON_INDENT(2)) == 0;
    json_decref(o);
    if (!ok)
        return kc_cli_fail(KC_EXIT_UNJUDGED, "out of memory");
    putchar('\n');
    return status;
}

static int show(const struct view *v, bool json)
{
    json_t *pieces = json_array();
    size_t count = 0;
    int status = KC_EXIT_OK;
    for (int i = 0; i < KC_BUNDLE_PIECES; i++) {
        const struct kc_fact *f = &v->fact[i];
        if (!f->is_there)
            continue;
        count++;
        status = f->fault != NULL ? KC_EXIT_INVALID : status;
        if (json)
            json_array_append_new(pieces, fact_json((enum kc_bundle_piece)i, f, NULL));
        else
            print_fact((enum kc_bundle_piece)i, f);
    }
    if (count == 0)
        status = kc_cli_fail(KC_EXIT_UNJUDGED, "there is no collateral in it");
    if (json)
        return print_json(pieces, status);
    json_decref(pieces);
    return status;
}

int kc_collateral_show(const char *path, bool json)
{
    struct view *v = NULL;
    int status = open_view(path, &v);
    if (v != NULL && status == KC_EXIT_OK)
        status = show(v, json);
    close_view(v);
    return status;
}

static enum state judge(const struct kc_fact *f, int64_t now, int64_t seconds)
{
    if (!f->is_there)
        return STATE_MISSING;
    if (f->fault != NULL)
        return STATE_DAMAGED;
    if (now < f->issued)
        return STATE_NOT_YET;
    if (now > f->expires)
        return STATE_OLD;
    return f->expires - now < seconds ? STATE_ENDS : STATE_GOOD;
}

static void print_state(enum kc_bundle_piece piece, const struct kc_fact *f, enum state state)
{
    char text[KC_TIME_TEXT_SIZE] = "";
    if (f->has_dates)
        kc_time_format(state == STATE_NOT_YET ? f->issued : f->expires, text);
    if (state == STATE_DAMAGED)
        printf("%-18s%-14s%s (at %" PRIu64 ")\n", kc_bundle_file_name(piece), states[state].word,
               f->fault, f->at);
    else
        printf("%-18s%-14s%s%s\n", kc_bundle_file_name(piece), states[state].word,
               text[0] == '\0'          ? ""
               : state == STATE_NOT_YET ? "from "
                                        : "until ",
               text);
}

/* How grave an exit status is here. */
static int weight(int status)
{
    static const int order[] = {KC_EXIT_OK, KC_EXIT_REFUSED, KC_EXIT_UNJUDGED, KC_EXIT_INVALID};
    int n = 0;
    while (order[n] != status)
        n++;
    return n;
}

static int check(const struct view *v, int64_t now, int64_t seconds, bool json)
{
    json_t *pieces = json_array();
    int status = KC_EXIT_OK;
    for (int i = 0; i < KC_BUNDLE_PIECES; i++) {
        enum kc_bundle_piece piece = (enum kc_bundle_piece)i;
        const struct kc_fact *f = &v->fact[i];
        if (!f->is_there && !kc_facts_is_needed(&v->collateral->bundle, piece))
            continue;
        enum state state = judge(f, now, seconds);
        if (weight(states[state].exit) > weight(status))
            status = states[state].exit;
        if (json)
            json_array_append_new(pieces, fact_json(piece, f, states[state].word));
        else
            print_state(piece, f, state);
    }
    if (json)
        return print_json(pieces, status);
    json_decref(pieces);
    return status;
}

/* Whether makers whose roots are trusted signed it. */
static int check_signatures(const struct kc_cli_collateral *c, const char *path,
                            const struct kc_judging *trust)
{
    struct kc_error error = KC_ERROR_NONE;
    struct kc_trust *store = kc_trust_new();
    enum kc_err err = store == NULL ? KC_ERR_MEMORY : KC_OK;
    if (err == KC_OK)
        kc_trust_set_roots(store, trust->has_root_key ? trust->root_key : NULL, trust->amd_root,
                           trust->amd_root_count);
    if (err == KC_OK && kc_facts_is_amd(&c->bundle))
        err = kc_trust_add_amd(store, &c->amd, false, &error);
    else if (err == KC_OK)
        err = kc_trust_add(store, &c->pieces, false, &error);
    kc_trust_free(store);
    if (err == KC_OK)
        return KC_EXIT_OK;
    return kc_cli_fail(err == KC_ERR_MEMORY ? KC_EXIT_UNJUDGED : KC_EXIT_INVALID,
                       "%s is not signed below the trusted root: %s", path,
                       err == KC_ERR_MEMORY ? "out of memory" : error.what);
}

int kc_collateral_check(const char *path, const struct kc_judging *trust, int64_t now,
                        int64_t seconds, bool json)
{
    struct view *v = NULL;
    int status = open_view(path, &v);
    if (v != NULL && status == KC_EXIT_OK) {
        int signatures = trust != NULL ? check_signatures(v->collateral, path, trust) : KC_EXIT_OK;
        status = check(v, now, seconds, json);
        status = weight(signatures) > weight(status) ? signatures : status;
    }
    close_view(v);
    return status;
}
