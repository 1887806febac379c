/*
 * A hostile host with honest clients against the whole core. The input is a program: it starts and
 * restarts the service, opens connections, has clients ask for everything there is, and answers
 * what the core wants of its host truly, late, twice, falsely or not at all. What must hold
 * whatever the host does is checked in service/: nothing secret in what the core says, no batch and
 * no key made twice, every answer the asker's and right, bounded memory. At the end of every
 * program a new client is served.
 */
#include <openssl/err.h>

#include "core/certificates.h"
#include "core/sessions.h"
#include "service/world.h"

static struct world world;

/* --- lives --- */

static enum kc_err platform_key(void *context, const uint8_t request[KC_SGX_KEYREQUEST_SIZE],
                                uint8_t key[KC_SGX_KEY_SIZE])
{
    hooks_pass();
    enum kc_err err = test_machine_key(context, request, key);
    if (err == KC_OK)
        secrets_add(key, KC_SGX_KEY_SIZE);
    return err;
}

static enum kc_err platform_report(void *context, const uint8_t target[KC_SGX_TARGETINFO_SIZE],
                                   const uint8_t report_data[KC_SGX_REPORT_DATA_SIZE],
                                   uint8_t out[KC_SGX_REPORT_SIZE])
{
    hooks_pass();
    return test_machine_report(context, target, report_data, out);
}

/* A new core; START is another matter. */
static void restart(struct world *w)
{
    w->queue = kc_writer_of((struct kc_room){w->queue_room, BATCH_MAX});
    for (size_t i = 0; i < CLIENTS; i++)
        client_free(&w->client[i]);
    for (size_t i = 0; i < ASKS; i++)
        w->ask[i].type = 0;
    kc_core_free(w->core);
    w->core = NULL;
    w->root = NULL;
    w->made = 0;
    w->batches = w->queued = w->work = 0;
    w->started = w->serving = w->reports = false;
    FUZZ_CHECK(kc_core_new(&w->platform, &w->core) == KC_OK);
}

/* Bits of `how`: 0 to 1 the root (the store's, none, another blob, spoilt), then what is wrong. */
static void start(struct world *w, unsigned how, unsigned number)
{
    static const char *const names[] = {"\0\1a\1\4\177\0\0\1", "\0\1?", "", "\2\1a"};
    static const size_t lengths[] = {9, 3, 0, 3};
    static const uint32_t sessions[] = {8, 4, 64, 512, 0, 513, 1, 16};
    static const uint32_t requests[] = {8, 1, 64, 0};
    static const uint32_t lives[] = {3600, 60, 86400, 59};
    const struct kc_record_id id = {.class = KC_RECORD_ROOT, .name_len = 4, .name = "root"};
    uint8_t spoilt[KC_MESSAGE_ROOT_MAX];
    struct kc_bytes root = disk_bytes(&w->disk, disk_find(&w->disk, &id));
    if (how % 4 == 1)
        root.len = 0;
    else if (how % 4 == 2 && w->disk.blobs > 0)
        root = disk_bytes(&w->disk, &w->disk.blob[number % w->disk.blobs]);
    if (how % 4 == 3 && root.len > 0) {
        memcpy(spoilt, root.ptr, root.len);
        spoilt[number % root.len] ^= (uint8_t)(1 + (number >> 8));
        root.ptr = spoilt;
    }
    host_say(w,
             (struct kc_message){
                 .type = KC_MESSAGE_START,
                 .version = (how & 0x80) != 0 ? number : KC_BOUNDARY_VERSION,
                 .requests_max = requests[(how & 0x40) != 0 ? number >> 6 & 3 : 0],
                 .now = w->now,
                 .sessions_max = sessions[(how & 0x20) != 0 ? number & 7 : 0],
                 .certificate_life = lives[(how & 0x10) != 0 ? number >> 3 & 3 : 0],
                 .names = kc_bytes_of((const uint8_t *)names[how >> 2 & 3], lengths[how >> 2 & 3]),
                 .body = root});
}

