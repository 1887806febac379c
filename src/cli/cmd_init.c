/* keyclave init: makes a new service ours, once, from the administrator's own machine. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/pem.h"
#include "cli/reply.h"
#include "ratls/certificate.h"

#define NAME "init"

static const char help[] =
    "usage: keyclave init URL --policy F [--seal mrenclave|mrsigner] [--token-out F]\n"
    "                     [--ca-out F] [OPTION]...\n\n"
    "Has a new service prove which enclave it is, then makes it yours over that very connection:\n"
    "its identity and its root key are made inside, and the first token exists in its answer\n"
    "alone. A service that somebody has initialised already is refused before anything is sent.\n"
    "The service is pinned.\n\n"
    "      --seal WHAT      who may open the root key again: mrenclave, this very code (the\n"
    "                       default), or mrsigner, later versions of the signer that the image\n"
    "                       was built to name too\n"
    "      --token-out F    write the token there (0600) instead of printing it; F must be new\n"
    "      --ca-out F       write the service identity's certificate, PEM\n";

static const char exit_help[] =
    "\nexit status: 0 done; 1 refused: by the policy, by the service, or initialised already;\n"
    "2 not genuine; 3 not reached, or something to judge by is missing; 64 wrong usage or policy\n";

enum { OPTION_SEAL = KC_SERVICE_OPTION_END, OPTION_TOKEN_OUT, OPTION_CA_OUT };

struct options {
    struct kc_service_options service;
    const char *seal;
    const char *token_out;
    const char *ca_out;
};

static bool read_options(int argc, char **argv, struct options *out)
{
    static const struct option names[] = {{"seal", required_argument, NULL, OPTION_SEAL},
                                          {"token-out", required_argument, NULL, OPTION_TOKEN_OUT},
                                          {"ca-out", required_argument, NULL, OPTION_CA_OUT},
                                          KC_SERVICE_OPTIONS,
                                          {NULL, 0, NULL, 0}};
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
        const char **place = c == OPTION_SEAL        ? &out->seal
                             : c == OPTION_TOKEN_OUT ? &out->token_out
                             : c == OPTION_CA_OUT    ? &out->ca_out
                                                     : NULL;
        if (place != NULL && *place == NULL)
            *place = optarg;
        else if (!kc_service_take(&out->service, c, optarg))
            return kc_cli_refuse_option(NAME, argv);
    }
    return true;
}

/* What the answer says; views into it but for the certificate. */
struct made {
    struct kc_bytes token;
    uint8_t kms_id[32];
    uint8_t certificate[KC_RATLS_CERTIFICATE_MAX]; /* DER */
    size_t certificate_len;
};

/* The token first: it exists nowhere else, whatever may be wrong with the rest. */
static bool read_token(const struct kc_client_answer *answer, struct made *out)
{
    return kc_reply_string(answer, false, "root_token", &out->token) && out->token.len > 0;
}

/* PEM in JSON has one escape, the ends of its lines. */
static size_t undo_escapes(struct kc_bytes text, uint8_t *out)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool is_end = text.ptr[i] == '\\' && i + 1 < text.len && text.ptr[i + 1] == 'n';
        out[n++] = is_end ? '\n' : text.ptr[i];
        i += is_end ? 1 : 0;
    }
    return n;
}

static bool read_certificate(const struct kc_client_answer *answer, struct made *out)
{
    uint8_t pem[2 * KC_RATLS_CERTIFICATE_MAX];
    struct kc_bytes text = {NULL, 0};
    if (!kc_reply_raw_string(answer, "ca_certificate", &text) || text.len > sizeof pem)
        return false;
    struct kc_reader r = kc_reader_of(kc_bytes_of(pem, undo_escapes(text, pem)));
    return kc_pem_read(&r, "CERTIFICATE",
                       (struct kc_room){out->certificate, sizeof out->certificate},
                       &out->certificate_len, NULL) == KC_OK &&
           kc_reader_done(&r);
}

/* The kms-id, and the certificate of the identity that has it. */
static bool read_identity(const struct kc_client_answer *answer, struct made *out)
{
    struct kc_bytes kms_id;
    size_t n = 0;
    return kc_reply_string(answer, false, "kms_id", &kms_id) &&
           kc_hex_decode(kms_id, (struct kc_room){out->kms_id, 32}, &n) == KC_OK && n == 32 &&
           read_certificate(answer, out) &&
           kc_ratls_service_check(kc_bytes_of(out->certificate, out->certificate_len), out->kms_id,
                                  NULL) == KC_OK;
}

/* Before anything is sent: the token must have a place, and not that of another one. */
static int make_token_file(const char *path, int *fd)
{
    *fd = -1;
    if (path == NULL)
        return KC_EXIT_OK;
    *fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (*fd >= 0)
        return KC_EXIT_OK;
    return kc_cli_fail(KC_EXIT_USAGE, "--token-out %s: %s%s", path, strerror(errno),
                       errno == EEXIST ? "; it may hold another service's token: name a new file"
                                       : "");
}

/* To the file; where that fails, to standard output, for there is no other copy. */
static void keep_token(const struct options *options, int fd, struct kc_bytes token)
{
    bool ok = fd >= 0 && write(fd, token.ptr, token.len) == (ssize_t)token.len &&
              write(fd, "\n", 1) == 1 && fsync(fd) == 0;
    if (ok)
        return;
    if (fd >= 0)
        kc_cli_say("%s: %s: the token is printed instead", options->token_out, strerror(errno));
    if (fd >= 0 || !options->service.json)
        printf("%.*s\n", (int)token.len, (const char *)token.ptr);
}

