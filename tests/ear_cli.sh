#!/bin/bash
# keyclave verify --ear, the program itself; tests/ear_check.py reads the tokens, OpenSSL's program
# their signatures.
# Usage: tests/ear_cli.sh PROGRAM BOUND_QUOTE
set -uo pipefail
program=$(realpath "$1")
bound_quote=$(realpath "$2")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export KEYCLAVE_STATE=$work/state
seed=$here/vectors/seed/quote.json
at=2025-08-15T05:45:00Z
failed=0

fail() {
    echo "FAILED: $*"
    sed 's/^/    /' "$work/out" "$work/err" | head -40
    failed=1
}

# want STATUS ARGUMENT...: runs `keyclave verify ARGUMENT...`
want() {
    local status=$1
    shift
    "$program" verify "$@" >"$work/out" 2>"$work/err" </dev/null
    local got=$?
    [ $got = "$status" ] || fail "verify $*: exit $got, not $status"
}
says() { grep -qF -- "$1" "$work/err" || fail "it does not say: $1"; }

# token STATUS TIER 'NAME=VALUE ...' ARGUMENT...: in all profiles; the exit status is verify's own
token() {
    local status=$1 tier=$2 vector=$3
    shift 3
    want "$status" "$@"
    for profile in draft draft-04 veraison; do
        local compat=()
        [ $profile = draft ] || compat=(--ear-compat $profile)
        want "$status" --ear --ear-key "$work/key" "${compat[@]}" "$@"
        cp "$work/out" "$work/token"
        python3 "$here/ear_check.py" $profile "$work/token" "$work/public" "$tier" "$vector" \
            "${facts[@]}" >"$work/out" 2>"$work/err" || fail "$profile token of verify $*"
    done
}

openssl ecparam -name prime256v1 -genkey -out "$work/key" 2>/dev/null
openssl ec -in "$work/key" -pubout -out "$work/public" 2>/dev/null
echo held >"$work/held"
"$bound_quote" "$KEYCLAVE_STATE" "$work/held" >"$work/quote" || fail "no simulated quote"
"$program" sim collateral "$work/c" >/dev/null || fail "sim collateral"
mrenclave=$("$program" verify --json --trust sim "$work/quote" 2>/dev/null |
    sed -n 's/^ *"mrenclave": "\(.*\)",$/\1/p')
echo "{\"mrenclave\": \"$mrenclave\"}" >"$work/policy"
echo '{"allow_debug": true, "tcb": "ignore"}' >"$work/debug"
hash=$(sha256sum <"$work/policy" | cut -d' ' -f1)

facts=(label=SGX valid=300 judged_at=1755236700 policy=keyclave:default verdict=refused failure=policy.debug
    mrenclave=af3438654b544d7e94b6b538eaf58528a2136f6a107b95b4c442b0afc9c98d83)
token 1 contraindicated 'configuration=96 runtime-opaque=96 executables=33 hardware=0' \
    --at $at "$seed"
hash_of_debug=$(sha256sum <"$work/debug" | cut -d' ' -f1)
facts=(judged_at=1755236700 verdict=accepted policy=urn:sha256:$hash_of_debug)
token 0 warning 'configuration=36 runtime-opaque=32 executables=33 hardware=32' \
    --at $at --policy "$work/debug" "$seed"

quote=(--trust sim "$work/quote")
facts=(label=SGX verdict=accepted "policy=urn:sha256:$hash" tcb=UpToDate "mrenclave=$mrenclave")
token 0 affirming 'configuration=2 runtime-opaque=2 executables=2 hardware=2 instance-identity=0' \
    --policy "$work/policy" --collateral "$work/c" "${quote[@]}"
facts=(verdict=unjudged failure=policy.tcb "mrenclave=$mrenclave")
token 3 none 'hardware=0 executables=0' --policy "$work/policy" "${quote[@]}"
facts=(label=SGX verdict=invalid failure=chain.root mrenclave=)
token 2 contraindicated 'hardware=99 executables=99 configuration=0' "$work/quote"
echo rubbish >"$work/rubbish"
facts=(label=evidence verdict=invalid failure=evidence.shape mrenclave=)
token 2 contraindicated 'hardware=99 executables=99' "$work/rubbish"

