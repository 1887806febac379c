/* keyclave collateral: what the judgement of a platform's TCB needs beside the evidence. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base/time.h"
#include "cli/collateral.h"
#include "cli/collateral_show.h"
#include "cli/fetching.h"
#include "cli/judging_trust.h"

#define NAME        "collateral"
#define DAY         ((int64_t)24 * 60 * 60)
#define WITHIN_DAYS 7
#define DAYS_MAX    36500ul

static const char help[] =
    "usage: keyclave collateral fetch EVIDENCE [--out FILE|DIR] [--cache DIR] [OPTION]...\n"
    "       keyclave collateral show FILE|DIR [--json]\n"
    "       keyclave collateral check FILE|DIR [--at TIME] [--within DAYS] [--trust WHAT] "
    "[--json]\n"
    "\n"
    "  fetch    gets what EVIDENCE (or a PCK certificate's PEM chain) needs from Intel's PCS or a\n"
    "           cache of it (PCCS), or from AMD's KDS, and writes it: into a folder that is there\n"
    "           (or a name that ends in a slash) as files, else as one bundle. Either all of it "
    "or\n"
    "           nothing is written\n"
    "  show     what there is: dates, evaluation numbers, FMSPC. Nothing is judged\n"
    "  check    what ends when. Signatures are judged too where --trust says below which root\n\n"
    "      --out FILE|DIR   where to; - is standard output\n"
    "      --pcs URL        a PCS or PCCS (http:// or https://), up to 8, tried in turn; several\n"
    "                       in one with commas; $KEYCLAVE_PCS, else Intel's own\n"
    "      --kds URL        likewise for AMD; $KEYCLAVE_KDS, else AMD's own\n"
    "      --cache DIR      take from this cache what is fresh, and keep there what is fetched\n"
    "      --trust WHAT     fetch, check: the root that must have signed it, as of `keyclave\n"
    "                       verify`\n"
    "      --state DIR      the state folder for --trust sim\n"
    "      --tdx            EVIDENCE is a PCK chain: fetch for TDX quotes\n"
    "      --at TIME        fetch, check: judge at this time (now)\n"
    "      --within DAYS    check: what ends sooner than that is told by exit status 1 (7)\n"
    "      --json           print one JSON object\n\n"
    "exit status: 0 done, all valid; 1 something ends soon, or could not be written; 2 damaged;\n"
    "3 something is missing, of another time, or could not be fetched; 64 wrong usage\n";

struct options {
    const char *out;
    const char *within;
    bool is_tdx;
    bool json;
    bool help;
    struct kc_judging judging; /* --trust, --state, --pcs, --kds, --cache, --at */
};

enum { OPTION_OUT = KC_JUDGING_OPTION_END, OPTION_WITHIN, OPTION_TDX, OPTION_JSON, OPTION_HELP };

static bool take(struct options *out, int letter, const char *value)
{
    bool twice = false;
    if (kc_judging_take(&out->judging, letter, value, &twice))
        return !twice;
    if (letter == OPTION_OUT)
        out->out = value;
    else if (letter == OPTION_WITHIN)
        out->within = value;
    else if (letter == OPTION_TDX)
        out->is_tdx = true;
    else if (letter == OPTION_JSON)
        out->json = true;
    else if (letter == OPTION_HELP)
        out->help = true;
    else
        return false;
    return true;
}