static void print_json(const struct made *made, bool with_token)
{
    char kms_id[65];
    kc_hex_encode_lower(kc_bytes_of(made->kms_id, sizeof made->kms_id), kms_id);
    fputs("{", stdout);
    if (with_token) /* no escapes: kc_reply_string() has looked */
        printf("\"root_token\": \"%.*s\", ", (int)made->token.len, (const char *)made->token.ptr);
    printf("\"kms_id\": \"%s\"}\n", kms_id);
}

static int write_ca(const struct made *made, const char *path)
{
    uint8_t pem[2 * KC_RATLS_CERTIFICATE_MAX];
    struct kc_writer w = kc_writer_of((struct kc_room){pem, sizeof pem});
    kc_pem_write(&w, "CERTIFICATE", kc_bytes_of(made->certificate, made->certificate_len));
    return kc_cli_write_file(path, kc_writer_written(&w), false) ? KC_EXIT_OK : KC_EXIT_REFUSED;
}

static int take_answer(const struct options *options, const struct kc_service *service, int fd,
                       const struct kc_client_answer *answer)
{
    struct made made = {0};
    char kms_id[65];
    int status = kc_reply_check(service, answer);
    if (status != KC_EXIT_OK)
        return status;
    if (!read_token(answer, &made))
        return kc_reply_malformed(service);
    keep_token(options, fd, made.token);
    bool is_whole = read_identity(answer, &made);
    if (!is_whole && options->service.json && fd < 0)
        printf("%.*s\n", (int)made.token.len, (const char *)made.token.ptr);
    if (!is_whole)
        return kc_cli_fail(KC_EXIT_INVALID,
                           "%s: the answer names no service identity that could be pinned",
                           kc_service_name(service));
    if (options->service.json)
        print_json(&made, fd < 0);
    kc_hex_encode_lower(kc_bytes_of(made.kms_id, sizeof made.kms_id), kms_id);
    if (service->is_pinned)
        kc_cli_say("another service was pinned at this address: its pin is replaced");
    status = kc_service_pin(service, made.kms_id);
    if (status == KC_EXIT_OK && options->ca_out != NULL)
        status = write_ca(&made, options->ca_out);
    kc_cli_say("%s is initialised%s; its kms-id is %s", kc_service_name(service),
               status == KC_EXIT_OK ? " and pinned" : "", kms_id);
    if (fd < 0)
        kc_cli_say("keep the token: nobody can make it again");
    return status;
}

static int ask(const struct options *options, const struct kc_service *service, int fd)
{
    struct kc_client_answer answer = {0};
    char *body = kc_reply_body("seal_policy", kc_bytes_of_text(options->seal));
    if (body == NULL)
        return KC_EXIT_UNJUDGED;
    const struct kc_client_request request = {
        .method = "PUT",
        .target = "/v1/sys/init",
        .body = (const unsigned char *)body,
        .body_len = strlen(body),
    };
    int status = kc_reply_ask(service, &request, &answer);
    if (status == KC_EXIT_OK)
        status = take_answer(options, service, fd, &answer);
    else
        kc_cli_say("whether the service is initialised now is not known; if it is, its token is "
                   "lost: start it anew with an empty store");
    kc_client_answer_clear(&answer);
    kc_reply_body_free(body);
    return status;
}

/* The connection that init goes over, attested. */
static int connect_to(const struct kc_service *service)
{
    const struct kc_client_report *report = kc_client_report_of(service->client);
    enum kc_client_status connected = kc_client_connect(service->client);
    if (connected == KC_CLIENT_OK)
        return KC_EXIT_OK;
    int status = kc_service_fail(service, connected);
    if (report->is_bound && report->ratls.check[KC_RATLS_CHECK_KMS_ID].state == KC_RATLS_FAILED)
        kc_cli_say("this service is initialised already. If you did not do it, somebody else may "
                   "have, and holds its first token: do not use it; start it anew with an empty "
                   "store, and initialise it before anybody can reach it");
    return status;
}

static int init(const struct options *options)
{
    struct kc_service service;
    int fd = -1;
    int status = kc_service_open(NAME, &options->service, KC_SERVICE_INIT, &service);
    if (status == KC_EXIT_OK)
        status = connect_to(&service);
    if (status == KC_EXIT_OK)
        status = make_token_file(options->token_out, &fd);
    if (status == KC_EXIT_OK)
        status = ask(options, &service, fd);
    if (fd >= 0) {
        /* An empty one would look like a token that got lost. */
        bool is_empty = lseek(fd, 0, SEEK_END) == 0;
        if (is_empty)
            unlink(options->token_out);
        close(fd);
    }
    kc_service_close(&service);
    return status;
}

static int run(int argc, char **argv)
{
    struct options options = {0};
    if (!read_options(argc, argv, &options))
        return KC_EXIT_USAGE;
    if (options.service.help) {
        printf("%s%s%s", help, kc_service_help, exit_help);
        return KC_EXIT_OK;
    }
    if (argc - optind != 1)
        return kc_cli_usage(NAME, "name one service: https://HOST:PORT");
    options.service.addr = argv[optind];
    if (options.seal == NULL)
        options.seal = "mrenclave";
    if (strcmp(options.seal, "mrenclave") != 0 && strcmp(options.seal, "mrsigner") != 0)
        return kc_cli_usage(NAME, "--seal %s: give mrenclave or mrsigner", options.seal);
    return init(&options);
}

const struct kc_command kc_cmd_init = {NAME, "make a new service yours, once", run};
