#include "core/sessions.h"

#include <stdlib.h>
#include <string.h>

#define BODY_FIRST 1024

static const struct kc_http_limits limits = {
    .line = KC_SESSION_LINE_MAX,
    .headers = KC_HTTP_HEADERS_MAX,
    .header_bytes = KC_SESSION_HEADER_BYTES_MAX,
    .body = KC_EXCHANGE_BODY_MAX,
};

static void free_desk(struct kc_desk *desk)
{
    free(desk->body.ptr);
    free(desk);
}

struct kc_desk *kc_desk_take(struct kc_sessions *sessions)
{
    pthread_mutex_lock(&sessions->desks_lock);
    struct kc_desk *desk = sessions->spare;
    if (desk != NULL) {
        sessions->spare = desk->next_spare;
        sessions->spare_count--;
    }
    pthread_mutex_unlock(&sessions->desks_lock);
    if (desk != NULL) {
        desk->next_spare = NULL;
        return desk;
    }
    desk = calloc(1, sizeof *desk);
    if (desk != NULL &&
        kc_http_request_init(&desk->http, &limits,
                             (struct kc_room){desk->head, sizeof desk->head}) != KC_OK) {
        free(desk);
        return NULL;
    }
    return desk;
}

void kc_desk_next(struct kc_desk *desk)
{
    kc_exchange_end(&desk->x);
    kc_http_next(&desk->http);
    kc_bytes_wipe(desk->path, sizeof desk->path);
    kc_bytes_wipe(desk->body.ptr, desk->body_len);
    desk->body_len = 0;
    desk->answer_at = 0;
    desk->body_ended = false;
    desk->keep_alive = false;
    if (desk->body.len > KC_SESSION_BODY_KEPT) {
        free(desk->body.ptr);
        desk->body = (struct kc_room){NULL, 0};
    }
}

void kc_desk_give_back(struct kc_sessions *sessions, struct kc_desk *desk)
{
    if (desk == NULL)
        return;
    kc_desk_next(desk);
    kc_bytes_wipe(desk->plain, desk->plain_most);
    desk->plain_at = 0;
    desk->plain_len = 0;
    desk->plain_most = 0;
    pthread_mutex_lock(&sessions->desks_lock);
    bool kept = sessions->spare_count < KC_SESSION_DESKS_SPARE;
    if (kept) {
        desk->next_spare = sessions->spare;
        sessions->spare = desk;
        sessions->spare_count++;
    }
    pthread_mutex_unlock(&sessions->desks_lock);
    if (!kept)
        free_desk(desk);
}

bool kc_desk_add_body(struct kc_desk *desk, struct kc_bytes piece)
{
    size_t len = desk->body_len + piece.len;
    size_t cap = desk->body.len > 0 ? desk->body.len : BODY_FIRST;
    while (cap < len)
        cap *= 2;
    if (cap > desk->body.len) {
        uint8_t *more = malloc(cap);
        if (more == NULL)
            return false;
        if (desk->body_len > 0)
            memcpy(more, desk->body.ptr, desk->body_len);
        kc_bytes_wipe(desk->body.ptr, desk->body_len);
        free(desk->body.ptr);
        desk->body = (struct kc_room){more, cap};
    }
    memcpy(desk->body.ptr + desk->body_len, piece.ptr, piece.len);
    desk->body_len = len;
    return true;
}

void kc_desk_free_spare(struct kc_sessions *sessions)
{
    while (sessions->spare != NULL) {
        struct kc_desk *desk = sessions->spare;
        sessions->spare = desk->next_spare;
        free_desk(desk);
    }
}
