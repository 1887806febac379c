#include "formats/signed_json.h"

enum kc_err kc_signed_json_decode(struct kc_bytes body, const char *name, kc_signed_json_read *read,
                                  void *inner, struct kc_signed_json *out, struct kc_error *error)
{
    struct kc_json j;
    struct kc_json_scope object = {0, false};
    struct kc_bytes member = {NULL, 0};
    struct kc_signed_json found = {{NULL, 0}, {0}};
    bool has_signature = false;
    if (body.len > KC_SIGNED_JSON_MAX_SIZE)
        return kc_error_set(error, KC_ERR_MALFORMED, "collateral: too large", body.len);
    kc_json_init(&j, body);
    kc_json_object_begin(&j, &object);
    while (kc_json_object_next(&j, &object, &member)) {
        if (kc_bytes_equal(member, kc_bytes_of_text(name))) {
            const uint8_t *start = kc_json_value_start(&j);
            read(&j, inner);
            found.signed_part = kc_bytes_of(start, (size_t)(j.next - start));
        } else if (kc_bytes_equal(member, kc_bytes_of_text("signature"))) {
            kc_json_hex(&j, found.signature, sizeof found.signature);
            has_signature = true;
        } else {
            kc_json_fail(&j, "collateral: a member beside the signed object and its signature");
        }
    }
    if (found.signed_part.len == 0)
        kc_json_fail(&j, "collateral: not of the expected kind (the signed object is missing)");
    if (!has_signature)
        kc_json_fail(&j, "collateral: no signature");
    enum kc_err err = kc_json_done(&j, error);
    if (err == KC_OK)
        *out = found;
    return err;
}
