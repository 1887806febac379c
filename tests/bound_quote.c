/*
 * Writes to standard output the quote of a made-up enclave of the simulated machine in a state
 * folder: report data is the SHA-256 of a file and 32 zero bytes.
 * usage: bound_quote STATE-FOLDER HELD-DATA
 */
#include <stdio.h>

#include <openssl/sha.h>

#include "sim/quoting_enclave.h"
#include "sim/state.h"

static bool hash_file(const char *path, uint8_t out[32])
{
    uint8_t bytes[4096];
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    size_t len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    return SHA256(bytes, len, out) != NULL;
}

int main(int argc, char **argv)
{
    struct kc_sim_secs secs = {.mrenclave = {0x4b, 0x43},
                               .attributes = {KC_SGX_FLAG_INIT | KC_SGX_FLAG_MODE64BIT, 7}};
    uint8_t report_data[KC_SGX_REPORT_DATA_SIZE] = {0};
    uint8_t target[KC_SGX_TARGETINFO_SIZE];
    uint8_t report[KC_SGX_REPORT_SIZE];
    uint8_t quote[KC_SIM_QUOTE_MAX];
    size_t len = 0;
    struct kc_sim_state *state = NULL;
    struct kc_error error = KC_ERROR_NONE;
    if (argc != 3 || !hash_file(argv[2], report_data) ||
        kc_sim_state_open(argv[1], &state, &error) != KC_OK)
        return 64;
    kc_sim_qe_target_info(target);
    kc_sim_ereport(kc_sim_state_processor(state), &secs, target, report_data, report);
    uint32_t code = kc_sim_qe_quote(state, report, (struct kc_room){quote, sizeof quote}, &len);
    kc_sim_state_free(state);
    return code == KC_SIM_QE_OK && fwrite(quote, 1, len, stdout) == len ? 0 : 1;
}
