/* START: what the enclave is told of the service, and its root as the store has it. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host/server_state.h"
#include "host/store/store.h"
#include "host/words.h"
#include "ratls/subject_name.h"

#define HOST_NAME_MAX_SIZE 254

struct names {
    struct kc_writer w;
    uint8_t room[KC_MESSAGE_NAMES_MAX];
    size_t count;
};

/* Once each. */
static bool is_there(const struct names *names, const struct kc_ratls_subject_name *name)
{
    struct kc_reader r = kc_reader_of(kc_writer_written(&names->w));
    struct kc_bytes value;
    while (r.left > 0) {
        uint8_t kind = kc_reader_u8(&r);
        if (!kc_message_next_name(&r, &value))
            return false;
        if (kind == name->kind && kc_bytes_equal(value, name->value))
            return true;
    }
    return false;
}

/* False: it is no name. What goes beyond the limit is no name, too. */
static bool add(struct names *names, enum kc_ratls_subject_name_kind kind, struct kc_bytes value)
{
    const struct kc_ratls_subject_name name = {kind, value};
    if (!kc_ratls_subject_name_is_good(&name))
        return false;
    if (is_there(names, &name))
        return true;
    if (names->count == KC_RATLS_NAMES_MAX)
        return false;
    names->count++;
    kc_writer_u8(&names->w, (uint8_t)kind);
    kc_message_write_name(&names->w, value);
    return !kc_writer_failed(&names->w);
}

static bool add_text(struct names *names, const char *text)
{
    uint8_t ip[16];
    if (inet_pton(AF_INET, text, ip) == 1)
        return add(names, KC_RATLS_NAME_IP, kc_bytes_of(ip, 4));
    if (inet_pton(AF_INET6, text, ip) == 1)
        return add(names, KC_RATLS_NAME_IP, kc_bytes_of(ip, 16));
    return add(names, KC_RATLS_NAME_DNS, kc_bytes_of_text(text));
}

/* One that stands for all addresses: this machine's name, and what it calls itself. */
static void add_address(struct names *names, const struct kc_address *address)
{
    char host[HOST_NAME_MAX_SIZE] = "";
    if (!kc_address_is_any(address)) {
        (void)add(names, KC_RATLS_NAME_IP, kc_address_ip(address));
        return;
    }
    (void)add_text(names, "127.0.0.1");
    (void)add_text(names, "::1");
    if (gethostname(host, sizeof host - 1) == 0)
        (void)add_text(names, host);
}

static enum kc_err gather_names(const struct kc_server *server, struct names *names,
                                struct kc_server_error *error)
{
    const struct kc_server_options *o = &server->options;
    for (size_t i = 0; i < o->name_count; i++) {
        if (add_text(names, o->names[i]))
            continue;
        snprintf(error->text, sizeof error->text,
                 "name '%.200s' is no host name and no IP address, or there are too many",
                 o->names[i]);
        return KC_ERR_ARGUMENT;
    }
    for (unsigned i = 0; i < server->listener_count; i++)
        add_address(names, &server->listeners[i].address);
    (void)add_text(names, "localhost");
    return KC_OK;
}

static enum kc_err fetch_root(struct kc_server *server, struct kc_room room, struct kc_bytes *root,
                              struct kc_server_error *error)
{
    struct kc_record_id id;
    size_t len = 0;
    uint64_t version = 0;
    enum kc_found found = KC_FOUND_FAILED;
    if (kc_record_id_make(KC_RECORD_ROOT, kc_bytes_of_text("root"), &id))
        found = kc_store_fetch(server->options.store, &id, room, &len, &version);
    if (found == KC_FOUND_FAILED) {
        snprintf(error->text, sizeof error->text, "the store does not give the sealed root: %s",
                 kc_store_trouble(server->options.store));
        return KC_ERR_IO;
    }
    *root = kc_bytes_of(room.ptr, len);
    return KC_OK;
}

enum kc_err kc_server_start(struct kc_server *server, struct kc_server_error *error)
{
    struct names names = {.count = 0};
    uint8_t root[KC_MESSAGE_ROOT_MAX];
    struct kc_message start = {.type = KC_MESSAGE_START,
                               .version = KC_BOUNDARY_VERSION,
                               .requests_max = KC_CORE_REQUESTS_MAX,
                               .now = (uint64_t)time(NULL),
                               .sessions_max = server->options.connections,
                               .certificate_life = server->options.certificate_life};
    names.w = kc_writer_of((struct kc_room){names.room, sizeof names.room});
    enum kc_err err = gather_names(server, &names, error);
    if (err == KC_OK)
        err = fetch_root(server, (struct kc_room){root, sizeof root}, &start.body, error);
    if (err != KC_OK)
        return err;
    start.names = kc_writer_written(&names.w);
    kc_server_say(server, &start, server->aesm.in, server->out);
    err = atomic_load(&server->failed);
    if (err != KC_OK) {
        snprintf(error->text, sizeof error->text, "the enclave ended at its start");
        return err;
    }
    if (server->started)
        return KC_OK;
    if (!server->refused) {
        snprintf(error->text, sizeof error->text, "the enclave does not start");
        return KC_ERR_REFUSED;
    }
    struct kc_words words = kc_words_of_refusal(server->refusal.code);
    snprintf(error->text, sizeof error->text, "the enclave does not start: %s (%llu)%s%s",
             words.what, (unsigned long long)server->refusal.number, *words.mend ? "\n  " : "",
             words.mend);
    return KC_ERR_REFUSED;
}
