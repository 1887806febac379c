#include "sim/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include "base/hex.h"
#include "sim/folder.h"
#include "sim/state_parts.h"

/* The state folder may hold other things too; the simulation is one folder in it, which appears
 * whole by rename(2). */
#define FOLDER "simulation"

#define BAD(name)                                                                                  \
    "state folder: " FOLDER "/" name " is missing or damaged; remove the folder '" FOLDER          \
    "' to get a new machine (what was sealed on the old one stays closed)"
#define UNREADABLE(name) "state folder: " FOLDER "/" name " cannot be read, system error"

/* A file and what to say about it. */
struct file {
    const char *name;
    const char *bad;
    const char *unreadable;
};
#define FILE_OF(name)                                                                              \
    {                                                                                              \
        name, BAD(name), UNREADABLE(name)                                                          \
    }

static const struct file fuse_secret_file = FILE_OF("fuse-secret.hex");
static const struct file cpu_svn_file = FILE_OF("cpu-svn.hex");
static const struct file attestation_key_file = FILE_OF("attestation-key.pem");
static const struct file key_files[KC_SIM_ROLES] = {
    [KC_SIM_ROOT_CA] = FILE_OF("root-ca-key.pem"),
    [KC_SIM_PLATFORM_CA] = FILE_OF("platform-ca-key.pem"),
    [KC_SIM_PCK] = FILE_OF("pck-key.pem"),
    [KC_SIM_TCB_SIGNING] = FILE_OF("tcb-signing-key.pem"),
};
static const struct file certificate_files[KC_SIM_ROLES] = {
    [KC_SIM_ROOT_CA] = FILE_OF("root-ca.pem"),
    [KC_SIM_PLATFORM_CA] = FILE_OF("platform-ca.pem"),
    [KC_SIM_PCK] = FILE_OF("pck.pem"),
    [KC_SIM_TCB_SIGNING] = FILE_OF("tcb-signing.pem"),
};

static bool write_hex(int fd, const struct file *file, const uint8_t *bytes, size_t len)
{
    char text[66];
    kc_hex_encode_lower(kc_bytes_of(bytes, len), text);
    text[2 * len] = '\n';
    bool ok = kc_sim_folder_write(fd, file->name, kc_bytes_of(text, 2 * len + 1));
    kc_bytes_wipe(text, sizeof text);
    return ok;
}

/* Writes a key, or a certificate where `key` is NULL. */
static bool write_pem(int fd, const struct file *file, EVP_PKEY *key, X509 *certificate)
{
    char *data = NULL;
    BIO *out = BIO_new(BIO_s_secmem()); /* wiped when freed */
    bool ok = out != NULL &&
              (key == NULL ? PEM_write_bio_X509(out, certificate)
                           : PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL)) == 1;
    if (ok) {
        long len = BIO_get_mem_data(out, &data);
        ok = kc_sim_folder_write(fd, file->name, kc_bytes_of(data, (size_t)len));
    }
    BIO_free(out);
    return ok;
}

/* Draws a new machine and writes it to the empty folder `fd`. */
static bool write_machine(int fd)
{
    uint8_t fuse_secret[32];
    struct kc_sim_pki pki = {0};
    EVP_PKEY *attestation_key = kc_sim_pki_new_key();
    bool ok = attestation_key != NULL && RAND_bytes(fuse_secret, sizeof fuse_secret) == 1 &&
              kc_sim_pki_make((int64_t)time(NULL), &pki) == KC_OK &&
              write_hex(fd, &fuse_secret_file, fuse_secret, sizeof fuse_secret) &&
              write_hex(fd, &cpu_svn_file, kc_sim_platform.component_svn,
                        sizeof kc_sim_platform.component_svn) &&
              write_pem(fd, &attestation_key_file, attestation_key, NULL);
    for (enum kc_sim_role role = 0; ok && role < KC_SIM_ROLES; role++)
        ok = write_pem(fd, &key_files[role], pki.key[role], NULL) &&
             write_pem(fd, &certificate_files[role], NULL, pki.certificate[role]);
    kc_bytes_wipe(fuse_secret, sizeof fuse_secret);
    EVP_PKEY_free(attestation_key);
    kc_sim_pki_clear(&pki);
    return ok && fsync(fd) == 0;
}

