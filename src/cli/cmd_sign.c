/* keyclave sign: an ELF becomes an enclave image and its SIGSTRUCT. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/image_facts.h"
#include "image/scan.h"
#include "image/sign_image.h"

#define MAX_IMAGE  (256u << 20)
#define MAX_CONFIG (64u << 10)
#define MAX_KEY    (64u << 10)

static const char help[] =
    "usage: keyclave sign -e IMAGE -c kms.conf -k private.pem [-o OUT] [-s SIG] [--json]\n\n"
    "Makes an enclave image of a linked ELF: overwrites the library functions that must not run\n"
    "in an enclave, writes the settings into it, measures it and signs the measurement.\n\n"
    "  -e, --enclave-image IMAGE  the ELF, static-pie, linked at 0\n"
    "  -c, --config-file FILE     settings: Debug, NumHeapPages, NumStackPages, NumTCS,\n"
    "                             ProductID, SecurityVersion, Date (YYYYMMDD, optional)\n"
    "  -k, --key-file FILE        RSA-3072 private key of exponent 3, PEM\n"
    "                             (openssl genrsa -3 -out private.pem 3072)\n"
    "  -o, --output FILE          the image (IMAGE.signed)\n"
    "  -s, --signature FILE       the SIGSTRUCT (OUT.sig, without .signed)\n"
    "      --json                 print the facts as JSON\n\n"
    "Without Date= the SIGSTRUCT's date is that of SOURCE_DATE_EPOCH, else today (UTC).\n"
    "exit status: 0 signed, 1 could not, 2 not an image or a key, 64 wrong usage or settings\n";

struct options {
    const char *elf;
    const char *config;
    const char *key;
    const char *image_out;
    const char *sig_out;
    bool json;
    bool help;
};

struct work {
    struct kc_room elf;
    struct kc_room key;
    struct kc_sign_config config;
    struct kc_image image;
    struct kc_sigstruct about;
    size_t trapped;
    uint8_t sigstruct[KC_SIGSTRUCT_SIZE];
    char *image_out;
    char *sig_out;
};

static bool read_options(int argc, char **argv, struct options *out)
{
    static const struct option names[] = {
        {"enclave-image", required_argument, NULL, 'e'},
        {"config-file", required_argument, NULL, 'c'},
        {"key-file", required_argument, NULL, 'k'},
        {"output", required_argument, NULL, 'o'},
        {"signature", required_argument, NULL, 's'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, "e:c:k:o:s:h", names, NULL)) != -1) {
        switch (c) {
        case 'e':
            out->elf = optarg;
            break;
        case 'c':
            out->config = optarg;
            break;
        case 'k':
            out->key = optarg;
            break;
        case 'o':
            out->image_out = optarg;
            break;
        case 's':
            out->sig_out = optarg;
            break;
        case 'j':
            out->json = true;
            break;
        case 'h':
            out->help = true;
            break;
        default:
            return kc_cli_refuse_option("sign", argv);
        }
    }
    return optind == argc || kc_cli_refuse_argument("sign", argv);
}

/* The line with the error, as it stands in the file. */
static int fail_config(const char *path, const struct kc_room *text, const struct kc_error *error)
{
    const char *line = (const char *)text->ptr;
    size_t left = text->len;
    for (uint64_t i = 1; i < error->at && left > 0; i++) {
        const char *end = memchr(line, '\n', left);
        if (end == NULL)
            break;
        left -= (size_t)(end + 1 - line);
        line = end + 1;
    }
    if (error->at == 0)
        return kc_cli_fail(KC_EXIT_USAGE, "%s: %s", path, error->what);
    const char *end = left > 0 ? memchr(line, '\n', left) : NULL;
    int n = (int)(end == NULL ? left : (size_t)(end - line));
    return kc_cli_fail(KC_EXIT_USAGE, "%s:%u: %s: %.*s", path, (unsigned)error->at, error->what, n,
                       line);
}

static int read_config(const char *path, struct kc_sign_config *out)
{
    struct kc_room text = {NULL, 0};
    struct kc_error error = KC_ERROR_NONE;
    int status = KC_EXIT_OK;
    if (!kc_cli_read_file(path, MAX_CONFIG, &text))
        return KC_EXIT_UNJUDGED;
    if (kc_sign_config_parse(kc_bytes_of(text.ptr, text.len), out, &error) != KC_OK)
        status = fail_config(path, &text, &error);
    free(text.ptr);
    return status;
}

/* The date where the settings have none; 0 after it has said what is wrong. */
static uint32_t default_date(void)
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    char *end = NULL;
    long long seconds = (long long)time(NULL);
    if (epoch != NULL) {
        errno = 0;
        seconds = strtoll(epoch, &end, 10);
        if (errno != 0 || end == epoch || *end != '\0')
            seconds = -1;
    }
    uint32_t date = kc_sign_config_date(seconds);
    if (date == 0)
        kc_cli_say("SOURCE_DATE_EPOCH is not a number of seconds since 1970: %s",
                   epoch == NULL ? "(the clock)" : epoch);
    return date;
}

