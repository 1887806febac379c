/*
 * A hostile host against the boundary of the core. The input is a program for it: each operation
 * appends a message to a batch, true or false, sends the batch, or breaks something. It remembers
 * the reports that it is given, to make true and false quotes of them.
 *
 * Held after each batch: what may never happen, whatever the host does (struct model). Its START
 * may ask for the service, whose certificate's quotes it then serves or spoils like any other.
 */
#include "../tests/platform_sim.h"
#include "core/certificates.h"
#include "core/crypto.h"
#include "core/state.h"
#include "fuzz.h"
#include "ratls/claims.h"

#include <openssl/evp.h>

#define IDS       80 /* more than may be parked */
#define OWN       4  /* places for requests of the core's own, behind those */
#define PLACES    (IDS + OWN)
#define BATCH_MAX (160 * 1024)
#define WATCHED   (64 * 1024) /* bytes of room: behind its answer the core writes nothing */

enum want { WANTS_NOTHING, WANTS_TARGET, WANTS_QUOTE };

struct model {
    struct test_machine machine;
    struct kc_core *core;
    struct kc_writer batch;
    size_t out_cap;
    bool started;
    uint32_t limit;
    bool service;
    uint64_t own[OWN]; /* their ids */
    unsigned own_seen;
    bool genuine; /* the batch has a quote of a report of the core's own */
    enum want wants[PLACES];
    unsigned tries[PLACES];
    uint8_t report[PLACES][KC_SGX_REPORT_SIZE];
    /* Not cleared between programs. */
    uint8_t batch_room[BATCH_MAX];
    uint8_t out[KC_CORE_FRAME_MAX];
};

/* Generation takes longer than all else together: one key is made and shared by all cores. */
static struct kc_rsa_key *the_key;
static enum kc_err next_key_fails;

/* The next allocation of the core's own code fails. */
static bool next_malloc_fails;

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);

void *__wrap_malloc(size_t n)
{
    bool fails = next_malloc_fails;
    next_malloc_fails = false;
    return fails ? NULL : __real_malloc(n);
}

/* While one thread makes the key, another (the core's lock is free) is handed the target info of
 * `race_id` and makes one too. */
static struct model *racer;
static uint64_t race_id;
static void race(void);

enum kc_err __real_kc_crypto_rsa_generate(struct kc_rsa_key **out);
enum kc_err __wrap_kc_crypto_rsa_generate(struct kc_rsa_key **out);

enum kc_err __wrap_kc_crypto_rsa_generate(struct kc_rsa_key **out)
{
    enum kc_err err = next_key_fails;
    next_key_fails = KC_OK;
    if (err != KC_OK)
        return err;
    race();
    if (the_key == NULL)
        FUZZ_CHECK(__real_kc_crypto_rsa_generate(&the_key) == KC_OK);
    struct kc_rsa_key *copy = __real_malloc(sizeof *copy);
    *copy = *the_key;
    FUZZ_CHECK(EVP_PKEY_up_ref(copy->pair) == 1);
    *out = copy;
    return KC_OK;
}

/* report_data binds the enclave's own key in one of two ways, and nothing else ever. */
static void check_report_data(const uint8_t report_data[KC_SGX_REPORT_DATA_SIZE])
{
    static const uint8_t head[] = "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\6\0\0\0\0\0\0\0"
                                  "\30\0\0\0\0\0\0\0Event\0Attestation KMS example\0"
                                  "\20\0\0\0\0\0\0\0\40\0\0\0\0\0\0\0Public key hash";
    uint8_t claims[sizeof head + 32];
    uint8_t hash[32];
    memcpy(claims, head, sizeof head);
    memcpy(claims + sizeof head, the_key->pem_hash, 32);
    FUZZ_CHECK(EVP_Digest(claims, sizeof claims, hash, NULL, EVP_sha256(), NULL) == 1);
    FUZZ_CHECK(kc_bytes_are_zero(kc_bytes_of(report_data + 32, 32)));
    FUZZ_CHECK(memcmp(report_data, hash, 32) == 0 ||
               memcmp(report_data, the_key->pem_hash, 32) == 0);
}

