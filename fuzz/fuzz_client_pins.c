/* A file of pins that is read has one text: writing a pin again changes nothing. */
#include <string.h>

#include "client/pins.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kc_bytes file = kc_bytes_of(data, size);
    struct kc_client_pin pin;
    struct kc_error error = KC_ERROR_NONE;
    bool found = false;
    char authority[64] = "";
    size_t n = 0;
    /* The first line's name, so that there is something to be found. */
    while (n < size && n < sizeof authority - 1 && data[n] != ' ' && data[n] != '\n')
        n++;
    if (n > 0)
        memcpy(authority, data, n);
    if (kc_client_pins_find(file, authority, &pin, &found, &error) != KC_OK) {
        FUZZ_CHECK(error.code == KC_ERR_MALFORMED && error.at > 0);
        return 0;
    }
    if (!found)
        return 0;
    uint8_t *room = malloc(size);
    FUZZ_CHECK(room != NULL);
    struct kc_writer w = kc_writer_of((struct kc_room){room, size});
    FUZZ_CHECK(kc_client_pins_put(file, &pin, &w, &error) == KC_OK);
    FUZZ_CHECK(kc_bytes_equal(kc_writer_written(&w), file));
    free(room);
    return 0;
}
