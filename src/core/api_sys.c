/* What anybody may ask about the service, in the shapes of Vault's /v1/sys. */
#include "core/api.h"
#include "core/api_json.h"
#include "core/state.h"

/* The version of Vault's API that clients may take us for; some compare it. */
#define API_VERSION "1.18.0"

#define ANSWER_MAX 512

static const struct kc_root *root_of(struct kc_core *core)
{
    return __atomic_load_n(&core->root, __ATOMIC_ACQUIRE);
}

static void write_initialised(struct kc_writer *w, const struct kc_root *root)
{
    kc_api_text(w, "\"initialized\":");
    kc_api_text(w, root == NULL ? "false" : "true");
}

static void write_kms_id(struct kc_writer *w, const struct kc_root *root)
{
    if (root == NULL)
        return;
    kc_api_text(w, ",\"kms_id\":");
    kc_api_hex(w, kc_bytes_of(root->kms_id, sizeof root->kms_id));
}

/* The status that the query asks for, so that a load balancer may choose. */
static bool choose_status(struct kc_exchange *x, const char *name, unsigned usual, unsigned *out)
{
    uint64_t asked = 0;
    if (!kc_api_query_number(x, name, 599, "activecode, uninitcode: 200 to 599", &asked))
        return false;
    if (asked != 0 && asked < 200) {
        kc_exchange_refuse(x, 400, "activecode, uninitcode: 200 to 599");
        return false;
    }
    *out = asked == 0 ? usual : (unsigned)asked;
    return true;
}

void kc_api_health_plan(struct kc_exchange *x)
{
    const struct kc_root *root = root_of(x->core);
    unsigned status = 0;
    if (!choose_status(x, root == NULL ? "uninitcode" : "activecode", root == NULL ? 501 : 200,
                       &status))
        return;
    struct kc_writer w = kc_api_answer(x, ANSWER_MAX);
    kc_api_text(&w, "{");
    write_initialised(&w, root);
    kc_api_text(&w, ",\"sealed\":false,\"standby\":false,\"performance_standby\":false,"
                    "\"replication_performance_mode\":\"disabled\","
                    "\"replication_dr_mode\":\"disabled\",\"server_time_utc\":");
    kc_api_decimal(&w, kc_api_now(x->core));
    kc_api_text(&w, ",\"version\":\"" API_VERSION "\"");
    write_kms_id(&w, root);
    kc_api_text(&w, "}\n");
    /* These have no body, whoever asks for them. */
    if (status == 204 || status == 304)
        w.len = 0;
    kc_api_answered(x, &w, status);
}

void kc_api_seal_status_plan(struct kc_exchange *x)
{
    const struct kc_root *root = root_of(x->core);
    struct kc_writer w = kc_api_answer(x, ANSWER_MAX);
    kc_api_text(&w, "{\"type\":\"sgx\",");
    write_initialised(&w, root);
    kc_api_text(&w, ",\"sealed\":false,\"t\":0,\"n\":0,\"progress\":0,\"nonce\":\"\","
                    "\"version\":\"" API_VERSION "\",\"migration\":false,"
                    "\"recovery_seal\":false,\"storage_type\":\"host\"");
    write_kms_id(&w, root);
    kc_api_text(&w, "}\n");
    kc_api_answered(x, &w, 200);
}

void kc_api_init_status_plan(struct kc_exchange *x)
{
    struct kc_writer w = kc_api_answer(x, ANSWER_MAX);
    kc_api_text(&w, "{");
    write_initialised(&w, root_of(x->core));
    kc_api_text(&w, "}\n");
    kc_api_answered(x, &w, 200);
}