/* The core's own bind the claims of its certificate. */
static void check_own_report_data(const struct model *m, const uint8_t *report_data)
{
    struct kc_ratls_claims claims;
    uint8_t map[KC_RATLS_CLAIMS_MAX];
    uint8_t want[KC_RATLS_REPORT_DATA_SIZE];
    struct kc_writer w = kc_writer_of((struct kc_room){map, sizeof map});
    FUZZ_CHECK(m->service && kc_certificates_claims(m->core, &claims) == KC_OK);
    kc_ratls_claims_encode(&w, &claims);
    FUZZ_CHECK(kc_ratls_report_data(kc_writer_written(&w), want) == KC_OK);
    FUZZ_CHECK(memcmp(report_data, want, sizeof want) == 0);
}

/* An answer holds a quote of the very report that was made for it, and the true key. */
static void check_answer(const struct model *m, const struct kc_effect *effect)
{
    const uint8_t *body = effect->body.ptr;
    size_t at = effect->type == KC_EFFECT_REPORT ? 0 : 32;
    FUZZ_CHECK(memcmp(effect->key.ptr, the_key->pem, KC_PUBLIC_KEY_SIZE) == 0);
    if (at == 32 && body[at] == 1) /* version of a report header; that of a quote is 3 */
        at += 16;
    FUZZ_CHECK(effect->body.len >= at + KC_SGX_QUOTE_MIN_SIZE);
    FUZZ_CHECK(memcmp(body + at + 48, m->report[effect->id], KC_SGX_REPORT_BODY_SIZE) == 0);
}

static uint32_t parked(const struct model *m)
{
    uint32_t n = 0;
    for (size_t i = 0; i < IDS; i++)
        n += m->wants[i] != WANTS_NOTHING;
    return n;
}

static uint64_t id_of(const struct model *m, size_t place)
{
    return place < IDS ? place : m->own[place - IDS];
}

/* Where an id is followed; PLACES for one of a raw message, which is not. */
static size_t place_of(struct model *m, const struct kc_effect *effect)
{
    if (effect->id < IDS)
        return (size_t)effect->id;
    for (size_t i = 0; i < OWN; i++) {
        if (m->own[i] == effect->id)
            return IDS + i;
    }
    if (effect->type != KC_EFFECT_TARGET_WANTED || (effect->id & KC_REQUEST_ID_OWN) == 0)
        return PLACES;
    size_t place = m->own_seen++ % OWN;
    m->own[place] = effect->id;
    m->wants[IDS + place] = WANTS_NOTHING;
    return IDS + place;
}

static void learn(struct model *m, const struct kc_effect *effect)
{
    FUZZ_CHECK(effect->type == KC_EFFECT_READY || effect->type == KC_EFFECT_REFUSED || m->started);
    size_t place = place_of(m, effect);
    if (place == PLACES)
        return;
    enum want *wants = &m->wants[place];
    switch (effect->type) {
    case KC_EFFECT_READY:
        FUZZ_CHECK(!m->started);
        m->started = true;
        m->limit = effect->requests_max;
        break;
    case KC_EFFECT_TARGET_WANTED:
        FUZZ_CHECK(*wants != WANTS_TARGET);
        m->tries[place] = *wants == WANTS_QUOTE ? m->tries[place] : 0;
        *wants = WANTS_TARGET;
        break;
    case KC_EFFECT_QUOTE_WANTED:
        FUZZ_CHECK(*wants == WANTS_TARGET && ++m->tries[place] <= 3);
        if (place < IDS)
            check_report_data(effect->body.ptr + 320);
        else
            check_own_report_data(m, effect->body.ptr + 320);
        memcpy(m->report[place], effect->body.ptr, KC_SGX_REPORT_SIZE);
        *wants = WANTS_QUOTE;
        break;
    case KC_EFFECT_REPORT:
    case KC_EFFECT_EVIDENCE:
        FUZZ_CHECK(*wants == WANTS_QUOTE);
        check_answer(m, effect);
        *wants = WANTS_NOTHING;
        break;
    case KC_EFFECT_SERVING:
        FUZZ_CHECK(m->service && m->genuine);
        FUZZ_CHECK(effect->not_before < effect->not_after);
        break;
    case KC_EFFECT_FAILED:
        *wants = WANTS_NOTHING;
        break;
    default:
        break;
    }
    FUZZ_CHECK(!m->started || parked(m) <= m->limit);
}

