#!/bin/bash
# Kills the service with -9 in the middle of making keys, ROUNDS times (3 unless set): each key that
# was acknowledged is there afterwards and decrypts what was encrypted with it, and each key that is
# listed is whole. usage: e2e_crash.sh KEYCLAVE CRASH-CLIENT
set -euo pipefail
keyclave=$1
client=$2
rounds=${ROUNDS:-3}
keys=200
connections=8
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -9 "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
export TMPDIR=$work KEYCLAVE_STATE=$work/client
unset KEYCLAVE_TOKEN VAULT_TOKEN VAULT_ADDR

fail() {
    echo "e2e_crash: $*" >&2
    tail -n 20 "$work/err" >&2
    exit 1
}
# start: until it is ready; sets $url, $mrenclave and $kms_id
start() {
    local ready
    rm -f "$work/pipe"
    mkfifo "$work/pipe"
    "$keyclave" serve --platform sim --listen 127.0.0.1:0 --state "$work/state" \
        >"$work/pipe" 2>>"$work/err" &
    server=$!
    read -r -t 60 _ url ready <"$work/pipe" || fail "not ready"
    mrenclave=$(sed 's/.*mrenclave=\([0-9a-f]*\).*/\1/' <<<"$ready")
    kms_id=${ready##*kms_id=}
}
# crash MODE ARGUMENT...
crash() {
    timeout 120 "$client" "$url" "$work/policy.json" "$work/root.pem" "$work/token" \
        "$work/notes" "$@" || fail "round $round: $*"
}

start
"$keyclave" sim root --state "$work/state" >"$work/root.pem"
echo "{\"mrenclave\": \"$mrenclave\", \"tcb\": \"ignore\"}" >"$work/policy.json"
"$keyclave" init "$url" --policy "$work/policy.json" --trust "$work/root.pem" \
    --token-out "$work/token" --ca-out "$work/ca.pem" >/dev/null 2>>"$work/err" || fail "init"

first=
for round in $(seq "$rounds"); do
    # Another moment in each round, from the first key to the last.
    crash make "r$round-" "$keys" "$connections" $((1 + (round * 73) % (keys - connections))) "$server"
    status=0
    { wait "$server" || status=$?; } 2>/dev/null
    [ "$status" = 137 ] || fail "round $round: it was not killed: $status"
    start
    [ -n "$first" ] || first=$kms_id
    if [[ $kms_id =~ ^0*$ ]] || [ "$kms_id" != "$first" ]; then
        fail "round $round: another service: $kms_id"
    fi
    crash check "r$round-"
done
round=last
crash check ""
kill -TERM "$server"
status=0
wait "$server" || status=$?
server=
[ "$status" = 0 ] || fail "exit status $status"
