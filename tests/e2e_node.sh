#!/bin/bash
# A client that shares no code with Keyclave (tests/interop/client.js) makes the whole check of
# kms-ratls/1 on the real service, then encrypts and decrypts; and it refuses what it does not
# expect. usage: e2e_node.sh KEYCLAVE BUILD-FOLDER
set -euo pipefail
keyclave=$1
modules=$2/interop
source=$(cd "$(dirname "$0")/interop" && pwd)
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT

skip() {
    echo "skipped: $*"
    exit 77
}
fail() {
    echo "e2e_node: $*" >&2
    [ ! -f "$work/log" ] || cat "$work/log" >&2
    exit 1
}
# shellcheck source=tests/interop/install.sh
. "$source/install.sh"

export KEYCLAVE_STATE=$work/client
mkfifo "$work/ready"
"$keyclave" serve --platform sim --state "$work/state" --listen 127.0.0.1:0 \
    >"$work/ready" 2>"$work/log" &
server=$!
read -r -t 60 _ url facts <"$work/ready" || fail "the service does not come up"
mrenclave=$(sed -n 's/.*mrenclave=\([0-9a-f]*\).*/\1/p' <<<"$facts")
"$keyclave" sim collateral "$work/collateral" --state "$work/state" >/dev/null
"$keyclave" sim root --state "$work/state" >"$work/root.pem"
printf '{"mrenclave": "%s", "tcb": "ignore"}\n' "$mrenclave" >"$work/policy.json"
"$keyclave" init "$url" --policy "$work/policy.json" --trust "$work/root.pem" \
    --token-out "$work/token" --ca-out "$work/ca.pem" --json >"$work/init.json"
kms_id=$(sed -n 's/.*"kms_id": *"\([0-9a-f]*\)".*/\1/p' "$work/init.json" | head -n 1)
[ -n "$kms_id" ] || fail "init named no kms-id: $(cat "$work/init.json")"
KEYCLAVE_ADDR=$url "$keyclave" key create node --policy "$work/policy.json" \
    --trust "$work/root.pem" --token-file "$work/token" >/dev/null

# The certificate of the new identity may be some milliseconds away.
address=${url#https://}
client() { # MRENCLAVE KMS-ID
    node "$modules/client.js" "${address%:*}" "${address##*:}" "$work/collateral" "$1" "$2" \
        "$work/token" node "said inside"
}
said=$(client "$mrenclave" "$kms_id") || fail "it refuses the service: $said"
echo "its own service: $said"
[ "$said" = "said inside" ] || fail "not what went in: $said"

refuses() { # CHECK MRENCLAVE KMS-ID
    local said
    said=$(client "$2" "$3") && fail "it accepted what $1 should refuse"
    echo "$said"
    case $said in "refused: $1:"*) ;; *) fail "not refused by $1: $said" ;; esac
}
zeros=$(printf '%064d' 0)
refuses mrenclave "$zeros" "$kms_id"
refuses kms-id "$mrenclave" "$zeros"
"$keyclave" sim collateral "$work/foreign" --state "$work/elsewhere" >/dev/null
cp -r "$work/collateral" "$work/ours" && rm -rf "$work/collateral" && mv "$work/foreign" "$work/collateral"
refuses quote "$mrenclave" "$kms_id"

kill -TERM "$server"
wait "$server" || fail "the service ended with status $?"
server=
