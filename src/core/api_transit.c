/* Named keys: made, shown, listed. What a key is never leaves. */
#include <openssl/rand.h>

#include "core/api.h"
#include "core/api_json.h"
#include "core/key_record.h"
#include "core/message.h"
#include "http/target.h"

#define NAMES_MAX  1000 /* of one list */
#define ANSWER_MAX (1024 + KC_RECORD_NAME_MAX)

/* --- reading and creating --- */

static void write_key(struct kc_writer *w, struct kc_bytes name, const struct kc_key_record *key)
{
    kc_api_text(w, "{\"name\":");
    kc_api_string(w, name);
    kc_api_text(w, ",\"type\":\"");
    kc_api_text(w, kc_key_type_name(key->type));
    kc_api_text(w, "\",\"derived\":false,\"deletion_allowed\":false,\"exportable\":false,"
                   "\"allow_plaintext_backup\":false,\"imported_key\":false,"
                   "\"soft_deleted\":false,\"auto_rotate_period\":0,\"latest_version\":1,"
                   "\"min_available_version\":0,\"min_decryption_version\":1,"
                   "\"min_encryption_version\":0,\"supports_encryption\":true,"
                   "\"supports_decryption\":true,\"supports_signing\":false,"
                   "\"supports_derivation\":false,\"keys\":{\"1\":");
    kc_api_decimal(w, key->made);
    kc_api_text(w, "}}");
}

static void answer_key(struct kc_exchange *x, const struct kc_key_record *key, const char *warning)
{
    uint8_t random[KC_API_UUID_SIZE];
    if (RAND_bytes(random, sizeof random) != 1) {
        kc_exchange_refuse(x, 500, "the crypto library failed");
        return;
    }
    struct kc_writer w = kc_api_answer(x, ANSWER_MAX);
    kc_api_open(&w, random);
    write_key(&w, x->parameter, key);
    kc_api_close(&w, warning);
    kc_api_answered(x, &w, 200);
}

static void answer_record(struct kc_exchange *x, const struct kc_record *record,
                          const char *warning)
{
    struct kc_key_record key;
    if (kc_key_record_decode(record->body, &key) == KC_OK)
        answer_key(x, &key, warning);
    else
        kc_exchange_refuse(x, 500, "the key's record is of another version of this software");
    kc_key_record_wipe(&key);
}

void kc_api_key_read_plan(struct kc_exchange *x)
{
    struct kc_record_id id;
    if (kc_api_key_id(x, &id))
        (void)kc_exchange_need(x, &id);
}

static void answer_nothing(struct kc_exchange *x)
{
    struct kc_writer w = kc_api_answer(x, 16);
    kc_api_text(&w, "{\"errors\":[]}\n");
    kc_api_answered(x, &w, 404);
}

void kc_api_key_read_compute(struct kc_exchange *x)
{
    if (x->read[0].record == NULL)
        answer_nothing(x);
    else
        answer_record(x, x->read[0].record, NULL);
}

static void read_type(struct kc_json *j, void *out)
{
    enum kc_key_type type;
    (void)out;
    if (!kc_api_null(j) && !kc_key_type_find(kc_json_string(j), &type))
        kc_json_fail(j, "type: this version makes aes256-gcm96 keys only");
}

static void refuse_derived(struct kc_json *j, void *out)
{
    (void)out;
    kc_api_refuse_set(j, "derived, convergent_encryption, context: this version has no derived "
                         "keys; leave them out");
}

static void refuse_export(struct kc_json *j, void *out)
{
    (void)out;
    kc_api_refuse_set(j, "exportable, allow_plaintext_backup: keys do not leave this version; "
                         "leave them out");
}

static void refuse_rotation(struct kc_json *j, void *out)
{
    (void)out;
    kc_api_refuse_set(j, "auto_rotate_period: this version does not rotate keys; leave it out");
}

static void refuse_size(struct kc_json *j, void *out)
{
    (void)out;
    kc_api_refuse_set(j, "key_size: aes256-gcm96 keys have 256 bits; leave it out");
}

static const struct kc_json_member members[] = {
    {"type", NULL, read_type},
    {"derived", NULL, refuse_derived},
    {"convergent_encryption", NULL, refuse_derived},
    {"context", NULL, refuse_derived},
    {"exportable", NULL, refuse_export},
    {"allow_plaintext_backup", NULL, refuse_export},
    {"auto_rotate_period", NULL, refuse_rotation},
    {"key_size", NULL, refuse_size},
};

