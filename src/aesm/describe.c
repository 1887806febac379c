#include "aesm/aesm.h"

#include <stddef.h>

static const struct kc_aesm_error codes[] = {
    {0, "no error", "nothing to do", 0},
    {1, "the AESM service failed for a reason that it does not tell",
     "read its log: journalctl -u aesmd", 0},
    {2, "the AESM service finds no SGX device",
     "enable SGX in the firmware and load the driver; see that /dev/sgx_enclave is there", 0},
    {3, "the AESM service refuses the request's parameters",
     "update the AESM service: sgx-aesm-service 2.8 or later", 0},
    {12, "the AESM service reached no provisioning service",
     "check the network and pccs_url in /etc/sgx_default_qcnl.conf", 0},
    {13, "the provisioning service is busy", "try again in some minutes", 0},
    {24, "SGX is not available on this machine",
     "enable SGX in the firmware, or run the simulation: keyclave sim aesm", 0},
    {29, "no enclave memory (EPC) left",
     "stop other enclaves, or enlarge the reserved memory (PRMRR) in the firmware", 0},
    {30, "the AESM service is not available now", "restart it: systemctl restart aesmd", 0},
    {38, "this attestation key is not supported",
     "install the ECDSA plugin: libsgx-aesm-ecdsa-plugin and libsgx-aesm-quote-ex-plugin", 0},
    {41, "the platform library is not available",
     "install a quote provider library: libsgx-dcap-default-qpl, or Azure's az-dcap-client", 0},
    {42, "the attestation key is not initialised",
     "ask for the Quoting Enclave's TARGETINFO again, then for a new report", 0},
    {43, "the attestation key's certification does not hold any more",
     "ask for the Quoting Enclave's TARGETINFO again, then for a new report", 0},
    {44, "there is no PCK certificate for this platform",
     "register the platform at the PCCS (PCKIDRetrievalTool), and check pccs_url in "
     "/etc/sgx_default_qcnl.conf",
     0},
    {46, "the Quoting Enclave was lost, as after a suspend",
     "restart the AESM service: systemctl restart aesmd", 0},
    {47, "the Quoting Enclave finds the report invalid",
     "it was made on another processor or for another target: in simulation give the enclave and "
     "`keyclave sim aesm` the same --state",
     0},
};

struct kc_aesm_error kc_aesm_describe(uint32_t code)
{
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i].code == code)
            return codes[i];
    }
    return (struct kc_aesm_error){code, "the AESM service failed with a code unknown to us",
                                  "read its log: journalctl -u aesmd", 0};
}
