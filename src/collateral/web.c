#include "collateral/web.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <curl/curl.h>

#define CHAIN_NAME "Issuer-Chain"

const struct kc_web_limits kc_web_limits_default = {
    .connect_ms = 5000,
    .answer_ms = 10000,
    .total_ms = 45000,
    .tries = 4,
    .backoff_ms = 250,
    .wait_max_ms = 10000,
    .body_max = (size_t)1024 * 1024,
};

struct kc_web {
    CURL *curl;
    struct kc_web_limits limits;
    int64_t deadline_ms;
    struct kc_web_answer *answer; /* of the try that is under way */
    const char *why;              /* NULL, or why this side ended it */
    bool may_pass;                /* the last failure */
    size_t room;                  /* bytes at answer->body */
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void wait_ms(int64_t ms)
{
    struct timespec left = {ms / 1000, (ms % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

static void say(char reason[KC_WEB_REASON_MAX], const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void say(char reason[KC_WEB_REASON_MAX], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, KC_WEB_REASON_MAX, format, arguments);
    va_end(arguments);
}

static size_t take_body(char *bytes, size_t one, size_t len, void *context)
{
    struct kc_web *web = context;
    struct kc_room *body = &web->answer->body;
    (void)one; /* is 1 */
    if (len > web->limits.body_max - body->len) {
        web->why = "the answer is too large";
        return 0;
    }
    if (body->len + len > web->room) {
        size_t room = 2 * (body->len + len);
        uint8_t *grown = realloc(body->ptr, room);
        if (grown == NULL) {
            web->why = "out of memory";
            return 0;
        }
        body->ptr = grown;
        web->room = room;
    }
    memcpy(body->ptr + body->len, bytes, len);
    body->len += len;
    return len;
}

/* Keeps the first header whose name ends in CHAIN_NAME. */
static size_t take_header(char *line, size_t one, size_t len, void *context)
{
    struct kc_web *web = context;
    const char *colon = memchr(line, ':', len);
    size_t name = colon == NULL ? 0 : (size_t)(colon - line);
    size_t suffix = strlen(CHAIN_NAME);
    (void)one;
    if (name < suffix || strncasecmp(colon - suffix, CHAIN_NAME, suffix) != 0 ||
        web->answer->chain[0] != '\0')
        return len;
    const char *value = colon + 1;
    size_t n = len - name - 1;
    while (n > 0 && (value[0] == ' ' || value[0] == '\t')) {
        value++;
        n--;
    }
    while (n > 0 && (value[n - 1] == '\r' || value[n - 1] == '\n' || value[n - 1] == ' '))
        n--;
    if (n >= sizeof web->answer->chain || memchr(value, '\0', n) != NULL) {
        web->why = "the issuer chain's header is too long";
        return 0;
    }
    memcpy(web->answer->chain, value, n);
    web->answer->chain[n] = '\0';
    return len;
}

struct kc_web *kc_web_new(const struct kc_web_limits *limits)
{
    struct kc_web *web = calloc(1, sizeof *web);
    if (web == NULL)
        return NULL;
    web->limits = *limits;
    web->deadline_ms = now_ms() + limits->total_ms;
    /* Counted and locked by libcurl: any number of threads may do so. */
    if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
        web->curl = curl_easy_init();
    if (web->curl != NULL)
        return web;
    free(web);
    return NULL;
}

void kc_web_free(struct kc_web *web)
{
    if (web == NULL)
        return;
    curl_easy_cleanup(web->curl);
    curl_global_cleanup();
    free(web);
}

static bool begins(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* What stands behind the scheme; NULL for another one. */
static const char *behind_scheme(const char *url)
{
    if (begins(url, "https://"))
        return url + strlen("https://");
    return begins(url, "http://") ? url + strlen("http://") : NULL;
}

bool kc_web_is_base(const char *url)
{
    const char *rest = behind_scheme(url);
    if (rest == NULL || strlen(url) > KC_WEB_URL_MAX / 2 || *rest == '/' || *rest == '\0' ||
        *rest == ':')
        return false;
    for (const char *p = rest; *p != '\0'; p++) {
        if (*p <= ' ' || *p >= 0x7f || strchr("@?#%\\\"<>^`{|}", *p) != NULL ||
            (*p == '/' && (p[1] == '/' || p[1] == '.')))
            return false;
    }
    CURLU *parsed = curl_url();
    bool ok = parsed != NULL && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK;
    curl_url_cleanup(parsed);
    return ok;
}

static bool is_loopback(const char *url)
{
    const char *rest = behind_scheme(url);
    return rest != NULL && (begins(rest, "127.") || begins(rest, "localhost:") ||
                            begins(rest, "localhost/") || begins(rest, "[::1]"));
}

static bool set_up(struct kc_web *web, const char *url, long answer_ms)
{
    CURL *c = web->curl;
    curl_easy_reset(c);
    return curl_easy_setopt(c, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)web->limits.connect_ms) ==
               CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, answer_ms) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_WRITEDATA, web) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_HEADERDATA, web) == CURLE_OK &&
           (!is_loopback(url) || curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK);
}

static bool may_pass(long status)
{
    return status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

static enum kc_err judge_status(long status, bool *again, char reason[KC_WEB_REASON_MAX])
{
    *again = may_pass(status);
    if (status == 200)
        return KC_OK;
    if (status >= 300 && status < 400)
        say(reason, "it answers %ld: redirects are not followed", status);
    else
        say(reason, "it answers %ld%s", status,
            status == 404   ? ", it does not have this"
            : status == 410 ? ", it does not have this any more"
            : status == 429 ? ", too many requests"
                            : "");
    return status == 404 || status == 410 ? KC_ERR_ABSENT : KC_ERR_REFUSED;
}

static enum kc_err judge_failure(struct kc_web *web, CURLcode code, bool *again,
                                 char reason[KC_WEB_REASON_MAX])
{
    *again = web->why == NULL && code != CURLE_PEER_FAILED_VERIFICATION &&
             code != CURLE_SSL_CACERT_BADFILE && code != CURLE_URL_MALFORMAT;
    say(reason, "%s", web->why != NULL ? web->why : curl_easy_strerror(code));
    if (web->why != NULL)
        return KC_ERR_REFUSED;
    return code == CURLE_OPERATION_TIMEDOUT ? KC_ERR_TIMEOUT : KC_ERR_IO;
}

/* One try. `*again`: another may do better, not before `*wait_for` milliseconds. */
static enum kc_err try_once(struct kc_web *web, const char *url, enum kc_web_patience patience,
                            bool *again, int64_t *wait_for, char reason[KC_WEB_REASON_MAX])
{
    int64_t left = web->deadline_ms - now_ms();
    long most = (long)web->limits.answer_ms / (patience == KC_WEB_ALL ? 1 : 2);
    long answer_ms = left < most ? (long)left : most;
    long status = 0;
    curl_off_t after = 0;
    *again = false;
    *wait_for = 0;
    web->why = NULL;
    web->room = 0;
    if (answer_ms <= 0) {
        say(reason, "there is no time left for it");
        return KC_ERR_TIMEOUT;
    }
    if (!set_up(web, url, answer_ms)) {
        say(reason, "out of memory");
        return KC_ERR_MEMORY;
    }
    CURLcode code = curl_easy_perform(web->curl);
    if (code != CURLE_OK)
        return judge_failure(web, code, again, reason);
    curl_easy_getinfo(web->curl, CURLINFO_RESPONSE_CODE, &status);
    if (curl_easy_getinfo(web->curl, CURLINFO_RETRY_AFTER, &after) == CURLE_OK && after > 0)
        *wait_for = after > 86400 ? 86400000 : (int64_t)after * 1000;
    return judge_status(status, again, reason);
}

enum kc_err kc_web_get(struct kc_web *web, const char *url, enum kc_web_patience patience,
                       struct kc_web_answer **out, char reason[KC_WEB_REASON_MAX])
{
    unsigned tries = patience == KC_WEB_ONCE ? 1 : web->limits.tries;
    int64_t backoff = web->limits.backoff_ms;
    web->may_pass = false;
    for (unsigned i = 1;; i++, backoff *= 2) {
        bool again = false;
        int64_t wait_for = 0;
        web->answer = calloc(1, sizeof *web->answer);
        if (web->answer == NULL) {
            say(reason, "out of memory");
            return KC_ERR_MEMORY;
        }
        enum kc_err err = try_once(web, url, patience, &again, &wait_for, reason);
        if (err == KC_OK) {
            *out = web->answer;
            return KC_OK;
        }
        kc_web_answer_free(web->answer);
        web->may_pass = again;
        if (!again || i >= tries)
            return err;
        if (wait_for < backoff)
            wait_for = backoff;
        if (wait_for > web->limits.wait_max_ms || now_ms() + wait_for >= web->deadline_ms)
            return err;
        wait_ms(wait_for);
    }
}

bool kc_web_may_pass(const struct kc_web *web)
{
    return web->may_pass;
}

void kc_web_answer_free(struct kc_web_answer *answer)
{
    if (answer == NULL)
        return;
    free(answer->body.ptr);
    free(answer);
}