/* Opens if need be, and shakes hands. */
static struct client *need_client(struct world *w, unsigned which)
{
    struct client *client = &w->client[which % CLIENTS];
    if (!client->open)
        client_open(w, which % CLIENTS, 0, KC_LISTENER_SERVICE);
    if (!SSL_is_init_finished(client->tls))
        client_settle(w);
    return client;
}

/* --- an earlier life that many programs begin with: made once --- */

static void begin_world(struct world *w, uint64_t seed)
{
    memset(w, 0, offsetof(struct world, ask));
    for (size_t i = 0; i < ASKS; i++)
        memset(&w->ask[i], 0, offsetof(struct ask, body) + KC_SGX_REPORT_SIZE);
    hooks = (struct hooks){0};
    hooks_seed(seed);
    secrets_forget();
    test_machine_init(&w->machine);
    w->platform = w->machine.platform;
    w->platform.key = platform_key;
    w->platform.report = platform_report;
    w->now = 1700000000;
    w->disk.records = w->disk.blobs = w->disk.used = 0;
    restart(w);
}

static void ask(struct world *w, unsigned row, unsigned name, unsigned extra)
{
    struct client *client = need_client(w, 0);
    request_write(w, client, row, 0, name, extra, kc_bytes_of(NULL, 0), kc_bytes_of(NULL, 0));
    client_settle(w);
    FUZZ_CHECK(client->waiting == 0);
}

static struct {
    bool made;
    struct disk disk;
    struct world world; /* its tokens and ciphertexts */
} * earlier;

static void make_earlier(struct world *w)
{
    begin_world(w, 1);
    start(w, 0, 0);
    client_settle(w);
    ask(w, 5, 0, 0);
    for (unsigned name = 0; name < 3; name++)
        ask(w, 13, name, 0);
    for (unsigned extra = 0; extra < 4; extra++)
        ask(w, 15, extra % 3, extra);
    FUZZ_CHECK(w->tokens == 1 && w->ciphertexts == 6 && w->disk.records == 5 && !w->lied);
    earlier = __real_malloc(sizeof *earlier);
    disk_copy(&earlier->disk, &w->disk);
    memcpy(&earlier->world, w, offsetof(struct world, ask));
}

static void remember_earlier(struct world *w)
{
    disk_copy(&w->disk, &earlier->disk);
    w->tokens = earlier->world.tokens;
    memcpy(w->token, earlier->world.token, sizeof w->token);
    w->ciphertexts = earlier->world.ciphertexts;
    memcpy(w->ciphertext, earlier->world.ciphertext, sizeof w->ciphertext);
    secrets_add(w->token[0].text, strlen(w->token[0].text));
    for (size_t i = 0; i < w->ciphertexts; i++)
        secrets_add(w->ciphertext[i].plain, PLAIN_MAX - 1);
}

/* --- operations --- */

static void say_tick(struct world *w, unsigned how)
{
    static const uint32_t steps[] = {1, 5, 11, 31, 61, 76, 121, 601, 1801, 3601, 86401, 0};
    uint64_t now = w->now + steps[how % 12];
    if (how >= 0xf0)
        now = w->now - (how - 0xef);
    w->now = now > w->now ? now : w->now;
    host_say(w, (struct kc_message){.type = KC_MESSAGE_TICK, .now = now});
}

static struct {
    uint8_t what, which;
} other_thread;

static void overtake(void)
{
    struct world *w = &world;
    uint64_t conn = w->client[other_thread.which % CLIENTS].conn;
    static const uint16_t types[] = {KC_MESSAGE_CLOSE, KC_MESSAGE_RESUME, KC_MESSAGE_WORK,
                                     KC_MESSAGE_OPEN};
    if (other_thread.what % 5 == 4) {
        w->now += 200;
        host_say_nested(w, (struct kc_message){.type = KC_MESSAGE_TICK, .now = w->now});
    } else {
        host_say_nested(w, (struct kc_message){.type = types[other_thread.what % 5], .conn = conn});
    }
}

