#include "sim/pcs_answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/pem.h"
#include "http/target.h"
#include "sim/collateral.h"
#include "sim/pki.h"

#define ROOT_PATH   "/sgx/certification/v4/"
#define TDX_PATH    "/tdx/certification/v4/"
#define PATH_ROOM   256
#define HUGE_LEN    ((size_t)4 * 1024 * 1024)
#define AGE         (60 * 60) /* seconds: Intel's is older too, and clocks differ */
#define DAY         ((int64_t)24 * 60 * 60)
#define PEM_TYPE    "application/x-pem-file"
#define DER_TYPE    "application/pkix-crl"
#define NOT_FOUND   404
#define BAD_REQUEST 400

/* Where kc_sim_collateral_make() puts what is served. */
enum {
    FILE_TCB_INFO = 1,
    FILE_QE = 2,
    FILE_TCB_CHAIN = 3,
    FILE_CRL = 4,
    FILE_CRL_CHAIN = 5,
    FILE_ROOT_CRL = 6
};

enum form { FORM_AS_IS, FORM_DER, FORM_PEM, FORM_HEX };

struct route {
    const char *path;
    size_t file;
    size_t chain; /* 0: none */
    const char *chain_name;
    bool is_tdx;
};

static const struct route routes[] = {
    {ROOT_PATH "tcb", FILE_TCB_INFO, FILE_TCB_CHAIN, "TCB-Info-Issuer-Chain", false},
    {TDX_PATH "tcb", FILE_TCB_INFO, FILE_TCB_CHAIN, "TCB-Info-Issuer-Chain", true},
    {ROOT_PATH "qe/identity", FILE_QE, FILE_TCB_CHAIN, "SGX-Enclave-Identity-Issuer-Chain", false},
    {TDX_PATH "qe/identity", FILE_QE, FILE_TCB_CHAIN, "SGX-Enclave-Identity-Issuer-Chain", true},
    {ROOT_PATH "pckcrl", FILE_CRL, FILE_CRL_CHAIN, "SGX-PCK-CRL-Issuer-Chain", false},
    {ROOT_PATH "rootcacrl", FILE_ROOT_CRL, 0, NULL, false},
};

static const struct route *find_route(struct kc_bytes path)
{
    uint8_t text[PATH_ROOM];
    size_t len = 0;
    if (kc_http_target_path(path, (struct kc_room){text, sizeof text}, &len) != KC_OK)
        return NULL;
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (kc_bytes_equal(kc_bytes_of(text, len), kc_bytes_of_text(routes[i].path)))
            return &routes[i];
    }
    return NULL;
}

/* A parameter as a NUL-ended text; KC_ERR_ABSENT leaves "". */
static enum kc_err parameter(struct kc_bytes query, const char *name, char out[16])
{
    size_t len = 0;
    enum kc_err err =
        kc_http_target_parameter(query, name, (struct kc_room){(uint8_t *)out, 15}, &len);
    out[err == KC_OK ? len : 0] = '\0';
    return err;
}

static unsigned judge_fmspc(struct kc_bytes query)
{
    char text[16];
    uint8_t fmspc[6];
    size_t n = 0;
    if (parameter(query, "fmspc", text) != KC_OK ||
        kc_hex_decode(kc_bytes_of_text(text), (struct kc_room){fmspc, sizeof fmspc}, &n) != KC_OK ||
        n != sizeof fmspc)
        return BAD_REQUEST;
    return memcmp(fmspc, kc_sim_platform.fmspc, sizeof fmspc) == 0 ? 200 : NOT_FOUND;
}

static unsigned judge_crl(struct kc_bytes query, enum form *form)
{
    char ca[16];
    char encoding[16];
    enum kc_err err = parameter(query, "encoding", encoding);
    *form = FORM_PEM;
    if (err == KC_OK && strcmp(encoding, "der") == 0)
        *form = FORM_DER;
    else if (err != KC_ERR_ABSENT && (err != KC_OK || strcmp(encoding, "pem") != 0))
        return BAD_REQUEST;
    if (parameter(query, "ca", ca) != KC_OK)
        return BAD_REQUEST;
    if (strcmp(ca, "processor") == 0)
        return NOT_FOUND;
    return strcmp(ca, "platform") == 0 ? 200 : BAD_REQUEST;
}

static bool percent_encode(const struct kc_sim_collateral_file *file, char **out)
{
    static const char digits[] = "0123456789ABCDEF";
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    char *text = malloc(3 * file->len + 1);
    size_t n = 0;
    if (text == NULL)
        return false;
    for (size_t i = 0; i < file->len; i++) {
        uint8_t c = file->ptr[i];
        if (c != 0 && strchr(plain, c) != NULL) {
            text[n++] = (char)c;
        } else {
            text[n++] = '%';
            text[n++] = digits[c >> 4];
            text[n++] = digits[c & 15];
        }
    }
    text[n] = '\0';
    *out = text;
    return true;
}