static bool read_options(int argc, char **argv, struct options *out)
{
    static const struct option names[] = {
        {"trust", required_argument, NULL, KC_JUDGING_TRUST},
        {"at", required_argument, NULL, KC_JUDGING_AT},
        {"state", required_argument, NULL, KC_JUDGING_STATE},
        {"pcs", required_argument, NULL, KC_JUDGING_PCS},
        {"kds", required_argument, NULL, KC_JUDGING_KDS},
        {"cache", required_argument, NULL, KC_JUDGING_CACHE},
        {"out", required_argument, NULL, OPTION_OUT},
        {"within", required_argument, NULL, OPTION_WITHIN},
        {"tdx", no_argument, NULL, OPTION_TDX},
        {"json", no_argument, NULL, OPTION_JSON},
        {"help", no_argument, NULL, OPTION_HELP},
        {NULL, 0, NULL, 0},
    };
    int letter;
    opterr = 0;
    while ((letter = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (!take(out, letter, optarg))
            return kc_cli_refuse_option(NAME, argv);
    }
    return true;
}

/* Evidence, else a PCK chain. */
static enum kc_err read_needs(struct kc_bytes bytes, bool is_tdx, struct kc_needs *out,
                              struct kc_error *error)
{
    struct kc_evidence evidence;
    if (kc_needs_of_pck(bytes, is_tdx, out, NULL) == KC_OK)
        return KC_OK;
    enum kc_err err = kc_evidence_open(bytes, &evidence, error);
    if (err != KC_OK)
        return err;
    err = kc_needs_of_evidence(&evidence, out, error);
    kc_evidence_clear(&evidence);
    return err;
}

static int load_needs(const char *path, bool is_tdx, struct kc_needs *out)
{
    struct kc_room file = {NULL, 0};
    struct kc_error error = KC_ERROR_NONE;
    if (!kc_cli_read_file(path, KC_EVIDENCE_MAX_SIZE, &file))
        return KC_EXIT_UNJUDGED;
    enum kc_err err = read_needs(kc_bytes_of(file.ptr, file.len), is_tdx, out, &error);
    free(file.ptr);
    if (err == KC_OK)
        return KC_EXIT_OK;
    return kc_cli_fail_with(err == KC_ERR_MALFORMED ? KC_EXIT_INVALID : KC_EXIT_UNJUDGED, path,
                            &error);
}

static void print_report(const struct kc_cache_report *report, bool is_whole)
{
    static const char *const sources[] = {"fetched", "cache", "stale cache"};
    static const char *const words[] = {"not needed", "good", "failed"};
    json_t *parts = json_array();
    for (int i = 0; report->has_fetched && i < KC_FETCH_PARTS; i++) {
        enum kc_fetch_state state = report->fetch.part[i].state;
        if (state == KC_FETCH_NOT_NEEDED)
            continue;
        json_array_append_new(
            parts, json_pack("{s:s, s:s, s:s}", "part", kc_fetch_part_name((enum kc_fetch_part)i),
                             "state", words[state], "reason", report->fetch.part[i].reason));
    }
    json_t *o =
        json_pack("{s:b, s:s, s:o, s:s}", "whole", is_whole, "source", sources[report->source],
                  "parts", parts, "cache_trouble", report->trouble);
    if (o == NULL || json_dumpf(o, stdout, JSON_INDENT(2)) != 0)
        kc_cli_say("out of memory");
    putchar('\n');
    json_decref(o);
}

static int fetch_needs(const struct options *options, const struct kc_needs *needs,
                       struct kc_cache_report *report)
{
    const struct kc_fetch_servers servers = kc_fetching_servers(&options->judging.fetching);
    const struct kc_fetch_trust trust = kc_fetching_trust(&options->judging);
    struct kc_bundle bundle = {0};
    enum kc_err err = kc_cache_get(options->judging.fetching.cache_path, needs, &servers, &trust,
                                   &bundle, report);
    int status = err == KC_OK ? KC_EXIT_OK : KC_EXIT_UNJUDGED;
    if (err == KC_ERR_MEMORY)
        kc_cli_say("out of memory");
    kc_fetching_say(report);
    if (options->json && err != KC_ERR_MEMORY)
        print_report(report, err == KC_OK);
    if (status == KC_EXIT_OK && options->out != NULL)
        status = kc_cli_collateral_write(options->out, &bundle);
    else if (status == KC_EXIT_OK && report->trouble[0] != '\0')
        status = KC_EXIT_REFUSED; /* nowhere else was it to be kept */
    kc_bundle_clear(&bundle);
    return status;
}

/* What makers serve themselves is the last resort of this command: it was asked to fetch. */
static bool use_defaults(struct kc_fetching *f)
{
    return (f->pcs.count > 0 || kc_bases_add(&f->pcs, KC_FETCH_INTEL)) &&
           (f->kds.count > 0 || kc_bases_add(&f->kds, KC_FETCH_AMD));
}

static int read_time(const char *at, int64_t *out)
{
    *out = (int64_t)time(NULL);
    if (at != NULL && kc_time_parse(kc_bytes_of_text(at), out) != KC_OK)
        return kc_cli_usage(NAME, "--at %s: not a time such as 2025-08-15T05:45:00Z", at);
    return KC_EXIT_OK;
}

static int fetch(struct options *options, const char *path)
{
    struct kc_judging *j = &options->judging;
    struct kc_needs needs = {0};
    if (options->out == NULL && j->fetching.cache_path == NULL && !options->json)
        return kc_cli_usage(NAME, "where to? Name --out FILE, --out DIR or --cache DIR");
    if (options->out == NULL && j->fetching.cache_path != NULL && j->at != NULL)
        return kc_cli_usage(NAME, "a cache keeps nothing of another time than now: name --out FILE "
                                  "or --out DIR beside --at");
    int status = read_time(j->at, &j->now);
    if (status == KC_EXIT_OK)
        status = kc_fetching_load(&j->fetching, j->state, NAME);
    if (status == KC_EXIT_OK)
        status = kc_judging_load_trust(j);
    if (status == KC_EXIT_OK)
        status = load_needs(path, options->is_tdx, &needs);
    struct kc_cache_report *report = calloc(1, sizeof *report);
    bool has_room = report != NULL && use_defaults(&j->fetching);
    if (status == KC_EXIT_OK)
        status = has_room ? fetch_needs(options, &needs, report)
                          : kc_cli_fail(KC_EXIT_UNJUDGED, "out of memory");
    free(report);
    kc_needs_clear(&needs);
    return status;
}

static int check(struct options *options, const char *path)
{
    struct kc_judging *j = &options->judging;
    unsigned long days = WITHIN_DAYS;
    char *end = NULL;
    int status = read_time(j->at, &j->now);
    if (status == KC_EXIT_OK && j->trust != NULL)
        status = kc_judging_load_trust(j);
    if (status != KC_EXIT_OK)
        return status;
    if (options->within != NULL) {
        days = strtoul(options->within, &end, 10);
        if (options->within[0] < '0' || options->within[0] > '9' || *end != '\0' || days > DAYS_MAX)
            return kc_cli_usage(NAME, "--within %s: not a number of days up to %lu",
                                options->within, DAYS_MAX);
    }
    return kc_collateral_check(path, j->trust != NULL ? j : NULL, j->now, (int64_t)days * DAY,
                               options->json);
}

/* The first option that is none of `check`'s or `show`'s; NULL: there is none. */
static const char *foreign_option(const struct options *options, bool is_check)
{
    const struct kc_judging *j = &options->judging;
    const struct {
        const char *name;
        bool is_given, is_of_check;
    } given[] = {
        {"--out", options->out != NULL, false},
        {"--tdx", options->is_tdx, false},
        {"--cache", j->fetching.cache_path != NULL, false},
        {"--pcs", j->fetching.pcs.count > 0 || j->fetching.bad_url != NULL, false},
        {"--kds", j->fetching.kds.count > 0, false},
        {"--trust", j->trust != NULL, true},
        {"--state", j->state != NULL, true},
        {"--at", j->at != NULL, true},
        {"--within", options->within != NULL, true},
    };
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        if (given[i].is_given && !(is_check && given[i].is_of_check))
            return given[i].name;
    }
    return NULL;
}

