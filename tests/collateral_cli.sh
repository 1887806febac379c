#!/bin/bash
# keyclave verify --collateral, the program itself: on simulated evidence, and on every case of the
# shared vectors with a quote that it judges.
# Usage: tests/collateral_cli.sh PROGRAM BOUND_QUOTE
set -uo pipefail
program=$(realpath "$1")
bound_quote=$(realpath "$2")
vectors=$(cd "$(dirname "$0")/../.." && pwd)/shared/vectors/dcap
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export KEYCLAVE_STATE=$work/state
failed=0

fail() {
    echo "FAILED: $*"
    sed 's/^/    /' "$work/out" "$work/err" | head -40
    failed=1
}

# want STATUS CHECKS ARGUMENT...: runs `keyclave verify --json ARGUMENT...`
want() {
    local status=$1 checks=$2
    shift 2
    "$program" verify --json "$@" >"$work/out" 2>"$work/err"
    local got=$?
    [ $got = "$status" ] || fail "verify $*: exit $got, not $status"
    local found
    found=$(sed -n 's/^ *"check": "\(.*\)",$/\1/p' "$work/out" | paste -sd' ')
    [ "$found" = "$checks" ] || fail "verify $*: checks are '$found', not '$checks'"
}
has() { grep -qF -- "$1" "$work/out" || fail "no $1"; }
has_not() { ! grep -qF -- "$1" "$work/out" || fail "there is $1"; }

# collateral OPTION...: fresh simulated collateral in $work/c
collateral() {
    rm -rf "$work/c"
    "$program" sim collateral "$work/c" "$@" >/dev/null || fail "sim collateral $*"
}

echo held >"$work/held"
"$bound_quote" "$KEYCLAVE_STATE" "$work/held" >"$work/quote" || fail "no simulated quote"
quote=(--trust sim "$work/quote")

collateral
want 0 '' --collateral "$work/c" "${quote[@]}"
has '"status": "UpToDate"'
has '"evaluation_data_number": 1'
has '"earliest_expiry": "'
python3 - "$work/out" <<'END' || fail "dates of the pieces"
import json, sys
c = json.load(open(sys.argv[1]))["tcb"]["collateral"]
pieces = c["pieces"]
assert set(pieces) == {"tcb_info", "qe_identity", "tcb_chain", "crl.root", "crl.pck",
                       "crl.pck_chain", "pck", "pck_ca", "root"}, pieces
assert pieces[c["expires_first"]]["expires"] == c["earliest_expiry"]
assert min(p["expires"] for p in pieces.values()) == c["earliest_expiry"]
assert max(p["issued"] for p in pieces.values()) == c["issued"]
END
"$program" verify --collateral "$work/c" "${quote[@]}" >"$work/out" 2>"$work/err"
has 'TCB             UpToDate (evaluation 1'
want 3 policy.tcb "${quote[@]}"
has '"tcb": null'

# Statuses against the policy.
echo '{"tcb": "ignore"}' >"$work/ignore"
echo '{"tcb": ["OutOfDate"]}' >"$work/old"
collateral --status OutOfDate
want 1 policy.tcb --collateral "$work/c" "${quote[@]}"
has '"SIMULATED-SA-00001"'
want 0 '' --policy "$work/old" --collateral "$work/c" "${quote[@]}"
want 0 '' --policy "$work/ignore" --collateral "$work/c" "${quote[@]}"
collateral --status Revoked
want 1 policy.tcb --policy "$work/ignore" --collateral "$work/c" "${quote[@]}"

# What is missing or old is no verdict on the evidence.
for piece in tcb_info.json:tcb_info tcb_chain.pem:tcb_chain qe_identity.json:qe_identity \
    pck_crl.der:crl.pck root_ca_crl.der:crl.root; do
    collateral
    rm "$work/c/${piece%%:*}"
    want 3 "collateral.${piece##*:}.absent policy.tcb" --collateral "$work/c" "${quote[@]}"
    case $piece in
    *crl*) has '"whole": false' ;;
    *) has '"tcb": null' ;;
    esac
    : >"$work/c/${piece%%:*}"
    want 2 "collateral.${piece##*:}.shape" --collateral "$work/c" "${quote[@]}"
    has '"claims": null'
done
collateral --days 1
later=$(date -u -d '+2 days' +%Y-%m-%dT%H:%M:%SZ)
want 3 'collateral.tcb_info.expired collateral.qe_identity.expired collateral.crl.root.expired collateral.crl.pck.expired policy.tcb' \
    --at "$later" --collateral "$work/c" "${quote[@]}"
want 3 '' --collateral "$work/none" "${quote[@]}"
want 3 '' --collateral "$work/quote" "${quote[@]}"

# Changed, swapped and another machine's.
collateral
sed -i 's/"pcesvn":13/"pcesvn":12/' "$work/c/tcb_info.json"
want 2 collateral.tcb_info.signature --collateral "$work/c" "${quote[@]}"
has_not '"status": "'
collateral
mv "$work/c/pck_crl.der" "$work/x"
mv "$work/c/root_ca_crl.der" "$work/c/pck_crl.der"
mv "$work/x" "$work/c/root_ca_crl.der"
want 2 'collateral.crl.root.issuer collateral.crl.root.signature collateral.crl.pck.issuer collateral.crl.pck.signature' \
    --collateral "$work/c" "${quote[@]}"
rm -rf "$work/c"
"$program" sim collateral "$work/c" --state "$work/other" >/dev/null
want 2 'collateral.tcb_chain.root collateral.crl.pck_chain.root collateral.crl.root.issuer collateral.crl.root.signature collateral.crl.pck.issuer collateral.crl.pck.signature' \
    --collateral "$work/c" "${quote[@]}"

# Real quotes and collateral: the converged status of expect.json.
printf '{"allow_debug": true, "tcb": ["UpToDate", "SWHardeningNeeded", "ConfigurationNeeded", %s]}' \
    '"ConfigurationAndSWHardeningNeeded", "OutOfDate", "OutOfDateConfigurationNeeded"' >"$work/any"
for folder in "$vectors"/*sgx3*; do
    [ -f "$folder/expect.json" ] || continue
    grep -q '"full_collateral": true' "$folder/expect.json" || continue
    at=$(sed -n 's/.*"at": "\([^"]*\)".*/\1/p' "$folder/expect.json")
    status=$(sed -n 's/.*"verdict": "\([^"]*\)".*/\1/p' "$folder/expect.json")
    want 0 '' --policy "$work/any" --at "$at" --trust "$folder/root_ca.pem" --collateral "$folder" \
        "$folder/quote.bin"
    has "\"status\": \"$status\""
done
exit $failed
