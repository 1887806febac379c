#include "core/requests.h"

#include <stdlib.h>

#define PLACES (KC_CORE_REQUESTS_MAX + KC_REQUESTS_CERTIFICATE)

struct kc_request *kc_requests_find(struct kc_requests *requests, uint64_t id)
{
    for (size_t i = 0; i < PLACES; i++) {
        struct kc_request *entry = &requests->entry[i];
        if (entry->state != KC_REQUEST_FREE && entry->id == id)
            return entry;
    }
    return NULL;
}

struct kc_request *kc_requests_free_entry(struct kc_requests *requests, size_t kept)
{
    struct kc_request *found = NULL;
    size_t count = 0;
    for (size_t i = 0; i < requests->max; i++) {
        if (requests->entry[i].state != KC_REQUEST_FREE)
            continue;
        found = &requests->entry[i];
        count++;
    }
    return count > kept ? found : NULL;
}

struct kc_request *kc_requests_certificate_entry(struct kc_requests *requests)
{
    for (size_t i = KC_CORE_REQUESTS_MAX; i < PLACES; i++) {
        if (requests->entry[i].state == KC_REQUEST_FREE)
            return &requests->entry[i];
    }
    return NULL;
}

void kc_requests_end(struct kc_request *entry)
{
    free(entry->quote.ptr);
    *entry = (struct kc_request){.state = KC_REQUEST_FREE};
}

void kc_requests_clear(struct kc_requests *requests)
{
    for (size_t i = 0; i < PLACES; i++)
        kc_requests_end(&requests->entry[i]);
}