void kc_api_key_create_plan(struct kc_exchange *x)
{
    struct kc_record_id id;
    if (kc_api_key_id(x, &id) && kc_api_read(x, members, sizeof members / sizeof members[0], NULL))
        (void)kc_exchange_need(x, &id);
}

static void create(struct kc_exchange *x, struct kc_key_record *key)
{
    uint8_t body[KC_KEY_RECORD_SIZE];
    struct kc_writer w = kc_writer_of((struct kc_room){body, sizeof body});
    if (RAND_priv_bytes(key->key, sizeof key->key) != 1) {
        kc_exchange_refuse(x, 500, "the crypto library failed");
        return;
    }
    kc_key_record_encode(&w, key);
    answer_key(x, key, NULL);
    if (x->status == 200)
        kc_exchange_change(x, kc_record_new(&x->read[0].id, 1, x->batch, kc_writer_written(&w)),
                           NULL);
    kc_bytes_wipe(body, sizeof body);
}

void kc_api_key_create_compute(struct kc_exchange *x)
{
    struct kc_key_record key = {.type = KC_KEY_AES256_GCM96, .made = kc_api_now(x->core)};
    if (x->read[0].record != NULL)
        answer_record(x, x->read[0].record, "the key existed already and was not changed");
    else
        create(x, &key);
    kc_key_record_wipe(&key);
}

/* --- listing --- */

/* GET is for `?list=true` alone. */
static bool is_list(struct kc_exchange *x)
{
    uint8_t text[8];
    size_t len = 0;
    struct kc_room room = {text, sizeof text};
    if (x->method == KC_HTTP_LIST ||
        (kc_http_target_parameter(x->query, "list", room, &len) == KC_OK &&
         (kc_bytes_equal(kc_bytes_of(text, len), kc_bytes_of_text("true")) ||
          kc_bytes_equal(kc_bytes_of(text, len), kc_bytes_of_text("1")))))
        return true;
    kc_exchange_refuse(x, 405, "GET is for list=true here; the verb LIST does the same");
    return false;
}

/* The name that the list begins after: empty for all. */
static bool read_after(struct kc_exchange *x, struct kc_record_id *out)
{
    uint8_t text[KC_RECORD_NAME_MAX];
    size_t len = 0;
    enum kc_err err =
        kc_http_target_parameter(x->query, "after", (struct kc_room){text, sizeof text}, &len);
    *out = (struct kc_record_id){.class = KC_RECORD_KEY};
    if (err == KC_ERR_ABSENT || (err == KC_OK && len == 0) ||
        (err == KC_OK && kc_record_id_make(KC_RECORD_KEY, kc_bytes_of(text, len), out)))
        return true;
    kc_exchange_refuse(x, 400, "after: the name of a key");
    return false;
}

void kc_api_key_list_plan(struct kc_exchange *x)
{
    uint64_t limit = 0;
    if (!is_list(x) || !read_after(x, &x->scan_after) ||
        !kc_api_query_number(x, "limit", UINT32_MAX, "limit: a whole number, 0 for as many as go",
                             &limit))
        return;
    x->scan_wanted = true;
    x->scan_class = KC_RECORD_KEY;
    x->scan_limit = limit == 0 || limit > NAMES_MAX ? NAMES_MAX : (uint32_t)limit;
}

/* The exchange has held them to what names may be, and to their order. */
static size_t write_names(struct kc_writer *w, struct kc_bytes names)
{
    struct kc_reader r = kc_reader_of(names);
    struct kc_bytes name = {NULL, 0};
    size_t count = 0;
    for (; kc_message_next_name(&r, &name); count++) {
        kc_api_text(w, count == 0 ? "" : ",");
        kc_api_string(w, name);
    }
    return count;
}

void kc_api_key_list_compute(struct kc_exchange *x)
{
    uint8_t random[KC_API_UUID_SIZE];
    if (RAND_bytes(random, sizeof random) != 1) {
        kc_exchange_refuse(x, 500, "the crypto library failed");
        return;
    }
    /* A name takes a byte more in the store's list, three more in ours. */
    struct kc_writer w = kc_api_answer(x, KC_API_ENVELOPE_MAX + 16 + 3 * x->scanned_len);
    kc_api_open(&w, random);
    kc_api_text(&w, "{\"keys\":[");
    size_t count = write_names(&w, kc_bytes_of(x->scanned.ptr, x->scanned_len));
    kc_api_text(&w, "]}");
    kc_api_close(&w, NULL);
    if (count == 0)
        answer_nothing(x);
    else
        kc_api_answered(x, &w, 200);
}
