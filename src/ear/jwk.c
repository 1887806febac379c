/* The public key in the words of JOSE: a JWK (RFC 7517), named by its thumbprint (RFC 7638). */
#include <stdio.h>

#include <openssl/types.h>

#include "base/base64.h"
#include "core/crypto.h"
#include "core/p256.h"
#include "ear/token.h"

#define NUMBER_SIZE (KC_P256_PUBLIC_SIZE / 2)

struct point {
    char x[KC_EAR_KEY_ID_ROOM];
    char y[KC_EAR_KEY_ID_ROOM];
};

static enum kc_err point_of(const EVP_PKEY *key, struct point *out)
{
    uint8_t raw[KC_P256_PUBLIC_SIZE];
    enum kc_err err = kc_p256_public(key, raw);
    if (err != KC_OK)
        return err;
    kc_base64_encode(KC_BASE64_URL, kc_bytes_of(raw, NUMBER_SIZE), out->x);
    kc_base64_encode(KC_BASE64_URL, kc_bytes_of(raw + NUMBER_SIZE, NUMBER_SIZE), out->y);
    return KC_OK;
}

enum kc_err kc_ear_key_id(const EVP_PKEY *key, char out[KC_EAR_KEY_ID_ROOM])
{
    struct point point;
    uint8_t hash[KC_SHA256_SIZE];
    char text[192];
    enum kc_err err = point_of(key, &point);
    if (err != KC_OK)
        return err;
    /* What must be there, by name, without white space: section 3. */
    snprintf(text, sizeof text, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}",
             point.x, point.y);
    err = kc_crypto_sha256(kc_bytes_of_text(text), hash);
    if (err == KC_OK)
        kc_base64_encode(KC_BASE64_URL, kc_bytes_of(hash, sizeof hash), out);
    return err;
}

enum kc_err kc_ear_key_set(const EVP_PKEY *key, char **out)
{
    struct point point;
    char id[KC_EAR_KEY_ID_ROOM];
    enum kc_err err = point_of(key, &point);
    if (err == KC_OK)
        err = kc_ear_key_id(key, id);
    if (err != KC_OK)
        return err;
    json_t *set =
        json_pack("{s:[{s:s, s:s, s:s, s:s, s:s, s:s, s:s}]}", "keys", "kty", "EC", "crv", "P-256",
                  "x", point.x, "y", point.y, "alg", "ES256", "use", "sig", "kid", id);
    char *text = set == NULL ? NULL : json_dumps(set, JSON_COMPACT);
    json_decref(set);
    if (text == NULL)
        return KC_ERR_MEMORY;
    *out = text;
    return KC_OK;
}
