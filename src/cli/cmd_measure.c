/* keyclave measure: what an enclave image is to everybody else. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/image_facts.h"

#define MAX_IMAGE (256u << 20)

static const char help[] =
    "usage: keyclave measure [--sig FILE] [--scan] [--json] IMAGE\n\n"
    "Prints the MRENCLAVE that the processor would compute for a signed image, and what its\n"
    "SIGSTRUCT says: the signer, product, version and attributes.\n\n"
    "      --sig FILE  the SIGSTRUCT (X.sig for an image X.signed, else IMAGE.sig, if it is "
    "there)\n"
    "      --scan      also look for instructions that an enclave must not execute\n"
    "      --json      print the facts as JSON\n\n"
    "exit status: 0 done, 2 not an image, not a SIGSTRUCT, one that is not of this image, or\n"
    "forbidden instructions; 3 a file is missing; 64 wrong usage\n";

struct options {
    const char *image;
    const char *sig;
    bool scan;
    bool json;
    bool help;
};

static bool read_options(int argc, char **argv, struct options *out)
{
    static const struct option names[] = {
        {"sig", required_argument, NULL, 's'},
        {"scan", no_argument, NULL, 'n'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, "h", names, NULL)) != -1) {
        switch (c) {
        case 's':
            out->sig = optarg;
            break;
        case 'n':
            out->scan = true;
            break;
        case 'j':
            out->json = true;
            break;
        case 'h':
            out->help = true;
            break;
        default:
            return kc_cli_refuse_option("measure", argv);
        }
    }
    if (optind < argc)
        out->image = argv[optind++];
    return optind == argc || kc_cli_refuse_argument("measure", argv);
}

/* `found` tells whether there is one. */
static int read_sigstruct(const struct options *options, struct kc_sigstruct *out, bool *found)
{
    struct kc_room bytes = {NULL, 0};
    struct kc_error error = KC_ERROR_NONE;
    int status = KC_EXIT_OK;
    char *path =
        options->sig == NULL ? kc_image_facts_sig_path(options->image) : strdup(options->sig);
    if (path == NULL)
        return kc_cli_fail(KC_EXIT_REFUSED, "out of memory");
    *found = false;
    if (options->sig != NULL || access(path, F_OK) == 0) {
        if (!kc_cli_read_file(path, 64u << 10, &bytes))
            status = KC_EXIT_UNJUDGED;
        else if (kc_sigstruct_decode(kc_bytes_of(bytes.ptr, bytes.len), out, &error) != KC_OK)
            status = kc_cli_fail_with(KC_EXIT_INVALID, path, &error);
        else
            *found = true;
    }
    free(bytes.ptr);
    free(path);
    return status;
}

static int measure(const struct options *options, struct kc_bytes elf, struct kc_image *image)
{
    uint8_t mrenclave[KC_SGX_HASH_SIZE];
    struct kc_sigstruct sigstruct = {0};
    struct kc_scan scan = {0};
    struct kc_error error = KC_ERROR_NONE;
    bool is_signed = false;
    if (kc_image_from_elf(elf, image, &error) != KC_OK)
        return kc_cli_fail_with(KC_EXIT_INVALID, options->image, &error);
    if (kc_image_measure(image, mrenclave) != KC_OK)
        return kc_cli_fail(KC_EXIT_REFUSED, "could not measure the image: SHA-256 failed");
    if (options->scan && kc_scan_image(elf, &scan, &error) != KC_OK)
        return kc_cli_fail_with(KC_EXIT_INVALID, options->image, &error);
    int status = read_sigstruct(options, &sigstruct, &is_signed);
    if (status != KC_EXIT_OK)
        return status;
    struct kc_image_facts facts = {image, mrenclave, is_signed ? &sigstruct : NULL,
                                   options->scan ? &scan : NULL};
    if (!kc_image_facts_print(&facts, options->json))
        return KC_EXIT_REFUSED;
    kc_image_facts_say_hits(options->image, &scan);
    if (is_signed && memcmp(sigstruct.mrenclave, mrenclave, sizeof mrenclave) != 0)
        return kc_cli_fail(KC_EXIT_INVALID,
                           "%s: the SIGSTRUCT is of another image (sign this one, or give its own "
                           "with --sig)",
                           options->image);
    return scan.hit_count > 0 ? KC_EXIT_INVALID : KC_EXIT_OK;
}

static int run(int argc, char **argv)
{
    struct options options = {0};
    struct kc_room elf = {NULL, 0};
    struct kc_image image = {0};
    if (!read_options(argc, argv, &options))
        return KC_EXIT_USAGE;
    if (options.help) {
        fputs(help, stdout);
        return KC_EXIT_OK;
    }
    if (options.image == NULL)
        return kc_cli_usage("measure", "which IMAGE?");
    if (!kc_cli_read_file(options.image, MAX_IMAGE, &elf))
        return KC_EXIT_UNJUDGED;
    int status = measure(&options, kc_bytes_of(elf.ptr, elf.len), &image);
    kc_image_free(&image);
    free(elf.ptr);
    return status;
}

const struct kc_command kc_cmd_measure = {
    "measure", "print MRENCLAVE, signer and settings of an enclave image", run};
