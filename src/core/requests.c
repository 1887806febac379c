#include "core/requests.h"

struct kc_request *kc_requests_find(struct kc_requests *requests, uint64_t id)
{
    for (size_t i = 0; i < requests->max; i++) {
        struct kc_request *entry = &requests->entry[i];
        if (entry->state != KC_REQUEST_FREE && entry->id == id)
            return entry;
    }
    return NULL;
}

struct kc_request *kc_requests_free_entry(struct kc_requests *requests)
{
    for (size_t i = 0; i < requests->max; i++) {
        if (requests->entry[i].state == KC_REQUEST_FREE)
            return &requests->entry[i];
    }
    return NULL;
}
