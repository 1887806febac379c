/* keyclave inspect: everything in evidence, explained and not judged. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/inspect.h"

static const char help[] =
    "usage: keyclave inspect [--json] FILE|-\n\n"
    "Shows everything in evidence as a tree, with a few words on each field. It finds out by\n"
    "itself how the evidence is wrapped: SGX or TDX quote, SEV-SNP report, Azure's HCL report,\n"
    "Open Enclave report, evidence or endorsements, quote JSON, certificate that carries\n"
    "evidence; plain, in hexadecimal, base64 or PEM.\n\n"
    "Nothing is judged: whatever it shows may be forged. `keyclave verify` judges.\n\n"
    "      --json   the same tree as JSON\n\n"
    "exit status: 0 shown, 2 malformed, 3 unreadable file, a kind that is not handled, or output\n"
    "that could not be written, 64 wrong usage\n";

static int fail(const char *path, const struct kc_error *error)
{
    int status = error->code == KC_ERR_UNSUPPORTED ? KC_EXIT_UNJUDGED : KC_EXIT_INVALID;
    return kc_cli_fail_with(status, strcmp(path, "-") == 0 ? "standard input" : path, error);
}

/* An Open Enclave report of type local, which evidence.h does not open: nobody else on earth can
 * judge it, but it can be shown. */
static bool show_local(struct kc_tree *tree, struct kc_bytes bytes)
{
    enum kc_evidence_text text;
    uint8_t *binary = NULL;
    size_t len = 0;
    struct kc_oe_report header;
    struct kc_sgx_report report;
    if (kc_evidence_unwrap(bytes, &text, &binary, &len, NULL) != KC_OK)
        return false;
    bool is_local = kc_oe_report_decode(kc_bytes_of(binary, len), &header, NULL) == KC_OK &&
                    header.type == KC_OE_REPORT_LOCAL && header.content.len >= KC_SGX_REPORT_SIZE;
    if (is_local) {
        struct kc_reader r = kc_reader_of(header.content);
        kc_sgx_report_decode(&r, &report);
        json_t *section = kc_tree_section(
            tree, tree->root, "local_report",
            "an Open Enclave report of type local: for an enclave on the same processor alone");
        kc_inspect_report_body(tree, section, &report.body);
        kc_tree_bytes(tree, section, "key_id", kc_bytes_of(report.key_id, 32),
                      "which report key the processor used");
        kc_tree_bytes(tree, section, "mac", kc_bytes_of(report.mac, 16),
                      "of the body, under a key that only the target enclave gets");
        if (r.left > 0)
            kc_tree_bytes(tree, section, "trailing", kc_reader_rest(&r), "bytes after the report");
    }
    free(binary);
    return is_local;
}

/* Endorsements are collateral and no evidence, and can be shown. */
static bool show_endorsements(struct kc_tree *tree, struct kc_bytes bytes)
{
    struct kc_oe_endorsements endorsements;
    if (kc_oe_endorsements_decode(bytes, &endorsements, NULL) != KC_OK)
        return false;
    kc_inspect_endorsements(tree, &endorsements);
    return true;
}

static void show_evidence(struct kc_tree *tree, const struct kc_evidence *evidence,
                          struct kc_error *error)
{
    struct kc_quote quote;
    struct kc_snp_report report;
    if (evidence->is_snp) {
        if (kc_snp_report_decode(evidence->snp_report, &report, error) == KC_OK)
            kc_inspect_snp(tree, evidence, &report);
    } else if (kc_quote_decode(evidence->quote, &quote, error) == KC_OK) {
        kc_inspect_quote(tree, &quote);
    }
}

/* Fills the tree as far as the input can be read; `error` tells where that ended. */
static void fill(struct kc_tree *tree, struct kc_bytes bytes, struct kc_error *error)
{
    struct kc_evidence evidence;
    if (kc_evidence_open(bytes, &evidence, error) != KC_OK) {
        bool is_known = error->code == KC_ERR_UNSUPPORTED && show_local(tree, bytes);
        if (is_known || show_endorsements(tree, bytes))
            *error = KC_ERROR_NONE;
        return;
    }
    kc_inspect_wrapping(tree, &evidence);
    show_evidence(tree, &evidence, error);
    kc_inspect_claims(tree, &evidence);
    kc_evidence_clear(&evidence);
}

static bool print(const struct kc_tree *tree, bool json)
{
    if (json)
        return kc_tree_print_json(tree);
    if (!kc_tree_print_text(tree))
        return false;
    puts("\nNothing here was judged, and all of it may be forged: `keyclave verify` judges.");
    return true;
}

static int inspect(const char *path, bool json)
{
    struct kc_room file = {0};
    struct kc_error error = KC_ERROR_NONE;
    if (!kc_cli_read_file(path, KC_EVIDENCE_MAX_SIZE, &file))
        return KC_EXIT_UNJUDGED;
    struct kc_tree tree = kc_tree_new();
    if (tree.root != NULL)
        fill(&tree, kc_bytes_of(file.ptr, file.len), &error);
    bool shown = !tree.failed;
    if (shown && json_object_size(tree.root) > 0)
        shown = print(&tree, json);
    kc_tree_free(&tree);
    free(file.ptr);
    if (error.code != KC_OK)
        return fail(path, &error);
    if (!shown)
        return kc_cli_fail(KC_EXIT_UNJUDGED, "out of memory, or standard output is closed");
    return KC_EXIT_OK;
}

static int run(int argc, char **argv)
{
    static const struct option names[] = {
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    bool json = false;
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, "h", names, NULL)) != -1) {
        if (c == 'h') {
            fputs(help, stdout);
            return KC_EXIT_OK;
        }
        if (c != 'j')
            return kc_cli_usage("inspect", "'%s' is no option of inspect", argv[optind - 1]);
        json = true;
    }
    if (argc - optind != 1)
        return kc_cli_usage("inspect", "give one file, or - for standard input");
    return inspect(argv[optind], json);
}

const struct kc_command kc_cmd_inspect = {
    "inspect",
    "show everything in evidence, explained",
    run,
};
