/*
 * The processor's services for what runs inside, over ENCLU.
 */
#ifndef KC_ENCLAVE_PLATFORM_H
#define KC_ENCLAVE_PLATFORM_H

#include "core/platform.h"

extern const struct kc_platform kc_enclave_platform;

#endif
