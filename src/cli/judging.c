#include "cli/judging.h"

#include <stdlib.h>
#include <time.h>

#include "base/time.h"
#include "cli/cli.h"
#include "cli/collateral.h"
#include "cli/fetching.h"
#include "cli/judging_trust.h"
#include "library/verdict_json.h"
#include "verify/ecdsa.h"

#define HELD_DATA_MAX ((size_t)1024 * 1024)
#define AMD_FILE_MAX  ((size_t)64 * 1024)

const char kc_judging_help[] =
    "  --policy F       what you accept, as JSON (docs/verification.md); `verify` without it: no\n"
    "                   debug enclave, TCB UpToDate, any identity\n"
    "  --trust WHAT     the root to trust: intel, amd, sim (the simulated root of the state\n"
    "                   folder), or a file with the root certificate in PEM; without it Intel's\n"
    "                   for SGX and TDX, AMD's for SEV-SNP\n"
    "  --at TIME        judge dates at this time, such as 2025-08-15T05:45:00Z (default: now)\n"
    "  --held-data F    the evidence must bind these very bytes: report data is their SHA-256\n"
    "  --state DIR      the state folder for --trust sim\n"
    "  --collateral X   Intel's collateral of that time: a folder of files, a bundle of `keyclave\n"
    "                   collateral fetch` or a file of Open Enclave endorsements; without it TCB\n"
    "                   levels and revocation are not judged. For SEV-SNP AMD's certificates\n"
    "  --auxblob F      the certificate table that came with an SEV-SNP report (configfs)\n"
    "  --certificates F AMD's certificates for an SEV-SNP report, in PEM, in any order\n"
    "  --pcs URL        fetch Intel's collateral from this PCS or PCCS where --collateral names\n"
    "                   none; several are tried in turn; $KEYCLAVE_PCS, a list with commas\n"
    "  --kds URL        likewise AMD's, from a KDS; $KEYCLAVE_KDS\n"
    "  --cache DIR      where fetched collateral is kept; $KEYCLAVE_CACHE, else `collateral` in\n"
    "                   the state folder; without a server what is valid there is taken\n";

bool kc_judging_take(struct kc_judging *j, int option, const char *value, bool *twice)
{
    const char **places[] = {
        &j->policy_path,
        &j->trust,
        &j->at,
        &j->held_data_path,
        &j->state,
        &j->collateral_path,
        &j->auxblob_path,
        &j->certificates_path,
        NULL,
        NULL,
        &j->fetching.cache_path,
    };
    if (option < KC_JUDGING_POLICY || option >= KC_JUDGING_OPTION_END)
        return false;
    if (option == KC_JUDGING_PCS || option == KC_JUDGING_KDS) {
        if (!kc_bases_add(option == KC_JUDGING_PCS ? &j->fetching.pcs : &j->fetching.kds, value))
            j->fetching.bad_url = value;
        return true;
    }
    const char **place = places[option - KC_JUDGING_POLICY];
    *twice = *place != NULL;
    *place = value;
    return true;
}

int kc_judging_stdin_uses(const struct kc_judging *j, const char *evidence_path)
{
    return kc_cli_is_stdin(j->policy_path) + kc_cli_is_stdin(j->trust) +
           kc_cli_is_stdin(j->held_data_path) + kc_cli_is_stdin(j->auxblob_path) +
           kc_cli_is_stdin(j->certificates_path) + kc_cli_is_stdin(evidence_path);
}

int kc_judging_load_policy(const char *path, struct kc_policy *out, uint8_t digest[32])
{
    struct kc_policy_error error;
    struct kc_room file = {NULL, 0};
    if (!kc_cli_read_file(path, KC_POLICY_MAX_SIZE, &file))
        return KC_EXIT_UNJUDGED;
    enum kc_err err = kc_policy_parse(kc_bytes_of(file.ptr, file.len), out, &error);
    bool hashed = digest == NULL || kc_sha256(kc_bytes_of(file.ptr, file.len), digest);
    free(file.ptr);
    if (!hashed)
        return kc_cli_fail(KC_EXIT_UNJUDGED, "policy %s: no hash of it", path);
    if (err == KC_OK)
        return KC_EXIT_OK;
    if (error.line > 0 && error.key[0] == '\0')
        return kc_cli_fail(KC_EXIT_USAGE, "policy %s, line %zu: %s; %s", path, error.line,
                           error.what, error.mend);
    if (error.key[0] == '\0')
        return kc_cli_fail(KC_EXIT_USAGE, "policy %s: %s; %s", path, error.what, error.mend);
    return kc_cli_fail(KC_EXIT_USAGE, "policy %s: \"%s\" %s; %s", path, error.key, error.what,
                       error.mend);
}

static int load_policy(struct kc_judging *j)
{
    j->policy = kc_policy_default;
    return j->policy_path == NULL
               ? KC_EXIT_OK
               : kc_judging_load_policy(j->policy_path, &j->policy, j->policy_digest);
}

static int load_time(struct kc_judging *j, const char *command)
{
    if (j->at == NULL)
        j->now = (int64_t)time(NULL);
    else if (kc_time_parse(kc_bytes_of_text(j->at), &j->now) != KC_OK)
        return kc_cli_usage(command, "--at %s: not a time such as 2025-08-15T05:45:00Z", j->at);
    return KC_EXIT_OK;
}

static int load_held_data(struct kc_judging *j)
{
    if (j->held_data_path == NULL)
        return KC_EXIT_OK;
    if (!kc_cli_read_file(j->held_data_path, HELD_DATA_MAX, &j->held_data))
        return KC_EXIT_UNJUDGED;
    j->has_held_data = true;
    return KC_EXIT_OK;
}