/* Makes `folder` by way of a new one beside it. Whoever renames first has made it. */
static enum kc_err make_folder(const char *folder, struct kc_error *error)
{
    char *temporary = NULL;
    enum kc_err err = KC_OK;
    if (asprintf(&temporary, "%s.XXXXXX", folder) < 0)
        return kc_error_set(error, KC_ERR_MEMORY, "out of memory", 0);
    if (mkdtemp(temporary) == NULL) {
        err = kc_error_set(error, KC_ERR_IO, "state folder: cannot be written, system error",
                           (uint64_t)errno);
        goto out;
    }
    int fd = open(temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && write_machine(fd);
    if (fd >= 0)
        close(fd);
    if (!ok || (rename(temporary, folder) != 0 && errno != EEXIST && errno != ENOTEMPTY))
        err = kc_error_set(error, KC_ERR_IO,
                           "state folder: could not write '" FOLDER "', system error",
                           (uint64_t)errno);
    kc_sim_folder_remove(temporary); /* there is none when the rename went well */
out:
    free(temporary);
    return err;
}

static enum kc_err read_file(int fd, const struct file *file, struct kc_room *out,
                             struct kc_error *error)
{
    if (kc_sim_folder_read(fd, file->name, out))
        return KC_OK;
    if (errno == ENOENT)
        return kc_error_set(error, KC_ERR_MALFORMED, file->bad, 0);
    return kc_error_set(error, KC_ERR_IO, file->unreadable, (uint64_t)errno);
}

static enum kc_err read_hex(int fd, const struct file *file, uint8_t *out, size_t len,
                            struct kc_error *error)
{
    struct kc_room text = {NULL, 0};
    size_t n = 0;
    enum kc_err err = read_file(fd, file, &text, error);
    if (err != KC_OK)
        return err;
    if (text.len != 2 * len + 1 || text.ptr[2 * len] != '\n' ||
        kc_hex_decode(kc_bytes_of(text.ptr, 2 * len), (struct kc_room){out, len}, &n) != KC_OK)
        err = kc_error_set(error, KC_ERR_MALFORMED, file->bad, 0);
    kc_bytes_wipe(text.ptr, text.len);
    free(text.ptr);
    return err;
}

/* A key pair of P-256 whose halves fit. */
static bool is_sound(EVP_PKEY *key)
{
    uint8_t public_key[64];
    EVP_PKEY_CTX *context = key == NULL ? NULL : EVP_PKEY_CTX_new(key, NULL);
    bool ok = context != NULL && EVP_PKEY_is_a(key, "EC") &&
              kc_sim_pki_public_key(key, public_key) && EVP_PKEY_get_bits(key) == 256 &&
              EVP_PKEY_check(context) == 1;
    EVP_PKEY_CTX_free(context);
    return ok;
}

/* Reads a key to `key`, or a certificate where `key` is NULL. */
static enum kc_err read_pem(int fd, const struct file *file, EVP_PKEY **key, X509 **certificate,
                            struct kc_error *error)
{
    struct kc_room text = {NULL, 0};
    enum kc_err err = read_file(fd, file, &text, error);
    if (err != KC_OK)
        return err;
    BIO *in = BIO_new_mem_buf(text.ptr, (int)text.len);
    if (in != NULL && key != NULL)
        *key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
    else if (in != NULL)
        *certificate = PEM_read_bio_X509(in, NULL, NULL, NULL);
    if (key != NULL ? !is_sound(*key) : *certificate == NULL)
        err = kc_error_set(error, KC_ERR_MALFORMED, file->bad, 0);
    BIO_free(in);
    kc_bytes_wipe(text.ptr, text.len);
    free(text.ptr);
    ERR_clear_error();
    return err;
}

static enum kc_err read_pki(int fd, struct kc_sim_pki *pki, struct kc_error *error)
{
    enum kc_err err = KC_OK;
    for (enum kc_sim_role role = 0; err == KC_OK && role < KC_SIM_ROLES; role++) {
        err = read_pem(fd, &key_files[role], &pki->key[role], NULL, error);
        if (err == KC_OK)
            err = read_pem(fd, &certificate_files[role], NULL, &pki->certificate[role], error);
        if (err == KC_OK && !kc_sim_pki_holds(pki, role))
            err = kc_error_set(error, KC_ERR_MALFORMED, certificate_files[role].bad, 0);
    }
    ERR_clear_error();
    return err;
}

static enum kc_err read_machine(int fd, struct kc_sim_state *state, struct kc_error *error)
{
    struct kc_sim_processor *processor = &state->processor;
    enum kc_err err = read_hex(fd, &fuse_secret_file, processor->fuse_secret,
                               sizeof processor->fuse_secret, error);
    if (err == KC_OK)
        err = read_hex(fd, &cpu_svn_file, processor->cpu_svn, sizeof processor->cpu_svn, error);
    if (err == KC_OK)
        err = read_pem(fd, &attestation_key_file, &state->attestation_key, NULL, error);
    if (err == KC_OK)
        err = read_pki(fd, &state->pki, error);
    if (err == KC_OK && !kc_sim_pki_public_key(state->pki.key[KC_SIM_ROOT_CA], state->root_key))
        err = kc_error_set(error, KC_ERR_MALFORMED, key_files[KC_SIM_ROOT_CA].bad, 0);
    return err;
}

bool kc_sim_state_exists(const char *path)
{
    char *folder = NULL;
    struct stat status;
    if (asprintf(&folder, "%s/" FOLDER, path) < 0)
        return false;
    bool there = stat(folder, &status) == 0 || (errno != ENOENT && errno != ENOTDIR);
    free(folder);
    return there;
}

/* Opens the folder for reading, after it was made where it is not there. */
static enum kc_err open_folder(const char *path, int *fd, struct kc_error *error)
{
    char *folder = NULL;
    enum kc_err err = KC_OK;
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return kc_error_set(error, KC_ERR_IO, "state folder: cannot be made, system error",
                            (uint64_t)errno);
    if (asprintf(&folder, "%s/" FOLDER, path) < 0)
        return kc_error_set(error, KC_ERR_MEMORY, "out of memory", 0);
    *fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0 && errno == ENOENT) {
        err = make_folder(folder, error);
        if (err == KC_OK)
            *fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    if (err == KC_OK && *fd < 0)
        err = kc_error_set(error, KC_ERR_IO,
                           "state folder: '" FOLDER "' cannot be opened, system error",
                           (uint64_t)errno);
    free(folder);
    return err;
}

enum kc_err kc_sim_state_open(const char *path, struct kc_sim_state **out, struct kc_error *error)
{
    int fd = -1;
    struct kc_sim_state *state = calloc(1, sizeof *state);
    if (state == NULL)
        return kc_error_set(error, KC_ERR_MEMORY, "out of memory", 0);
    enum kc_err err = open_folder(path, &fd, error);
    if (err == KC_OK)
        err = read_machine(fd, state, error);
    if (fd >= 0)
        close(fd);
    if (err != KC_OK) {
        kc_sim_state_free(state);
        return err;
    }
    *out = state;
    return KC_OK;
}

void kc_sim_state_free(struct kc_sim_state *state)
{
    if (state == NULL)
        return;
    kc_sim_pki_clear(&state->pki);
    EVP_PKEY_free(state->attestation_key);
    kc_bytes_wipe(state, sizeof *state);
    free(state);
}

const struct kc_sim_processor *kc_sim_state_processor(const struct kc_sim_state *state)
{
    return &state->processor;
}

const uint8_t *kc_sim_state_root_key(const struct kc_sim_state *state)
{
    return state->root_key;
}

char *kc_sim_state_root_pem(const struct kc_sim_state *state)
{
    static const enum kc_sim_role root[] = {KC_SIM_ROOT_CA};
    return kc_sim_pki_chain_pem(&state->pki, root, 1);
}