/* `extra` bytes of room stay behind the body. */
static bool put_body(struct kc_bytes bytes, size_t extra, struct kc_sim_pcs_answer *out)
{
    out->body = malloc(bytes.len + extra + 1);
    if (out->body == NULL)
        return false;
    memcpy(out->body, bytes.ptr, bytes.len);
    memset(out->body + bytes.len, ' ', extra);
    out->body_len = bytes.len + extra;
    return true;
}

static bool put_list(struct kc_bytes der, enum form form, struct kc_sim_pcs_answer *out)
{
    out->content_type = form == FORM_PEM ? PEM_TYPE : DER_TYPE;
    if (form == FORM_DER)
        return put_body(der, 0, out);
    size_t room = 2 * der.len + 128;
    out->body = malloc(room);
    if (out->body == NULL)
        return false;
    if (form == FORM_HEX) {
        kc_hex_encode_lower(der, (char *)out->body);
        out->body_len = 2 * der.len;
        return true;
    }
    struct kc_writer w = kc_writer_of((struct kc_room){out->body, room});
    kc_pem_write(&w, "X509 CRL", der);
    out->body_len = w.len;
    return !kc_writer_failed(&w);
}

static bool fill(const struct route *route, enum form form, enum kc_sim_pcs_kind fault,
                 const struct kc_sim_collateral_file *files, struct kc_sim_pcs_answer *out)
{
    struct kc_bytes bytes = kc_bytes_of(files[route->file].ptr, files[route->file].len);
    size_t chain = route->chain;
    bool ok;
    if (form == FORM_AS_IS) {
        out->content_type = "application/json";
        ok = put_body(bytes, fault == KC_SIM_PCS_HUGE ? HUGE_LEN : 0, out);
    } else {
        if (fault == KC_SIM_PCS_HEX || fault == KC_SIM_PCS_PEM)
            form = fault == KC_SIM_PCS_HEX ? FORM_HEX : FORM_PEM;
        ok = fault == KC_SIM_PCS_HUGE ? put_body(bytes, HUGE_LEN, out) : put_list(bytes, form, out);
    }
    if (ok && fault == KC_SIM_PCS_CHANGED)
        out->body[out->body_len / 2] ^= 1;
    if (chain == 0 || fault == KC_SIM_PCS_NO_CHAIN)
        return ok;
    if (fault == KC_SIM_PCS_WRONG_CHAIN)
        chain = chain == FILE_TCB_CHAIN ? FILE_CRL_CHAIN : FILE_TCB_CHAIN;
    out->chain_name = route->chain_name;
    return ok && percent_encode(&files[chain], &out->chain);
}

bool kc_sim_pcs_answer(const struct kc_sim_state *state, const struct kc_sim_pcs_platform *platform,
                       enum kc_sim_pcs_kind fault, struct kc_bytes path, struct kc_bytes query,
                       int64_t now, struct kc_sim_pcs_answer *out)
{
    struct kc_sim_collateral_options options = {now - AGE, platform->days, platform->status, false};
    struct kc_sim_collateral_file files[KC_SIM_COLLATERAL_FILES];
    const struct route *route = find_route(path);
    enum form form = FORM_AS_IS;
    *out = (struct kc_sim_pcs_answer){.status = route == NULL ? NOT_FOUND : 200};
    if (route == NULL)
        return true;
    if (route->file == FILE_TCB_INFO)
        out->status = judge_fmspc(query);
    else if (route->file == FILE_CRL)
        out->status = judge_crl(query, &form);
    else if (route->file == FILE_ROOT_CRL)
        form = FORM_HEX;
    if (out->status != 200)
        return true;
    options.is_tdx = route->is_tdx;
    if (fault == KC_SIM_PCS_EXPIRED) {
        options.days = 1;
        options.issued = now - 2 * DAY;
    }
    if (kc_sim_collateral_make(state, &options, files, NULL) != KC_OK)
        return false;
    bool ok = fill(route, form, fault, files, out);
    kc_sim_collateral_clear(files);
    if (!ok)
        kc_sim_pcs_answer_clear(out);
    return ok;
}

void kc_sim_pcs_answer_clear(struct kc_sim_pcs_answer *answer)
{
    free(answer->body);
    free(answer->chain);
    *answer = (struct kc_sim_pcs_answer){0};
}
