/* Processor, kernel driver and its devices (Intel SDM 36.7; linux Documentation/arch/x86/sgx). */
#include <cpuid.h>
#include <dlfcn.h>
#include <errno.h>
#include <grp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cli/doctor.h"
#include "loader/emulator.h"

#define LEAF_FEATURES 7u
#define LEAF_SGX      0x12u
#define BIT_SGX       (1u << 2)  /* leaf 7, EBX */
#define BIT_FLC       (1u << 30) /* leaf 7, ECX */

#define IN_FIRMWARE                                                                                \
    "enable SGX in the firmware's setup (not \"software controlled\"); in a virtual machine the "  \
    "host must pass it on (qemu: -cpu host,+sgx with an sgx-epc memory backend)"

struct words {
    uint32_t a, b, c, d;
};

static struct words cpuid(uint32_t leaf, uint32_t part)
{
    struct words w = {0};
    if (__get_cpuid_count(leaf, part, &w.a, &w.b, &w.c, &w.d) == 0)
        return (struct words){0};
    return w;
}

static void look_at_vendor(struct kc_findings *findings)
{
    struct kc_finding *vendor = kc_doctor_add(findings, "cpu.vendor", KC_NEEDED_BY_HARDWARE,
                                              "SGX exists on Intel's processors alone");
    struct words w = cpuid(0, 0);
    memcpy(vendor->detail, &w.b, 4);
    memcpy(vendor->detail + 4, &w.d, 4);
    memcpy(vendor->detail + 8, &w.c, 4);
    vendor->found = strcmp(vendor->detail, "GenuineIntel") == 0;
    if (!vendor->found)
        snprintf(vendor->mend, sizeof vendor->mend, "use the simulation, or an Intel server");
}

/* The protected memory's sections, in MiB: leaf 12H from part 2 (SDM volume 2A, CPUID). */
static uint64_t epc_mib(void)
{
    uint64_t bytes = 0;
    for (uint32_t part = 2; part < 34; part++) {
        struct words w = cpuid(LEAF_SGX, part);
        if ((w.a & 0xf) != 1)
            break;
        bytes += (uint64_t)(w.d & 0xfffff) << 32 | (w.c & 0xfffff000u);
    }
    return bytes >> 20;
}

static void look_at_sgx(struct kc_findings *findings)
{
    struct words features = cpuid(LEAF_FEATURES, 0);
    struct kc_finding *sgx = kc_doctor_add(findings, "cpu.sgx", KC_NEEDED_BY_HARDWARE,
                                           "the processor knows SGX (CPUID 7, EBX bit 2)");
    sgx->found = (features.b & BIT_SGX) != 0;
    struct words details = sgx->found ? cpuid(LEAF_SGX, 0) : (struct words){0};
    struct kc_finding *enabled =
        kc_doctor_add(findings, "cpu.sgx1", KC_NEEDED_BY_HARDWARE,
                      "the firmware has enabled it and reserved memory (CPUID 12H, EAX bit 0)");
    enabled->found = (details.a & 1) != 0;
    if (enabled->found)
        snprintf(enabled->detail, sizeof enabled->detail, "%llu MiB of enclave memory, SGX2 %s",
                 (unsigned long long)epc_mib(), (details.a & 2) != 0 ? "too" : "not");
    struct kc_finding *flc =
        kc_doctor_add(findings, "cpu.flc", KC_NEEDED_BY_HARDWARE,
                      "lets Linux start enclaves of any signer (CPUID 7, ECX bit 30)");
    flc->found = (features.c & BIT_FLC) != 0;
    struct kc_finding *missing[] = {sgx, enabled, flc};
    for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++) {
        if (!missing[i]->found)
            snprintf(missing[i]->mend, sizeof missing[i]->mend, "%s",
                     i > 0 && !sgx->found ? "as for cpu.sgx" : IN_FIRMWARE);
    }
}

