/* keyclave doctor: what this machine lacks for hardware mode and for the simulation. */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "aesm/aesm.h"
#include "cli/cli.h"
#include "cli/doctor.h"

#define EXPERIMENTAL                                                                               \
    "Hardware mode is experimental: we have not run it on SGX silicon, and this release does not " \
    "load enclaves on hardware yet."

static const char help[] =
    "usage: keyclave doctor [--aesm SOCKET] [--json]\n\n"
    "Looks at processor, kernel, devices and the AESM service, and names what is missing with the\n"
    "command that mends it. Changes nothing.\n\n"
    "      --aesm SOCKET  the AESM service's socket (" KC_AESM_DEFAULT_SOCKET ")\n"
    "      --json         print the findings as JSON\n\n" EXPERIMENTAL "\n\n"
    "exit status: 0 hardware mode could start, 1 only the simulation can, 3 neither, 64 wrong\n"
    "usage\n";

struct options {
    const char *aesm;
    bool json;
    bool help;
};

static bool read_options(int argc, char **argv, struct options *out)
{
    static const struct option names[] = {{"aesm", required_argument, NULL, 'a'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, "h", names, NULL)) != -1) {
        if (c == 'a')
            out->aesm = optarg;
        else if (c == 'j')
            out->json = true;
        else if (c == 'h')
            out->help = true;
        else
            return kc_cli_refuse_option("doctor", argv);
    }
    return optind == argc || kc_cli_refuse_argument("doctor", argv);
}

static const char *last_line(bool hardware, bool simulation)
{
    if (hardware)
        return "Hardware mode could start here.";
    return simulation ? "Only the simulation can start here." : "Nothing can start here yet.";
}

static void print_text(const struct kc_findings *findings, bool hardware, bool simulation)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct kc_finding *f = &findings->finding[i];
        printf("%-8s %-17s %s\n", f->found ? "found" : "missing", f->name, f->meaning);
        if (f->detail[0] != '\0')
            printf("%26s %s\n", "", f->detail);
        if (!f->found)
            printf("%26s to mend it: %s\n", "", f->mend);
    }
    printf("\n%s\n%s\n", EXPERIMENTAL, last_line(hardware, simulation));
}

static const char *need_name(enum kc_doctor_need need)
{
    static const char *const names[] = {"none", "hardware", "simulation", "both"};
    return names[need];
}

static bool print_json(const struct kc_findings *findings, bool hardware, bool simulation)
{
    json_t *checks = json_array();
    bool ok = checks != NULL;
    for (size_t i = 0; i < findings->count; i++) {
        const struct kc_finding *f = &findings->finding[i];
        json_t *check = json_pack("{s:s, s:b, s:s, s:s, s:s, s:s}", "name", f->name, "found",
                                  f->found, "needed_by", need_name(f->need), "meaning", f->meaning,
                                  "detail", f->detail, "hint", f->mend);
        ok = json_array_append_new(checks, check) == 0 && ok;
    }
    json_t *all = json_pack("{s:b, s:b, s:s, s:o}", "hardware", hardware, "simulation", simulation,
                            "note", EXPERIMENTAL, "checks", checks);
    ok = ok && all != NULL && json_dumpf(all, stdout, JSON_INDENT(2)) == 0 && putchar('\n') != EOF;
    json_decref(all);
    return ok;
}

static int run(int argc, char **argv)
{
    struct options options = {.aesm = KC_AESM_DEFAULT_SOCKET};
    struct kc_findings findings = {0};
    if (!read_options(argc, argv, &options))
        return KC_EXIT_USAGE;
    if (options.help) {
        (void)fputs(help, stdout);
        return KC_EXIT_OK;
    }
    kc_doctor_look_at_cpu(&findings);
    kc_doctor_look_at_driver(&findings);
    kc_doctor_look_at_aesm(&findings, options.aesm);
    kc_doctor_look_at_image(&findings);
    bool hardware = kc_doctor_could_start(&findings, KC_NEEDED_BY_HARDWARE);
    bool simulation = kc_doctor_could_start(&findings, KC_NEEDED_BY_SIMULATION);
    if (!options.json)
        print_text(&findings, hardware, simulation);
    else if (!print_json(&findings, hardware, simulation))
        return kc_cli_fail(KC_EXIT_UNJUDGED, "could not print the findings");
    return hardware ? KC_EXIT_OK : simulation ? KC_EXIT_REFUSED : KC_EXIT_UNJUDGED;
}

const struct kc_command kc_cmd_doctor = {
    .name = "doctor",
    .summary = "what this machine lacks for SGX and for the simulation",
    .run = run,
};