static void call(struct model *m, struct kc_bytes in, struct kc_room out)
{
    struct kc_frame_message frame;
    struct kc_effect effect;
    size_t len = SIZE_MAX;
    size_t watched = out.len < WATCHED ? out.len : WATCHED;
    memset(out.ptr, 0xe7, watched);
    enum kc_err err = kc_core_ecall(m->core, in, out, &len);
    if (err != KC_OK) {
        FUZZ_CHECK((err == KC_ERR_MALFORMED || err == KC_ERR_ROOM) && len == SIZE_MAX);
        return;
    }
    FUZZ_CHECK(len <= out.len);
    for (size_t i = len; i < watched; i++)
        FUZZ_CHECK(out.ptr[i] == 0xe7);
    struct kc_reader r = kc_reader_of(kc_bytes_of(out.ptr, len));
    while (kc_frame_next(&r, &frame)) {
        FUZZ_CHECK(kc_effect_decode(&frame, &effect) == KC_OK);
        learn(m, &effect);
    }
    FUZZ_CHECK(r.left == 0);
}

static void send_batch(struct model *m)
{
    struct kc_room out = {m->out, m->out_cap};
    call(m, kc_bytes_of(m->batch_room, m->batch.len), out);
    m->batch = kc_writer_of((struct kc_room){m->batch_room, BATCH_MAX});
    m->out_cap = KC_CORE_FRAME_MAX;
    m->genuine = false;
    next_malloc_fails = false;
}

static void race(void)
{
    static const uint8_t target[KC_SGX_TARGETINFO_SIZE];
    uint8_t in[1024];
    uint8_t out[1024];
    struct kc_writer w = kc_writer_of((struct kc_room){in, sizeof in});
    struct model *m = racer;
    racer = NULL;
    /* The batch under way must be one message, or its other effects would be learnt too late. */
    if (m == NULL || m->batch.len != KC_FRAME_HEADER_SIZE + KC_MESSAGE_TARGET_FIXED + sizeof target)
        return;
    kc_message_encode(&w, &(struct kc_message){.type = KC_MESSAGE_TARGETINFO,
                                               .id = race_id,
                                               .body = {target, sizeof target}});
    call(m, kc_writer_written(&w), (struct kc_room){out, sizeof out});
}

static void say(struct model *m, const struct kc_message *message)
{
    if (m->batch.len + message->body.len + 64 <= BATCH_MAX)
        kc_message_encode(&m->batch, message);
}

/* A quote of a report that this host holds, then perhaps spoilt. */
static void say_quote(struct model *m, struct kc_reader *in, uint64_t id, bool spoil, bool swap)
{
    uint8_t quote[TEST_QUOTE_SIZE + 256];
    size_t len = TEST_QUOTE_SIZE;
    size_t of = swap ? kc_reader_u8(in) % PLACES : id;
    memset(quote, 0x77, sizeof quote);
    test_quote_of(m->report[of], quote);
    m->genuine = m->genuine || of >= IDS;
    if (spoil) {
        quote[kc_reader_u16(in) % TEST_QUOTE_SIZE] ^= kc_reader_u8(in);
        len = len - 128 + kc_reader_u8(in);
    }
    say(m,
        &(struct kc_message){.type = KC_MESSAGE_QUOTE, .id = id_of(m, id), .body = {quote, len}});
}

static void say_target(struct model *m, struct kc_reader *in, uint64_t id, bool spoil)
{
    uint8_t target[KC_SGX_TARGETINFO_SIZE] = {0x9e};
    if (spoil)
        target[kc_reader_u16(in) % sizeof target] ^= kc_reader_u8(in);
    say(m, &(struct kc_message){
               .type = KC_MESSAGE_TARGETINFO, .id = id_of(m, id), .body = {target, sizeof target}});
}

