#!/bin/bash
# An independent verifier, @phala/dcap-qvl, judges the quote that the enclave gets from the
# simulated platform, with the simulated collateral. usage: e2e_interop.sh KEYCLAVE BUILD-FOLDER
set -euo pipefail
keyclave=$1
modules=$2/interop
source=$(cd "$(dirname "$0")/interop" && pwd)
work=$(mktemp -d)
service=
trap '[ -z "$service" ] || kill "$service" 2>/dev/null || true; rm -rf "$work"' EXIT

skip() {
    echo "skipped: $*"
    exit 77
}
fail() {
    echo "e2e_interop: $*" >&2
    exit 1
}

# shellcheck source=tests/interop/install.sh
. "$source/install.sh"

# want WORD QUOTE COLLATERAL [ROOT]: what the first word of its verdict must be.
want() {
    local expected=$1 verdict
    shift
    verdict=$(node "$modules/verify.js" "$@" 2>&1) || true
    echo "$(basename "$1") by $(basename "$2")${3:+ under $(basename "$3")}: $verdict"
    [ "${verdict%%[ :]*}" = "$expected" ] || fail "not '$expected'"
}

# flip FILE OFFSET OUT: the same with one bit of the byte changed.
flip() {
    cp "$1" "$3"
    local byte
    byte=$(od -An -tu1 -j "$2" -N 1 "$1")
    printf '%b' "\\x$(printf %02x $((byte ^ 1)))" | dd of="$3" bs=1 seek="$2" conv=notrunc status=none
}

export KEYCLAVE_STATE=$work/state
mkfifo "$work/ready"
"$keyclave" sim aesm --socket "$work/aesm.socket" >"$work/ready" &
service=$!
read -r _ <"$work/ready"
"$keyclave" report --aesm "$work/aesm.socket" --raw "$work/quote" >"$work/quote.json"
"$keyclave" sim collateral "$work/collateral"
want UpToDate "$work/quote" "$work/collateral"
want UpToDate "$work/quote.json" "$work/collateral"

for status in OutOfDate SWHardeningNeeded ConfigurationAndSWHardeningNeeded; do
    "$keyclave" sim collateral "$work/$status" --status $status
    want $status "$work/quote" "$work/$status"
done
"$keyclave" sim collateral "$work/Revoked" --status Revoked
want refused "$work/quote" "$work/Revoked"
"$keyclave" sim collateral "$work/expired" --at "$(date -u -d '10 days ago' +%FT%TZ)" --days 3
want refused "$work/quote" "$work/expired"

# Report body, signature, attestation key, QE report, its signature, authentication data.
for offset in 112 368 436 500 628 948 1014; do
    flip "$work/quote" $offset "$work/flipped-$offset"
    want refused "$work/flipped-$offset" "$work/collateral"
done

# Another machine: its root does not vouch for our quote, nor for our collateral.
"$keyclave" sim root --state "$work/elsewhere" >"$work/other-root.pem"
want refused "$work/quote" "$work/collateral" "$work/other-root.pem"
"$keyclave" sim collateral "$work/other-collateral" --state "$work/elsewhere"
want refused "$work/quote" "$work/other-collateral"
want refused "$work/quote" "$work/other-collateral" "$work/collateral/root_ca.pem"