static int dispatch(struct options *options, const char *what, const char *path)
{
    bool is_check = strcmp(what, "check") == 0;
    bool is_show = strcmp(what, "show") == 0;
    const char *foreign = is_check || is_show ? foreign_option(options, is_check) : NULL;
    if (foreign != NULL)
        return kc_cli_usage(NAME, "%s is no option of `collateral %s`", foreign, what);
    if (is_show)
        return kc_collateral_show(path, options->json);
    if (is_check)
        return check(options, path);
    if (strcmp(what, "fetch") != 0)
        return kc_cli_usage(NAME, "there is no `collateral %s`: fetch, show or check", what);
    if (options->within != NULL)
        return kc_cli_usage(NAME, "--within is no option of `collateral fetch`");
    return fetch(options, path);
}

static int run(int argc, char **argv)
{
    struct options options = {0};
    int status = KC_EXIT_USAGE;
    if (!read_options(argc, argv, &options)) {
        kc_judging_clear(&options.judging);
        return status;
    }
    if (options.help) {
        fputs(help, stdout);
        status = KC_EXIT_OK;
    } else if (argc - optind != 2) {
        status = kc_cli_usage(NAME, "name what to do, and one file or folder");
    } else {
        status = dispatch(&options, argv[optind], argv[optind + 1]);
    }
    kc_judging_clear(&options.judging);
    return status;
}

const struct kc_command kc_cmd_collateral = {NAME, "fetch, show and check collateral", run};