/* No image is signed that has in it what an enclave must not execute. */
static int check_code(const struct options *options, const struct work *work)
{
    struct kc_scan scan = {0};
    struct kc_error error = KC_ERROR_NONE;
    if (kc_scan_image(kc_bytes_of(work->elf.ptr, work->elf.len), &scan, &error) != KC_OK)
        return kc_cli_fail_with(KC_EXIT_INVALID, options->elf, &error);
    kc_image_facts_say_hits(options->elf, &scan);
    if (scan.hit_count == 0)
        return KC_EXIT_OK;
    return kc_cli_fail(KC_EXIT_INVALID,
                       "%s: %" PRIu64 " places that an enclave must not execute; leave the code "
                       "out, or add a function that is never called to src/image/trap.c",
                       options->elf, scan.hit_count);
}

static int sign(const struct options *options, struct work *work)
{
    struct kc_error error = KC_ERROR_NONE;
    uint8_t mrenclave[32];
    uint32_t date = default_date();
    if (date == 0)
        return KC_EXIT_USAGE;
    if (kc_sign_image_prepare(work->elf, &work->config, &work->trapped, &error) != KC_OK ||
        kc_image_from_elf(kc_bytes_of(work->elf.ptr, work->elf.len), &work->image, &error) != KC_OK)
        return kc_cli_fail_with(KC_EXIT_INVALID, options->elf, &error);
    int status = check_code(options, work);
    if (status != KC_EXIT_OK)
        return status;
    if (kc_image_measure(&work->image, mrenclave) != KC_OK)
        return kc_cli_fail(KC_EXIT_REFUSED, "could not measure the image: SHA-256 failed");
    kc_sign_image_describe(&work->config, date, mrenclave, &work->about);
    if (kc_sigstruct_sign(&work->about, kc_bytes_of(work->key.ptr, work->key.len), work->sigstruct,
                          &error) != KC_OK)
        return kc_cli_fail_with(KC_EXIT_INVALID, options->key, &error);
    if (kc_sigstruct_decode(kc_bytes_of(work->sigstruct, sizeof work->sigstruct), &work->about,
                            &error) != KC_OK)
        return kc_cli_fail_with(KC_EXIT_REFUSED, "the SIGSTRUCT just made", &error);
    return KC_EXIT_OK;
}

static int write_results(const struct options *options, struct work *work)
{
    if (options->image_out != NULL)
        work->image_out = strdup(options->image_out);
    else if (asprintf(&work->image_out, "%s.signed", options->elf) < 0)
        work->image_out = NULL;
    if (options->sig_out != NULL)
        work->sig_out = strdup(options->sig_out);
    else if (work->image_out != NULL)
        work->sig_out = kc_image_facts_sig_path(work->image_out);
    if (work->image_out == NULL || work->sig_out == NULL)
        return kc_cli_fail(KC_EXIT_REFUSED, "out of memory");
    if (!kc_cli_write_file(work->image_out, kc_bytes_of(work->elf.ptr, work->elf.len), false) ||
        !kc_cli_write_file(work->sig_out, kc_bytes_of(work->sigstruct, sizeof work->sigstruct),
                           false))
        return KC_EXIT_REFUSED;
    return KC_EXIT_OK;
}

static bool print_facts(const struct options *options, const struct work *work)
{
    struct kc_image_facts facts = {&work->image, work->about.mrenclave, &work->about, NULL};
    if (!options->json)
        printf("image          %s, %zu functions overwritten\nsigstruct      %s\n", work->image_out,
               work->trapped, work->sig_out);
    return kc_image_facts_print(&facts, options->json);
}

static int run(int argc, char **argv)
{
    struct options options = {0};
    struct work work = {0};
    if (!read_options(argc, argv, &options))
        return KC_EXIT_USAGE;
    if (options.help) {
        fputs(help, stdout);
        return KC_EXIT_OK;
    }
    if (options.elf == NULL || options.config == NULL || options.key == NULL)
        return kc_cli_usage("sign", "-e IMAGE, -c kms.conf and -k private.pem are needed");
    int status = read_config(options.config, &work.config);
    if (status == KC_EXIT_OK && (!kc_cli_read_file(options.elf, MAX_IMAGE, &work.elf) ||
                                 !kc_cli_read_file(options.key, MAX_KEY, &work.key)))
        status = KC_EXIT_UNJUDGED;
    if (status == KC_EXIT_OK)
        status = sign(&options, &work);
    if (status == KC_EXIT_OK)
        status = write_results(&options, &work);
    if (status == KC_EXIT_OK && !print_facts(&options, &work))
        status = KC_EXIT_REFUSED;
    if (work.key.ptr != NULL)
        kc_bytes_wipe(work.key.ptr, work.key.len);
    free(work.key.ptr);
    free(work.elf.ptr);
    free(work.image_out);
    free(work.sig_out);
    kc_image_free(&work.image);
    return status;
}

const struct kc_command kc_cmd_sign = {
    "sign", "make an enclave image and its SIGSTRUCT of a linked ELF", run};
