#include "cli/judging_ear.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <openssl/evp.h>

#include "base/hex.h"
#include "cli/cli.h"
#include "library/verdict_claims.h"
#include "library/verdict_tcb.h"
#include "version.h"

/* Of a token's life: enough to hand it on; a year at most. */
#define SECONDS_USUAL 300u
#define SECONDS_MAX   31536000ul

/* What a token tells of genuine evidence: what runs, and nothing that names the machine. */
static const char *const told[] = {
    "mrenclave",
    "mrsigner",
    "isv_prod_id",
    "isv_svn",
    "debug",
    "report_data",
    "custom_claims",
    "mrtd",
    "rtmr0",
    "rtmr1",
    "rtmr2",
    "rtmr3",
    "mrconfigid",
    "mrowner",
    "mrownerconfig",
    "mrseam",
    "mrservicetd",
    "measurement",
    "host_data",
    "guest_svn",
    "guest_policy",
    "id_key_digest",
    "author_key_digest",
    "vmpl",
    "revocation_list",
};
static const char *const told_of_tcb[] = {"status", "date", "advisories"};

static int load_nonce(struct kc_judging_ear *ear, const char *command)
{
    struct kc_room room = {ear->nonce_bytes, sizeof ear->nonce_bytes};
    if (ear->nonce != NULL &&
        (kc_hex_decode(kc_bytes_of_text(ear->nonce), room, &ear->nonce_len) != KC_OK ||
         ear->nonce_len < KC_EAR_NONCE_MIN))
        return kc_cli_usage(command, "--ear-nonce %s: not %d to %d bytes in hexadecimal",
                            ear->nonce, KC_EAR_NONCE_MIN, KC_EAR_NONCE_MAX);
    return KC_EXIT_OK;
}

static int load_profile(struct kc_judging_ear *ear, const char *command)
{
    ear->profile = KC_EAR_DRAFT;
    if (ear->compat == NULL)
        return KC_EXIT_OK;
    if (strcmp(ear->compat, "veraison") == 0)
        ear->profile = KC_EAR_VERAISON;
    else if (strcmp(ear->compat, "draft-04") == 0)
        ear->profile = KC_EAR_DRAFT_04;
    else
        return kc_cli_usage(command, "--ear-compat %s: neither \"veraison\" nor \"draft-04\"",
                            ear->compat);
    return KC_EXIT_OK;
}

static int load_valid(struct kc_judging_ear *ear, const char *command)
{
    char *end = NULL;
    ear->seconds = SECONDS_USUAL;
    if (ear->valid == NULL)
        return KC_EXIT_OK;
    unsigned long n = strtoul(ear->valid, &end, 10);
    if (ear->valid[0] < '1' || ear->valid[0] > '9' || *end != '\0' || n > SECONDS_MAX)
        return kc_cli_usage(command, "--ear-valid %s: not a number of seconds from 1 to %lu",
                            ear->valid, SECONDS_MAX);
    ear->seconds = (unsigned)n;
    return KC_EXIT_OK;
}

static int load_key(struct kc_judging_ear *ear)
{
    struct kc_room file = {NULL, 0};
    struct kc_error error = KC_ERROR_NONE;
    if (!kc_cli_read_file(ear->key_path, KC_EAR_KEY_FILE_MAX, &file))
        return KC_EXIT_UNJUDGED;
    enum kc_err err = kc_ear_key_read(kc_bytes_of(file.ptr, file.len), &ear->key, &error);
    kc_bytes_wipe(file.ptr, file.len);
    free(file.ptr);
    if (err != KC_OK)
        return kc_cli_fail(err == KC_ERR_MEMORY ? KC_EXIT_UNJUDGED : KC_EXIT_USAGE, "%s: %s",
                           ear->key_path, error.what);
    return KC_EXIT_OK;
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat file[2];
    if (a == NULL || b == NULL)
        return false;
    return strcmp(a, b) == 0 ||
           (stat(a, &file[0]) == 0 && stat(b, &file[1]) == 0 && S_ISREG(file[0].st_mode) &&
            file[0].st_dev == file[1].st_dev && file[0].st_ino == file[1].st_ino);
}

/* What is written must overwrite neither the key nor each other, and not mix with the verdict. */
static int check_files(const struct kc_judging_ear *ear, const char *command)
{
    const struct {
        const char *name, *path;
    } outputs[] = {{"--ear-out", ear->out_path}, {"--ear-jwk-out", ear->jwk_out_path}};
    for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++) {
        if (outputs[i].path != NULL && strcmp(outputs[i].path, "-") == 0)
            return kc_cli_usage(command, "%s -: name a file, standard output has the rest",
                                outputs[i].name);
        if (is_same_file(outputs[i].path, ear->key_path))
            return kc_cli_usage(command, "%s would overwrite the key that signs", outputs[i].name);
    }
    if (is_same_file(ear->out_path, ear->jwk_out_path))
        return kc_cli_usage(command, "--ear-out and --ear-jwk-out name the same file");
    return KC_EXIT_OK;
}

