#include "sim/pcs_fault.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    enum kc_sim_pcs_kind kind;
} kinds[] = {
    {"404", KC_SIM_PCS_NOT_FOUND},
    {"429", KC_SIM_PCS_TOO_MANY},
    {"500", KC_SIM_PCS_FAILING},
    {"redirect", KC_SIM_PCS_REDIRECT},
    {"slow", KC_SIM_PCS_SLOW},
    {"silent", KC_SIM_PCS_SILENT},
    {"truncated", KC_SIM_PCS_TRUNCATED},
    {"huge", KC_SIM_PCS_HUGE},
    {"wrong-chain", KC_SIM_PCS_WRONG_CHAIN},
    {"no-chain", KC_SIM_PCS_NO_CHAIN},
    {"expired", KC_SIM_PCS_EXPIRED},
    {"changed", KC_SIM_PCS_CHANGED},
    {"hex", KC_SIM_PCS_HEX},
    {"pem", KC_SIM_PCS_PEM},
};

static const char *const pieces[] = {"tcb", "identity", "pckcrl", "rootcacrl"};

static bool is_name(const char *text, size_t len, const char *name)
{
    return strlen(name) == len && memcmp(text, name, len) == 0;
}

static bool read_kind(const char *text, size_t len, struct kc_sim_pcs_fault *out)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (is_name(text, len, kinds[i].name)) {
            out->kind = kinds[i].kind;
            return true;
        }
    }
    return false;
}

static bool read_piece(const char *text, struct kc_sim_pcs_fault *out)
{
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        if (strcmp(text, pieces[i]) == 0) {
            out->piece = pieces[i];
            return true;
        }
    }
    return false;
}

bool kc_sim_pcs_fault_parse(const char *text, struct kc_sim_pcs_fault *out)
{
    struct kc_sim_pcs_fault fault = {KC_SIM_PCS_NONE, UINT64_MAX, NULL};
    size_t len = strcspn(text, ":@");
    if (!read_kind(text, len, &fault))
        return false;
    text += len;
    if (*text == ':') {
        char *end = NULL;
        errno = 0;
        unsigned long n = strtoul(text + 1, &end, 10);
        if (text[1] < '1' || text[1] > '9' || errno != 0 || (*end != '\0' && *end != '@'))
            return false;
        fault.left = n;
        text = end;
    }
    if (*text == '@' && !read_piece(text + 1, &fault))
        return false;
    *out = fault;
    return true;
}

static bool is_of(const struct kc_sim_pcs_fault *fault, struct kc_bytes path)
{
    size_t len = fault->piece == NULL ? 0 : strlen(fault->piece);
    if (fault->piece == NULL)
        return true;
    return path.len > len && path.ptr[path.len - len - 1] == '/' &&
           memcmp(path.ptr + path.len - len, fault->piece, len) == 0;
}

enum kc_sim_pcs_kind kc_sim_pcs_fault_take(struct kc_sim_pcs_fault *faults, size_t count,
                                           struct kc_bytes path)
{
    for (size_t i = 0; i < count; i++) {
        if (faults[i].left > 0 && is_of(&faults[i], path)) {
            faults[i].left -= faults[i].left == UINT64_MAX ? 0 : 1;
            return faults[i].kind;
        }
    }
    return KC_SIM_PCS_NONE;
}