/* What a client's TLS has to say, changed on its way. */
static void feed(struct world *w, struct client *client, unsigned how, unsigned number)
{
    static uint8_t room[4096];
    size_t most = how % 6 == 1 ? 1 + number % 64 : sizeof room;
    struct kc_message message = {.type = KC_MESSAGE_BYTES, .conn = client->conn};
    client_reads(w, client);
    message.body = client_says(client, (struct kc_room){room, most});
    client->spoilt = client->spoilt || how % 6 > 1;
    if (message.body.len == 0 || how % 6 == 5) /* lost */
        return;
    if (how % 6 == 2)
        room[number % message.body.len] ^= (uint8_t)(1 << (number >> 12) % 8);
    else if (how % 6 == 3)
        host_say(w, message); /* twice */
    else if (how % 6 == 4)
        message.conn = w->client[number % CLIENTS].conn;
    if (how % 6 == 4) {
        w->client[number % CLIENTS].raw = w->client[number % CLIENTS].spoilt = true;
        client->raw = true;
    }
    host_say(w, message);
}

static void say_request(struct world *w, struct kc_reader *in, bool own_body)
{
    struct client *client = need_client(w, kc_reader_u8(in));
    uint8_t row = kc_reader_u8(in);
    uint8_t flags = kc_reader_u8(in);
    uint8_t name = kc_reader_u8(in);
    uint8_t extra = own_body ? 0 : kc_reader_u8(in);
    struct kc_bytes suffix = {NULL, 0};
    struct kc_bytes body = {NULL, 0};
    if (own_body) {
        size_t n = kc_reader_u8(in);
        size_t m = kc_reader_u16(in) % 4096;
        suffix = kc_reader_bytes(in, n < in->left ? n : in->left);
        body = kc_reader_bytes(in, m < in->left ? m : in->left);
        if (body.ptr == NULL)
            body = kc_bytes_of_text("");
    }
    request_write(w, client, row, flags, name, extra, suffix, body);
    if ((flags & 8) == 0)
        client_settle(w);
}

static void say_plain(struct world *w, struct kc_reader *in, bool encrypted)
{
    struct client *client = need_client(w, kc_reader_u8(in));
    size_t n = kc_reader_u16(in) % 4096;
    struct kc_bytes bytes = kc_reader_bytes(in, n < in->left ? n : in->left);
    client->raw = true;
    client->spoilt = client->spoilt || !encrypted;
    request_note(w, client, bytes);
    if (encrypted)
        (void)client_write(client, bytes);
    else if (bytes.len > 0)
        host_say(
            w, (struct kc_message){.type = KC_MESSAGE_BYTES, .conn = client->conn, .body = bytes});
}

static void say_raw(struct world *w, struct kc_reader *in, bool lie)
{
    uint16_t type = kc_reader_u16(in);
    size_t n = kc_reader_u8(in);
    size_t length = lie ? kc_reader_u32(in) : n;
    n = n < in->left ? n : in->left;
    host_raw(w, type, kc_reader_bytes(in, n), lie ? length : n);
}

static void prepare_lie(struct world *w, struct kc_reader *in)
{
    struct lie lie = {.after = kc_reader_u8(in) % 8, .how = kc_reader_u8(in) % 20};
    lie.number = kc_reader_u16(in);
    if (w->lies < LIES)
        w->lie[w->lies++] = lie;
}

static void answer_one(struct world *w, struct kc_reader *in)
{
    uint8_t which = kc_reader_u8(in);
    uint8_t how = kc_reader_u8(in);
    uint16_t number = kc_reader_u16(in);
    struct ask *ask = which >= 0x80 ? &w->ask[which % ASKS] : answer_oldest(w);
    if (ask != NULL)
        answer_somehow(w, ask, how % 20, number);
}

static void say_own_request(struct world *w, unsigned how)
{
    struct kc_message message = {.type = KC_MESSAGE_GET_REPORT, .id = how >> 4};
    if (how % 2 == 1) {
        message.type = KC_MESSAGE_GET_EVIDENCE_WITH_PUB_KEY;
        memcpy(message.format, kc_oe_format_uuid((how >> 1) % KC_OE_FORMAT_COUNT),
               sizeof message.format);
    }
    w->reports = true;
    host_say(w, message);
}