# The token in a file, the verdict beside it.
want 1 --at $at --json --ear --ear-key "$work/key" --ear-out "$work/token" \
    --ear-nonce 000102030405060708090a0b0c0d0e0f --ear-valid 31536000 \
    --ear-jwk-out "$work/jwks" "$seed"
grep -q '"verdict": "refused"' "$work/out" || fail "no verdict beside --ear-out"
python3 "$here/ear_check.py" draft "$work/token" "$work/public" contraindicated '' \
    nonce=AAECAwQFBgcICQoLDA0ODw valid=31536000 jwks="$work/jwks" >"$work/out" 2>"$work/err" ||
    fail "token of --ear-out"
want 1 --at $at --ear --ear-key "$work/key" --ear-out "$work/token" --ear-compat veraison \
    --ear-nonce 000102030405060708090a0b0c0d0e0f "$seed"
python3 "$here/ear_check.py" veraison "$work/token" "$work/public" contraindicated '' \
    nonce=AAECAwQFBgcICQoLDA0ODw >"$work/out" 2>"$work/err" || fail "nonce of veraison's token"
want 3 --policy "$work/policy" --collateral "$work/c" --ear --ear-key "$work/key" \
    --ear-out "$work/none/token" "${quote[@]}"
want 2 --ear --ear-key "$work/key" --ear-out "$work/none/token" "$work/quote"
want 3 --policy "$work/policy" --collateral "$work/c" --ear --ear-key "$work/key" \
    --ear-jwk-out "$work/none/jwks" "${quote[@]}"
[ ! -s "$work/out" ] || fail "a token without its key"
(umask 077; want 1 --at $at --ear --ear-key "$work/key" --ear-out "$work/closed" "$seed")
[ "$(stat -c %a "$work/closed")" = 600 ] || fail "others may read the token, against the umask"

# What cannot be judged by its file gives no token.
want 3 --ear --ear-key "$work/key" "$work/none"
[ ! -s "$work/out" ] || fail "a token of no evidence"

# Options and keys that are refused.
want 64 --ear-key "$work/key" "$seed"
says 'for --ear'
want 64 --ear "$seed"
says '--ear-key'
want 64 --ear --json --ear-key "$work/key" "$seed"
says '--ear-out'
want 64 --ear --ear-key "$work/key" --ear-compat other "$seed"
says 'veraison'
for nonce in 00 0g0102030405060708 "$(printf '00%.0s' {1..65})"; do
    want 64 --ear --ear-key "$work/key" --ear-nonce "$nonce" "$seed"
    says '--ear-nonce'
done
for seconds in 0 -1 +5 31536001 99999999999999999999 5m '' ' 5'; do
    want 64 --ear --ear-key "$work/key" --ear-valid "$seconds" "$seed"
    says '--ear-valid'
done
want 64 --ear --ear-key "$work/key" --ear-jwk-out - "$seed"
says '--ear-jwk-out'
want 64 --json --ear --ear-key "$work/key" --ear-out - "$seed"
says '--ear-out -'
want 64 --ear --ear-key "$work/key" --ear-out "$work/both" --ear-jwk-out "$work/both" "$seed"
says 'same file'
ln -s key "$work/other-name"
for output in --ear-out --ear-jwk-out; do
    want 64 --ear --ear-key "$work/key" $output "$work/other-name" "$seed"
    says "$output would overwrite the key"
done
grep -q 'PRIVATE KEY' "$work/key" || fail "the key is gone"
want 64 --ear-valid 300 "$seed"
says 'for --ear'
want 64 --ear --ear-key - -
says 'standard input can be one thing only'
openssl ecparam -name secp384r1 -genkey -noout -out "$work/p384" 2>/dev/null
want 64 --ear --ear-key "$work/p384" "$seed"
says 'not an EC key on P-256'
want 64 --ear --ear-key "$work/public" "$seed"
says 'a public key only'
want 3 --ear --ear-key "$work/none" "$seed"
exit $failed