static void say_start(struct model *m, struct kc_reader *in)
{
    static const uint8_t names[] = "\0\1a\1\4\177\0\0\1";
    uint8_t version = kc_reader_u8(in);
    struct kc_message message = {.type = KC_MESSAGE_START,
                                 .version = version & 0x7f,
                                 .requests_max = kc_reader_u8(in),
                                 .now = kc_reader_u64(in)};
    if (version >= 0x80) {
        m->service = true;
        message.sessions_max = kc_reader_u16(in);
        message.certificate_life = kc_reader_u32(in);
        message.names = kc_bytes_of(names, sizeof names - 1);
    }
    say(m, &message);
}

static void say_evidence(struct model *m, struct kc_reader *in, uint64_t id)
{
    uint8_t format = kc_reader_u8(in);
    struct kc_message message = {.type = KC_MESSAGE_GET_EVIDENCE_WITH_PUB_KEY, .id = id};
    if (format % 8 < KC_OE_FORMAT_COUNT)
        memcpy(message.format, kc_oe_format_uuid(format % 8), sizeof message.format);
    if (format >= 0x80)
        message.body = kc_reader_bytes(in, in->left < format ? in->left : format);
    say(m, &message);
}

/* Type and length as the input says; the length may lie. */
static void say_raw(struct model *m, struct kc_reader *in, bool lie)
{
    uint16_t type = kc_reader_u16(in);
    size_t n = kc_reader_u8(in);
    n = n < in->left ? n : in->left;
    if (m->batch.len + n + 64 > BATCH_MAX)
        return;
    kc_frame_write_header(&m->batch, type, lie ? kc_reader_u32(in) : n);
    kc_writer_bytes(&m->batch, kc_reader_bytes(in, n < in->left ? n : in->left));
}

static void operate(struct model *m, struct kc_reader *in)
{
    uint8_t operation = kc_reader_u8(in);
    uint64_t id = kc_reader_u8(in) % PLACES;
    switch (operation % 20) {
    case 0:
        say(m, &(struct kc_message){.type = KC_MESSAGE_START, .version = 1, .requests_max = 64});
        break;
    case 1:
        say_start(m, in);
        break;
    case 2:
        say(m, &(struct kc_message){.type = KC_MESSAGE_TICK, .now = kc_reader_u64(in)});
        break;
    case 3:
        say(m, &(struct kc_message){.type = KC_MESSAGE_GET_REPORT, .id = id_of(m, id)});
        break;
    case 4:
        say_evidence(m, in, id_of(m, id));
        break;
    case 5:
    case 6:
        say_target(m, in, id, operation % 20 == 6);
        break;
    case 7:
    case 8:
        say(m, &(struct kc_message){.type = operation % 20 == 7 ? KC_MESSAGE_TARGETINFO
                                                                : KC_MESSAGE_QUOTE,
                                    .id = id_of(m, id),
                                    .code = kc_reader_u8(in)});
        break;
    case 9:
    case 10:
    case 11:
        say_quote(m, in, id, operation % 20 == 10, operation % 20 == 11);
        break;
    case 12:
    case 13:
        say_raw(m, in, operation % 20 == 13);
        break;
    case 14:
        m->machine.broken = !m->machine.broken;
        break;
    case 15:
        next_key_fails = id % 2 == 0 ? KC_ERR_MEMORY : KC_ERR_CRYPTO;
        break;
    case 16:
        m->out_cap = kc_reader_u16(in);
        break;
    case 17:
        send_batch(m);
        break;
    case 18:
        racer = m;
        race_id = id_of(m, id);
        break;
    default:
        next_malloc_fails = true;
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct model model;
    struct kc_reader in = kc_reader_of(kc_bytes_of(data, size));
    memset(&model, 0, offsetof(struct model, batch_room));
    test_machine_init(&model.machine);
    model.batch = kc_writer_of((struct kc_room){model.batch_room, BATCH_MAX});
    model.out_cap = KC_CORE_FRAME_MAX;
    next_key_fails = KC_OK;
    next_malloc_fails = false;
    racer = NULL;
    FUZZ_CHECK(kc_core_new(&model.machine.platform, &model.core) == KC_OK);
    for (int i = 0; i < 4096 && in.left > 0; i++)
        operate(&model, &in);
    send_batch(&model);
    kc_core_free(model.core);
    return 0;
}