int kc_judging_ear_load(struct kc_judging_ear *ear, const char *command)
{
    bool others = ear->key_path != NULL || ear->out_path != NULL || ear->compat != NULL ||
                  ear->nonce != NULL || ear->valid != NULL || ear->jwk_out_path != NULL;
    if (!ear->is_wanted)
        return others ? kc_cli_usage(command, "the options --ear-... are for --ear") : KC_EXIT_OK;
    if (ear->key_path == NULL)
        return kc_cli_usage(command, "--ear: name the key that signs it with --ear-key");
    int status = check_files(ear, command);
    if (status == KC_EXIT_OK)
        status = load_profile(ear, command);
    if (status == KC_EXIT_OK)
        status = load_nonce(ear, command);
    if (status == KC_EXIT_OK)
        status = load_valid(ear, command);
    return status == KC_EXIT_OK ? load_key(ear) : status;
}

/* Copies what is there. False without memory. */
static bool copy(const json_t *from, const char *const *keys, size_t count, json_t *to)
{
    for (size_t i = 0; i < count; i++) {
        json_t *value = json_object_get(from, keys[i]);
        if (value != NULL && json_object_set(to, keys[i], value) != 0)
            return false;
    }
    return true;
}

/* NULL without memory. */
static json_t *evidence_of(const struct kc_judging *j)
{
    json_t *claims = kc_verdict_claims_json(j->verdict);
    json_t *tcb = kc_verdict_tcb_json(j->verdict);
    json_t *out = json_object();
    json_t *rating = json_object();
    bool ok = claims != NULL && tcb != NULL && out != NULL && rating != NULL &&
              copy(claims, told, sizeof told / sizeof told[0], out) &&
              copy(tcb, told_of_tcb, sizeof told_of_tcb / sizeof told_of_tcb[0], rating);
    /* What no policy accepts by is not told as if it were known. */
    if (ok && json_is_object(tcb) && j->verdict->facts.tcb.is_whole)
        ok = json_object_set(out, "tcb", rating) == 0;
    json_decref(rating);
    json_decref(claims);
    json_decref(tcb);
    if (ok)
        return out;
    json_decref(out);
    return NULL;
}

static bool write_line(const char *path, const char *text)
{
    size_t len = strlen(text);
    char *line = malloc(len + 2);
    if (line == NULL) {
        kc_cli_say("out of memory");
        return false;
    }
    snprintf(line, len + 2, "%s\n", text);
    bool written = kc_cli_write_file(path, kc_bytes_of(line, len + 1), false);
    free(line);
    return written;
}

/* First of all: whoever gets the token may look for the key at once. */
static bool write_key(const struct kc_judging_ear *ear)
{
    char *keys = NULL;
    if (ear->jwk_out_path == NULL)
        return true;
    if (kc_ear_key_set(ear->key, &keys) != KC_OK) {
        kc_cli_say("the public key could not be written as a JWK: no memory");
        return false;
    }
    bool written = write_line(ear->jwk_out_path, keys);
    free(keys);
    return written;
}

bool kc_judging_ear_write(const struct kc_judging_ear *ear, const struct kc_judging *j)
{
    char policy_id[sizeof "urn:sha256:" + 2 * sizeof j->policy_digest] = "keyclave:default";
    char *token = NULL;
    if (j->policy_path != NULL) {
        memcpy(policy_id, "urn:sha256:", sizeof "urn:sha256:");
        kc_hex_encode_lower(kc_bytes_of(j->policy_digest, sizeof j->policy_digest),
                            policy_id + sizeof "urn:sha256:" - 1);
    }
    if (!write_key(ear))
        return false;
    json_t *evidence = evidence_of(j);
    struct kc_ear_input input = {
        .profile = ear->profile,
        .verdict = j->verdict,
        .policy = &j->policy,
        .policy_id = policy_id,
        .build = "keyclave " KC_VERSION,
        .judged_at = j->now,
        .issued = (int64_t)time(NULL),
        .valid = ear->seconds,
        .nonce = kc_bytes_of(ear->nonce_bytes, ear->nonce_len),
        .evidence = evidence,
    };
    bool done = evidence != NULL && kc_ear_sign(&input, ear->key, &token) == KC_OK;
    if (!done)
        kc_cli_say("the token could not be made: no memory, or the key does not sign");
    done = done && write_line(ear->out_path == NULL ? "-" : ear->out_path, token);
    free(token);
    json_decref(evidence);
    return done;
}

void kc_judging_ear_clear(struct kc_judging_ear *ear)
{
    EVP_PKEY_free(ear->key);
    *ear = (struct kc_judging_ear){0};
}