void kc_doctor_look_at_cpu(struct kc_findings *findings)
{
    look_at_vendor(findings);
    look_at_sgx(findings);
    struct kc_finding *baseline =
        kc_doctor_add(findings, "cpu.baseline", KC_NEEDED_BY_BOTH,
                      "the image uses AES-NI, PCLMULQDQ, AVX2, BMI2, RDRAND, RDSEED and others");
    const char *feature = kc_baseline_missing();
    baseline->found = feature == NULL;
    if (baseline->found)
        return;
    snprintf(baseline->detail, sizeof baseline->detail, "without %s", feature);
    snprintf(baseline->mend, sizeof baseline->mend,
             "use a processor since Broadwell or Zen 2; qemu: -cpu host or -cpu max");
}

/* Whether this user may open the device; who may, where not. */
static void look_at_device(struct kc_findings *findings, const char *path, const char *check,
                           enum kc_doctor_need need, const char *meaning)
{
    struct kc_finding *device = kc_doctor_add(findings, check, need, meaning);
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISCHR(status.st_mode)) {
        snprintf(device->detail, sizeof device->detail, "%s: %s", path, strerror(ENOENT));
        snprintf(device->mend, sizeof device->mend,
                 "boot Linux 5.11 or later with CONFIG_X86_SGX=y (Debian's kernels have it); the "
                 "device appears when firmware and processor allow it: dmesg | grep -i sgx");
        return;
    }
    const struct group *group = getgrgid(status.st_gid);
    device->found = access(path, R_OK | W_OK) == 0;
    snprintf(device->detail, sizeof device->detail, "%s, group %s, mode %04o", path,
             group == NULL ? "?" : group->gr_name, (unsigned)(status.st_mode & 07777));
    if (device->found)
        return;
    if ((status.st_mode & S_IRGRP) != 0 && group != NULL && group->gr_gid != 0)
        snprintf(device->mend, sizeof device->mend,
                 "sudo usermod -aG %s \"$USER\" and log in again", group->gr_name);
    else
        snprintf(device->mend, sizeof device->mend,
                 "sudo groupadd -f sgx; sudo chgrp sgx %s; sudo chmod 0660 %s; then "
                 "sudo usermod -aG sgx \"$USER\"",
                 path, path);
}

void kc_doctor_look_at_driver(struct kc_findings *findings)
{
    struct statvfs dev;
    look_at_device(findings, "/dev/sgx_enclave", "driver.enclave", KC_NEEDED_BY_HARDWARE,
                   "loads enclaves");
    look_at_device(findings, "/dev/sgx_provision", "driver.provision", KC_NEEDED_BY_NONE,
                   "for Quoting Enclaves alone: the AESM service needs it, we do not");
    struct kc_finding *exec = kc_doctor_add(findings, "driver.exec", KC_NEEDED_BY_HARDWARE,
                                            "enclave pages are mapped executable from /dev");
    exec->found = statvfs("/dev", &dev) == 0 && (dev.f_flag & ST_NOEXEC) == 0;
    if (!exec->found) {
        snprintf(exec->detail, sizeof exec->detail, "/dev is mounted noexec");
        snprintf(exec->mend, sizeof exec->mend, "sudo mount -o remount,exec /dev");
    }
    struct kc_finding *vdso = kc_doctor_add(findings, "kernel.vdso", KC_NEEDED_BY_HARDWARE,
                                            "enters enclaves: __vdso_sgx_enter_enclave");
    void *object = dlopen("linux-vdso.so.1", RTLD_LAZY | RTLD_NOLOAD);
    vdso->found = object != NULL && dlsym(object, "__vdso_sgx_enter_enclave") != NULL;
    if (object != NULL)
        dlclose(object);
    if (!vdso->found)
        snprintf(vdso->mend, sizeof vdso->mend,
                 "boot a kernel with CONFIG_X86_SGX=y, Linux 5.11 or later");
}
