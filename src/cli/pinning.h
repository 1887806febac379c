/* The file of pinned services, `services` in the state folder (client/pins.h has its form). */
#ifndef KC_CLI_PINNING_H
#define KC_CLI_PINNING_H

#include "client/pins.h"

/* KC_EXIT_OK, with the service's pin if there is one, or the exit status after it has said what is
 * wrong. No file is a file without pins. */
KC_MUST_USE int kc_pinning_load(const char *folder, const char *authority,
                                struct kc_client_pin *out, bool *found);

/* Writes the service's line anew. Programs that pin at the same time wait for each other. */
KC_MUST_USE int kc_pinning_store(const char *folder, const struct kc_client_pin *pin);

#endif