static bool load_file(const char *path, struct kc_room *out)
{
    return path == NULL || kc_cli_read_file(path, AMD_FILE_MAX, out);
}

/* That it is damaged says nothing of the evidence. */
static int load_collateral(struct kc_judging *j)
{
    int status = kc_cli_collateral_load("--collateral", j->collateral_path, &j->collateral);
    return status == KC_EXIT_INVALID ? KC_EXIT_UNJUDGED : status;
}

int kc_judging_load(struct kc_judging *j, const char *command)
{
    int status = load_time(j, command);
    if (status == KC_EXIT_OK)
        status = load_policy(j);
    if (status == KC_EXIT_OK)
        status = kc_judging_load_trust(j);
    if (status == KC_EXIT_OK)
        status = load_held_data(j);
    if (status == KC_EXIT_OK && j->collateral_path != NULL)
        status = load_collateral(j);
    if (status == KC_EXIT_OK && j->collateral_path == NULL)
        status = kc_fetching_load(&j->fetching, j->state, command);
    if (status == KC_EXIT_OK && !load_file(j->auxblob_path, &j->auxblob))
        status = KC_EXIT_UNJUDGED;
    if (status == KC_EXIT_OK && !load_file(j->certificates_path, &j->certificates))
        status = KC_EXIT_UNJUDGED;
    return status;
}

/* A file that was named outweighs the folder's of its kind. */
static struct kc_amd_pieces amd_pieces(const struct kc_judging *j)
{
    struct kc_amd_pieces pieces = {0};
    if (j->collateral != NULL)
        pieces = j->collateral->amd;
    if (j->auxblob_path != NULL)
        pieces.table = kc_bytes_of(j->auxblob.ptr, j->auxblob.len);
    if (j->certificates_path != NULL) {
        pieces.vek = kc_bytes_of(NULL, 0);
        pieces.chain = kc_bytes_of(j->certificates.ptr, j->certificates.len);
    }
    return pieces;
}

/* False without memory. What is wrong with a piece is for the verdict to say. */
static bool fill_store(struct kc_judging *j)
{
    struct kc_amd_pieces amd = amd_pieces(j);
    j->store = kc_trust_new();
    if (j->store == NULL)
        return false;
    kc_trust_set_roots(j->store, j->has_root_key ? j->root_key : NULL, j->amd_root,
                       j->amd_root_count);
    return (j->collateral == NULL ||
            kc_trust_add(j->store, &j->collateral->pieces, true, NULL) == KC_OK) &&
           kc_trust_add_amd(j->store, &amd, true, NULL) == KC_OK;
}

static void judge(struct kc_judging *j, struct kc_bytes bytes)
{
    struct kc_error error = KC_ERROR_NONE;
    if (kc_evidence_open(bytes, &j->evidence, &error) != KC_OK) {
        kc_verify_unreadable(&error, j->verdict);
        return;
    }
    j->is_open = true;
    if (!j->evidence.is_snp && (j->auxblob_path != NULL || j->certificates_path != NULL))
        kc_cli_say("--auxblob and --certificates are for SEV-SNP reports: not used");
    if (j->collateral == NULL && kc_fetching_is_on(&j->fetching, j->evidence.is_snp))
        j->collateral = kc_fetching_run(j, &j->evidence);
    if (!fill_store(j)) {
        (void)kc_error_set(&error, KC_ERR_MEMORY, "no memory left", 0);
        kc_verify_unreadable(&error, j->verdict);
        return;
    }
    struct kc_verify_input input = {
        .evidence = &j->evidence,
        .has_held_data = j->has_held_data,
        .held_data = kc_bytes_of(j->held_data.ptr, j->held_data.len),
        .now = j->now,
        .policy = &j->policy,
        .store = j->store,
    };
    kc_verify(&input, j->verdict);
}

bool kc_judging_run(struct kc_judging *j, const char *command, const char *evidence_path,
                    int *exit_status)
{
    *exit_status = kc_judging_load(j, command);
    if (*exit_status != KC_EXIT_OK)
        return false;
    *exit_status = KC_EXIT_UNJUDGED;
    if (!kc_cli_read_file(evidence_path, KC_EVIDENCE_MAX_SIZE, &j->file))
        return false;
    j->verdict = malloc(sizeof *j->verdict);
    if (j->verdict == NULL)
        kc_cli_say("out of memory");
    else
        judge(j, kc_bytes_of(j->file.ptr, j->file.len));
    return j->verdict != NULL;
}

void kc_judging_clear(struct kc_judging *j)
{
    if (j->is_open)
        kc_evidence_clear(&j->evidence);
    free(j->file.ptr);
    free(j->held_data.ptr);
    free(j->auxblob.ptr);
    free(j->certificates.ptr);
    kc_cli_collateral_free(j->collateral);
    kc_fetching_clear(&j->fetching);
    if (j->verdict != NULL)
        kc_verdict_release(j->verdict);
    kc_trust_free(j->store);
    free(j->verdict);
    *j = (struct kc_judging){0};
}

int kc_judging_exit(enum kc_verdict_kind kind)
{
    switch (kind) {
    case KC_VERDICT_ACCEPTED:
        return KC_EXIT_OK;
    case KC_VERDICT_REFUSED:
        return KC_EXIT_REFUSED;
    case KC_VERDICT_UNJUDGED:
        return KC_EXIT_UNJUDGED;
    case KC_VERDICT_INVALID:
        break;
    }
    return KC_EXIT_INVALID;
}

bool kc_judging_print_json(const struct kc_judging *j, FILE *out)
{
    char *text = kc_verdict_json(j->verdict, j->is_open ? &j->evidence : NULL);
    if (text == NULL)
        return false;
    fprintf(out, "%s\n", text);
    free(text);
    return true;
}
