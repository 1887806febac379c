#include "host/server_state.h"
#include "loader/loader.h"

/* Where the first half of a batch's messages ends; 0 where there is but one. */
static size_t middle(struct kc_bytes batch)
{
    struct kc_reader r = kc_reader_of(batch);
    struct kc_frame_message frame;
    size_t count = 0;
    size_t at = 0;
    while (kc_frame_next(&r, &frame))
        count++;
    r = kc_reader_of(batch);
    for (size_t i = 0; i < count / 2 && kc_frame_next(&r, &frame); i++)
        at = r.at;
    return at;
}

/* A message that the enclave has no memory for: its connection cannot go on. */
static void give_up(struct kc_server *server, struct kc_server_worker *self, struct kc_bytes batch,
                    const struct kc_error *error)
{
    struct kc_reader r = kc_reader_of(batch);
    struct kc_frame_message frame;
    struct kc_message message;
    kc_journal_text(server->options.journal, KC_JOURNAL_ERROR, "the enclave did not take a message",
                    "why", error->what);
    if (!kc_frame_next(&r, &frame) || kc_message_decode(&frame, &message) != KC_OK)
        return;
    struct kc_connection *c = self == NULL ? NULL : kc_connection_find(self, message.conn);
    if (c != NULL)
        kc_connection_lose(c);
}

void kc_server_call(struct kc_server *server, struct kc_server_worker *self, struct kc_bytes batch,
                    struct kc_room out)
{
    struct kc_error error = KC_ERROR_NONE;
    size_t len = 0;
    size_t half = 0;
    enum kc_err err = kc_enclave_call(server->options.enclave, batch, out, &len, &error);
    switch (err) {
    case KC_OK:
        kc_server_take_effects(server, self, kc_bytes_of(out.ptr, len));
        break;
    case KC_ERR_STATE:
        kc_server_fail(server, err, error.what);
        break;
    default: /* nothing was done */
        half = middle(batch);
        if (half == 0) {
            give_up(server, self, batch, &error);
            break;
        }
        kc_server_call(server, self, kc_bytes_of(batch.ptr, half), out);
        kc_server_call(server, self, kc_bytes_of(batch.ptr + half, batch.len - half), out);
        break;
    }
}

void kc_server_say(struct kc_server *server, const struct kc_message *message, struct kc_room in,
                   struct kc_room out)
{
    struct kc_writer w = kc_writer_of(in);
    kc_message_encode(&w, message);
    if (kc_writer_failed(&w))
        kc_server_fail(server, KC_ERR_ROOM, "a message that is longer than any can be");
    else
        kc_server_call(server, NULL, kc_writer_written(&w), out);
}
