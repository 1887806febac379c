/* A configuration that is read has values in range; one that is not is refused with a reason. */
#include <stdio.h>
#include <string.h>

#include "core/message.h"
#include "fuzz.h"
#include "host/config.h"

static void check(const struct kc_config *config)
{
    char text[KC_ADDRESS_TEXT_SIZE];
    struct kc_address again;
    kc_address_format(&config->listen, text);
    FUZZ_CHECK(kc_address_parse(text, &again));
    FUZZ_CHECK(memcmp(&again, &config->listen, sizeof again) == 0);
    FUZZ_CHECK(config->connections >= 1 && config->connections <= KC_CORE_SESSIONS_MAX);
    FUZZ_CHECK(config->certificate_life >= 60 && config->certificate_life <= 86400);
    FUZZ_CHECK(config->workers <= 14 && config->name_count <= KC_CONFIG_NAMES_MAX);
    for (size_t i = 0; i < config->name_count; i++)
        FUZZ_CHECK(config->name[i][0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kc_config config;
    struct kc_config_error error = {""};
    char *copy = malloc(size + 1);
    FILE *stream = NULL;
    if (copy != NULL) {
        memcpy(copy, data, size);
        copy[size] = '\0';
        stream = fmemopen(copy, size + 1, "r");
    }
    if (stream != NULL) {
        kc_config_init(&config);
        enum kc_err err = kc_config_read_stream(&config, "file", stream, &error);
        FUZZ_CHECK((err == KC_OK) == (error.text[0] == '\0'));
        if (err == KC_OK)
            check(&config);
        kc_config_clear(&config);
        fclose(stream);
    }
    free(copy);
    return 0;
}
