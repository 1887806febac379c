#include "host/words.h"

#include <stddef.h>

#include "core/effect.h"

struct row {
    uint32_t code;
    struct kc_words words;
};

#define OTHER_VERSION "use program and image of one build"
#define ASK_AGAIN     "ask again; if it stays so, restart the AESM service"

static const struct row refusals[] = {
    {KC_REFUSAL_UNKNOWN_TYPE, {"it does not know this message", OTHER_VERSION}},
    {KC_REFUSAL_PAYLOAD, {"the parts of the message do not fit each other", OTHER_VERSION}},
    {KC_REFUSAL_NOT_NOW, {"the message is not allowed in this state", "START comes first"}},
    {KC_REFUSAL_REPEATED, {"the message may come only once", ""}},
    {KC_REFUSAL_VERSION, {"it speaks another version of the boundary", OTHER_VERSION}},
    {KC_REFUSAL_LIMIT, {"a limit is out of range", ""}},
    {KC_REFUSAL_ID_IN_USE, {"a request with this number is under way", ""}},
    {KC_REFUSAL_UNKNOWN_ID, {"no request with this number is under way", ""}},
    {KC_REFUSAL_NOT_AWAITED, {"the request awaits something else", ""}},
    {KC_REFUSAL_ROOT,
     {"the sealed root of the store does not open in this enclave on this processor",
      "start the image and the machine that the store belongs to, or name an empty store"}},
    {KC_REFUSAL_NAMES,
     {"the server's names are not 1 to 16 host names and addresses", "no wildcards, no ports"}},
    {KC_REFUSAL_FAILED, {"it could not begin: 10 the crypto library, 11 out of memory", ""}},
};

static const struct row failures[] = {
    {KC_FAILURE_BUSY, {"too many requests are under way", "ask again when some have ended"}},
    {KC_FAILURE_FORMAT_UNKNOWN,
     {"no evidence format has this UUID",
      "use SGX_ECDSA, LEGACY_REPORT_REMOTE or RAW_SGX_QUOTE_ECDSA"}},
    {KC_FAILURE_FORMAT,
     {"this enclave does not make evidence of this format",
      "use SGX_ECDSA, LEGACY_REPORT_REMOTE or RAW_SGX_QUOTE_ECDSA"}},
    {KC_FAILURE_SETTINGS, {"this format takes no settings", "give none"}},
    {KC_FAILURE_TARGET, {"the Quoting Enclave's target info did not come", ASK_AGAIN}},
    {KC_FAILURE_TARGET_RESERVED,
     {"the target info has reserved bytes set", "update Keyclave, or ask another AESM service"}},
    {KC_FAILURE_QUOTE, {"the quote did not come", ASK_AGAIN}},
    {KC_FAILURE_TRIES,
     {"the Quoting Enclave had no valid attestation key, time and again",
      "restart the AESM service: systemctl restart aesmd"}},
    {KC_FAILURE_PLATFORM, {"the processor made no report", ""}},
    {KC_FAILURE_CRYPTO, {"a key or hash could not be made", ""}},
    {KC_FAILURE_MEMORY, {"the enclave is out of memory", "give the image more NumHeapPages"}},
    {KC_FAILURE_QUOTE_SHAPE,
     {"what came back is not a quote of version 3", "update the AESM service"}},
    {KC_FAILURE_QUOTE_TRAILING, {"bytes stand behind the quote that came back", ASK_AGAIN}},
    {KC_FAILURE_QUOTE_MRENCLAVE, {"the quote that came back is of another enclave", ASK_AGAIN}},
    {KC_FAILURE_QUOTE_ATTRIBUTES,
     {"the quote that came back has other enclave attributes", ASK_AGAIN}},
    {KC_FAILURE_QUOTE_REPORT_DATA, {"the quote that came back binds something else", ASK_AGAIN}},
    {KC_FAILURE_QUOTE_BODY, {"the quote that came back is of another report", ASK_AGAIN}},
    {KC_FAILURE_TIME, {"the quote did not come in time", ASK_AGAIN}},
    {KC_FAILURE_CERTIFICATE,
     {"no certificate can be written with this quote at this time", "look at the clock"}},
};

static struct kc_words find(const struct row *rows, size_t count, uint32_t code)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].code == code)
            return rows[i].words;
    }
    return (struct kc_words){"it gives a code that this program does not know", OTHER_VERSION};
}

struct kc_words kc_words_of_refusal(uint32_t code)
{
    return find(refusals, sizeof refusals / sizeof refusals[0], code);
}

struct kc_words kc_words_of_failure(uint32_t code)
{
    return find(failures, sizeof failures / sizeof failures[0], code);
}

const char *kc_words_of_log(uint32_t code)
{
    switch (code) {
    case KC_LOG_KEY_MADE:
        return "the enclave made its RSA key; bits";
    case KC_LOG_CLOCK_BACKWARDS:
        return "the clock was set back: the enclave keeps its time; seconds";
    case KC_LOG_QUOTE_AGAIN:
        return "no valid attestation key yet: begins again with new target info; request";
    case KC_LOG_INITIALISED:
        return "the service was initialised";
    case KC_LOG_RECORD_DAMAGED:
        return "the store gave what is not the record that was asked for; class, connection";
    case KC_LOG_RECORD_OLD:
        return "the store gave a record of an earlier version than one seen before; class, version";
    case KC_LOG_STORE_LIED:
        return "the store gave an answer that cannot be true; class, connection";
    case KC_LOG_CERTIFICATE:
        return "the enclave has a new certificate; first and last second";
    case KC_LOG_RENEWAL_FAILED:
        return "the certificate could not be renewed; its last second, failure";
    case KC_LOG_ROOT_RESEALED:
        return "the root was sealed anew at the platform's current values";
    case KC_LOG_STORE_FULL:
        return "the store is full or read-only: nothing was stored; connection";
    default:
        return "the enclave logs a code that this program does not know";
    }
}
