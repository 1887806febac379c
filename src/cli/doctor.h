/*
 * What this machine has for SGX and for the simulation: one finding a line of `keyclave doctor`.
 * Looks only; changes nothing.
 */
#ifndef KC_CLI_DOCTOR_H
#define KC_CLI_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

/* Bits: what cannot start without it. None: good to know. */
enum kc_doctor_need {
    KC_NEEDED_BY_NONE = 0,
    KC_NEEDED_BY_HARDWARE = 1,
    KC_NEEDED_BY_SIMULATION = 2,
    KC_NEEDED_BY_BOTH = 3,
};

struct kc_finding {
    const char *name; /* stable, dotted */
    bool found;
    enum kc_doctor_need need;
    char detail[160];    /* what is there, or what is wrong */
    const char *meaning; /* a literal */
    char mend[320];      /* what to do; meant for what is missing */
};

#define KC_FINDINGS_MAX 24

struct kc_findings {
    size_t count;
    struct kc_finding finding[KC_FINDINGS_MAX];
};

/* Adds a finding with empty detail and mend; never NULL. */
struct kc_finding *kc_doctor_add(struct kc_findings *findings, const char *name,
                                 enum kc_doctor_need need, const char *meaning);

void kc_doctor_look_at_cpu(struct kc_findings *findings);
void kc_doctor_look_at_driver(struct kc_findings *findings);
/* Asks the service at `socket` for its target info. */
void kc_doctor_look_at_aesm(struct kc_findings *findings, const char *socket);
void kc_doctor_look_at_image(struct kc_findings *findings);

/* Whether nothing is missing that `need` cannot do without. */
bool kc_doctor_could_start(const struct kc_findings *findings, enum kc_doctor_need need);

#endif
