/*
 * Writes a quote to standard output: of a made-up enclave, through the AESM service at a socket.
 * usage: sim_quote STATE-FOLDER SOCKET
 */
#include <stdio.h>
#include <string.h>

#include "aesm/aesm.h"
#include "sim/state.h"

int main(int argc, char **argv)
{
    static const uint8_t report_data[KC_SGX_REPORT_DATA_SIZE] = "what the enclave says";
    struct kc_sim_secs secs = {
        .mrenclave = {0x4b, 0x43},
        .mrsigner = {0x43, 0x4b},
        .attributes = {KC_SGX_FLAG_INIT | KC_SGX_FLAG_MODE64BIT, 7},
        .isv_prod_id = 1,
        .isv_svn = 1,
    };
    uint8_t target_info[KC_SGX_TARGETINFO_SIZE];
    uint8_t report[KC_SGX_REPORT_SIZE];
    static uint8_t quote[KC_AESM_QUOTE_MAX];
    size_t len = 0;
    struct kc_sim_state *state = NULL;
    struct kc_error error = KC_ERROR_NONE;
    struct kc_aesm_error aesm_error = {0};
    if (argc != 3 || kc_sim_state_open(argv[1], &state, &error) != KC_OK)
        return 64;
    struct kc_aesm aesm = {argv[2], 10000};
    if (kc_aesm_init_quote(&aesm, target_info, &aesm_error) == KC_OK) {
        kc_sim_ereport(kc_sim_state_processor(state), &secs, target_info, report_data, report);
        if (kc_aesm_get_quote(&aesm, report, (struct kc_room){quote, sizeof quote}, &len,
                              &aesm_error) != KC_OK)
            len = 0;
    }
    kc_sim_state_free(state);
    if (len == 0)
        fprintf(stderr, "sim_quote: %s; %s\n", aesm_error.what, aesm_error.mend);
    return len > 0 && fwrite(quote, 1, len, stdout) == len ? 0 : 1;
}