/* Long bodies take most of the time: of one program no more than two of the longest. */
static void write_long(struct world *w, struct client *client, unsigned kib)
{
    if (kib > 2560 - w->long_kib)
        kib = 2560 - w->long_kib;
    w->long_kib += kib;
    request_write_long(w, client, kib);
}

static void operate_client(struct world *w, struct kc_reader *in, unsigned operation)
{
    uint8_t which = kc_reader_u8(in);
    struct client *client = &w->client[which % CLIENTS];
    switch (operation) {
    case 0:
        client_open(w, which % CLIENTS, which / CLIENTS % 4, which >= 0xc0);
        break;
    case 1:
        if (client->conn != 0)
            host_say_conn(w, KC_MESSAGE_CLOSE, client->conn);
        break;
    case 2:
        host_say_conn(w, KC_MESSAGE_RESUME, client->conn);
        break;
    case 3:
        client = need_client(w, which);
        (void)SSL_shutdown(client->tls);
        break;
    case 4:
        client = need_client(w, which);
        (void)SSL_key_update(client->tls, which >= 0x80);
        break;
    case 5:
        if (client->tls != NULL)
            feed(w, client, which / CLIENTS, kc_reader_u16(in));
        break;
    default:
        client = need_client(w, which);
        write_long(w, client, kc_reader_u8(in) * 5);
        break;
    }
    ERR_clear_error();
}

static void operate_world(struct world *w, struct kc_reader *in, unsigned operation)
{
    uint8_t how = kc_reader_u8(in);
    switch (operation) {
    case 0:
        host_flush(w);
        restart(w);
        if (how % 4 == 1) /* a later microcode: the root is sealed anew */
            w->machine.processor.cpu_svn[0]++;
        start(w, how >> 2 & 3, kc_reader_u16(in));
        break;
    case 1:
        start(w, how, kc_reader_u16(in));
        break;
    case 2:
        say_tick(w, how);
        break;
    case 3:
        host_say(w, (struct kc_message){.type = KC_MESSAGE_WORK});
        break;
    case 4:
        w->gather = how % 2 == 1;
        host_flush(w);
        break;
    case 5:
        w->no_resume = (how & 1) != 0;
        w->no_work = (how & 2) != 0;
        w->machine.broken = (how & 4) != 0;
        break;
    case 6:
        w->failed = true;
        hooks.memory_fails = 1 + how;
        break;
    case 7:
        w->failed = true;
        hooks.random_fails = 1 + how % 32;
        break;
    case 8:
        hooks.interrupt = 1 + how % 16;
        other_thread.what = how / 16;
        other_thread.which = kc_reader_u8(in);
        break;
    case 9:
        w->out_cap = how * 256u;
        break;
    default:
        say_own_request(w, how);
        break;
    }
}

static void operate(struct world *w, struct kc_reader *in)
{
    uint8_t operation = kc_reader_u8(in) % 32;
    if (operation < 7)
        operate_client(w, in, operation);
    else if (operation < 18)
        operate_world(w, in, operation - 7);
    else if (operation < 20)
        say_raw(w, in, operation == 19);
    else if (operation < 22)
        say_plain(w, in, operation == 20);
    else if (operation == 22)
        answer_one(w, in);
    else if (operation == 23)
        prepare_lie(w, in);
    else if (operation == 24)
        client_settle(w);
    else
        say_request(w, in, operation >= 30);
}

/* --- the end of every program: the service goes on --- */

static void heal(struct world *w)
{
    host_flush(w);
    hooks.memory_fails = hooks.random_fails = hooks.interrupt = 0;
    w->machine.broken = w->gather = w->no_resume = w->no_work = false;
    w->out_cap = 0;
    w->lies = 0;
    if (w->now < w->machine.told) /* by a message of unknown making */
        w->now = w->machine.told;
    for (size_t i = 0; i < CLIENTS; i++) {
        if (w->client[i].conn != 0)
            host_say_conn(w, KC_MESSAGE_CLOSE, w->client[i].conn);
        client_free(&w->client[i]);
    }
    if (!w->started)
        start(w, 1, 0);
}

