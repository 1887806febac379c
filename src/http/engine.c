#include "http/engine.h"

#include "http/head.h"
#include "http/text.h"

static int on_headers_complete(llhttp_t *engine)
{
    return kc_http_head_is_bodiless(engine->data) ? 1 : 0;
}

/* llhttp would go on to the next message; we give it a fresh state for each. */
static int on_message_complete(llhttp_t *engine)
{
    struct kc_http_message *m = engine->data;
    m->engine_done = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t callbacks = {
    .on_headers_complete = on_headers_complete,
    .on_message_complete = on_message_complete,
};

/* The headers whose values llhttp reads. */
static bool is_framing(struct kc_bytes name)
{
    static const char *const names[] = {"connection", "content-length", "proxy-connection",
                                        "transfer-encoding", "upgrade"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (kc_http_text_equal_no_case(name, kc_bytes_of_text(names[i])))
            return true;
    }
    return false;
}

void kc_http_engine_start(struct kc_http_message *m)
{
    llhttp_init(&m->engine, m->is_response ? HTTP_RESPONSE : HTTP_REQUEST, &callbacks);
}

bool kc_http_engine_feed(struct kc_http_message *m, const uint8_t *ptr, size_t len, uint64_t at)
{
    const char *text = (const char *)ptr;
    m->engine.data = m; /* it may have been moved since */
    llhttp_errno_t err = llhttp_execute(&m->engine, text, len);
    if (err == HPE_OK)
        return true;
    const char *stop = llhttp_get_error_pos(&m->engine);
    if (err == HPE_PAUSED && m->engine_done && stop == text + len)
        return true;
    if (stop != NULL && stop >= text && stop <= text + len)
        at += (uint64_t)(stop - text);
    if (err == HPE_INVALID_TRANSFER_ENCODING)
        kc_http_head_refuse(m, 501, KC_ERR_UNSUPPORTED, "Transfer-Encoding is not `chunked`", at);
    else
        kc_http_head_refuse(m, 400, KC_ERR_MALFORMED, llhttp_get_error_reason(&m->engine), at);
    return false;
}

bool kc_http_engine_header(struct kc_http_message *m, struct kc_bytes name, struct kc_bytes line,
                           uint64_t at)
{
    static const uint8_t empty[] = {':', '\r', '\n'};
    if (is_framing(name))
        return kc_http_engine_feed(m, line.ptr, line.len, at);
    return kc_http_engine_feed(m, name.ptr, name.len, at) &&
           kc_http_engine_feed(m, empty, sizeof empty, at + name.len);
}
