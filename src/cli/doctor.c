#include "cli/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aesm/aesm.h"
#include "cli/cli.h"

#define AESM_TIMEOUT_MS 3000

struct kc_finding *kc_doctor_add(struct kc_findings *findings, const char *name,
                                 enum kc_doctor_need need, const char *meaning)
{
    /* There are fewer checks than places; a check too many would take the last place. */
    size_t i = findings->count < KC_FINDINGS_MAX ? findings->count++ : KC_FINDINGS_MAX - 1;
    findings->finding[i] = (struct kc_finding){.name = name, .need = need, .meaning = meaning};
    return &findings->finding[i];
}

void kc_doctor_look_at_aesm(struct kc_findings *findings, const char *socket)
{
    struct kc_aesm aesm = {socket, AESM_TIMEOUT_MS};
    struct kc_aesm_error error = {0};
    uint8_t target[KC_SGX_TARGETINFO_SIZE];
    struct kc_finding *reach = kc_doctor_add(findings, "aesm.socket", KC_NEEDED_BY_HARDWARE,
                                             "stands between an enclave and the Quoting Enclave");
    snprintf(reach->detail, sizeof reach->detail, "%s", socket);
    reach->found = access(socket, R_OK | W_OK) == 0;
    if (!reach->found) {
        snprintf(reach->detail, sizeof reach->detail, "%s: %s", socket, strerror(errno));
        snprintf(reach->mend, sizeof reach->mend,
                 errno == EACCES ? "sudo usermod -aG aesmd \"$USER\" and log in again"
                                 : "install sgx-aesm-service and libsgx-aesm-quote-ex-plugin from "
                                   "Intel's repository, then sudo systemctl start aesmd");
    }
    struct kc_finding *answers = kc_doctor_add(findings, "aesm.answers", KC_NEEDED_BY_HARDWARE,
                                               "has a Quoting Enclave that is ready (InitQuoteEx)");
    answers->found = kc_aesm_init_quote(&aesm, target, &error) == KC_OK;
    if (answers->found)
        return;
    snprintf(answers->detail, sizeof answers->detail, "%s", error.what);
    snprintf(answers->mend, sizeof answers->mend, "%s", error.mend);
}

static void look_at_file(struct kc_findings *findings, const char *check, const char *name,
                         const char *meaning)
{
    struct kc_finding *finding = kc_doctor_add(findings, check, KC_NEEDED_BY_BOTH, meaning);
    char *path = kc_cli_image_path(name);
    finding->found = path != NULL && access(path, R_OK) == 0;
    snprintf(finding->detail, sizeof finding->detail, "%s%s%s", path == NULL ? name : path,
             finding->found ? "" : ": ", finding->found ? "" : strerror(errno));
    if (!finding->found)
        snprintf(finding->mend, sizeof finding->mend, "build it: make");
    free(path);
}

void kc_doctor_look_at_image(struct kc_findings *findings)
{
    look_at_file(findings, "image.signed", "keyclave-enclave.signed", "the enclave's image");
    look_at_file(findings, "image.sig", "keyclave-enclave.sig", "its SIGSTRUCT");
    struct kc_finding *folder = kc_doctor_add(findings, "folder.temporary", KC_NEEDED_BY_SIMULATION,
                                              "holds the simulated AESM service's socket");
    const char *path = getenv("TMPDIR");
    if (path == NULL)
        path = "/tmp";
    folder->found = access(path, W_OK | X_OK) == 0;
    snprintf(folder->detail, sizeof folder->detail, "%s", path);
    if (!folder->found)
        snprintf(folder->mend, sizeof folder->mend, "set TMPDIR to a folder that can be written");
}

bool kc_doctor_could_start(const struct kc_findings *findings, enum kc_doctor_need need)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct kc_finding *finding = &findings->finding[i];
        if (!finding->found && (finding->need & need) != 0)
            return false;
    }
    return true;
}