/* A certificate comes, however often it failed. */
static void wait_for_service(struct world *w)
{
    for (int i = 0; i < 8 && !w->serving; i++) {
        w->now = w->machine.told + KC_CERTIFICATES_RETRY_MAX + (i > 0 ? 3601 : 0);
        host_say(w, (struct kc_message){.type = KC_MESSAGE_TICK, .now = w->now});
        client_settle(w);
    }
}

/* What nothing can keep an honest client from. */
static void check_ask(struct world *w, unsigned row, unsigned extra, unsigned status)
{
    struct client *client = need_client(w, 0);
    FUZZ_CHECK(SSL_is_init_finished(client->tls));
    request_write(w, client, row, 0, 4, extra, kc_bytes_of(NULL, 0), kc_bytes_of(NULL, 0));
    client_settle(w);
    FUZZ_CHECK(client->waiting == 0 && client->open && w->status == status);
}

static bool has_room(const struct disk *disk)
{
    return disk->records + 4 < DISK_RECORDS && disk->blobs + 8 < DISK_BLOBS &&
           disk->used < DISK_ARENA / 2;
}

/* With a store that never lied, all that a service does. */
static void check_keys(struct world *w)
{
    bool let_in = false;
    if (!has_room(&w->disk))
        return;
    if (w->core->root == NULL && w->disk.records == 0)
        check_ask(w, 5, 0, 200);
    for (size_t i = 0; i < w->tokens; i++)
        let_in = let_in || judge_token(w, w->token[i].text);
    if (w->lied || !let_in)
        return;
    check_ask(w, 13, 0, 200);
    check_ask(w, 15, 0, 200);
    check_ask(w, 16, (unsigned)((w->ciphertexts - 1) % CIPHERTEXTS), 200);
}

/* Time limits end what messages of unknown making opened; nothing of it stays behind. */
static void check_empty(struct world *w)
{
    const struct kc_sessions *sessions = w->core->sessions;
    for (int i = 0; i < 12 && sessions->open > 0; i++)
        say_tick(w, 6);
    FUZZ_CHECK(sessions->open == 0 && sessions->unproven == 0);
    FUZZ_CHECK(sessions->excess[false] == 0 && sessions->excess[true] == 0);
    for (size_t i = 0; i < KC_SESSION_SLOW_MAX; i++)
        FUZZ_CHECK(sessions->job[i].state == KC_SLOW_FREE);
}

static void check_served(struct world *w, bool all)
{
    check_empty(w);
    check_ask(w, 0, 0, w->core->root == NULL ? 501 : 200);
    if (!all)
        return;
    check_ask(w, 7, 0, 200);
    if (!w->reports) /* those take the places of evidence */
        check_ask(w, 8, 0, 200);
    check_keys(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world *w = &world;
    struct kc_reader in = kc_reader_of(kc_bytes_of(data, size));
    if (earlier == NULL)
        make_earlier(w);
    uint8_t how = kc_reader_u8(&in);
    begin_world(w, 2 + how);
    hooks.overtake = overtake;
    if ((how & 1) != 0)
        remember_earlier(w);
    if ((how & 2) != 0)
        w->machine.processor.cpu_svn[0]++;
    if ((how & 4) == 0) {
        start(w, 0, 0);
        client_settle(w);
    }
    for (int i = 0; i < 400 && in.left > 0; i++)
        operate(w, &in);
    heal(w);
    if (w->core->sessions != NULL && w->machine.told < UINT64_C(200000000000)) {
        wait_for_service(w);
        check_served(w, (how & 8) != 0);
    }
    for (size_t i = 0; i < CLIENTS; i++)
        client_free(&w->client[i]);
    kc_core_free(w->core);
    w->core = NULL;
    return 0;
}
