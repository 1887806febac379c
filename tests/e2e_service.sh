#!/bin/bash
# The service on the simulated platform, with the real programs: first contact, keys, other TLS
# clients, a kill -9 in the middle, an end that lets answers finish. usage: e2e_service.sh KEYCLAVE
set -euo pipefail
keyclave=$1
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -9 "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
export TMPDIR=$work KEYCLAVE_STATE=$work/client
unset KEYCLAVE_TOKEN VAULT_TOKEN VAULT_ADDR

fail() {
    echo "e2e_service: $*" >&2
    tail -n 20 "$work"/server.err* >&2
    exit 1
}

# start PORT ARGUMENT...: until it is ready; sets $address and $kms_id
start() {
    local port=$1
    shift
    rm -f "$work/pipe"
    mkfifo "$work/pipe"
    "$keyclave" serve --platform sim --listen "127.0.0.1:$port" --state "$work/server" "$@" \
        >"$work/pipe" 2>>"$work/server.err" &
    server=$!
    read -r -t 60 ready <"$work/pipe" || fail "not ready"
    address=${ready#ready https://}
    address=${address%% *}
    kms_id=${ready##*kms_id=}
    export KEYCLAVE_ADDR=https://$address
}
# code ARGUMENT...: the HTTP status that curl gets, its body in $work/body
code() { curl -s -o "$work/body" -w '%{http_code}' --max-time 30 "$@"; }

# 1. A service without keys answers what any_time routes answer, and nothing else.
start 0
[[ $kms_id =~ ^0{64}$ ]] || fail "a kms-id before init: $kms_id"
[ "$(code -k "https://$address/v1/sys/health")" = 501 ] || fail "health before init"
[ "$(code -k -H 'X-Vault-Token: x' "https://$address/v1/transit/keys/k")" = 503 ] ||
    fail "a key before init"

# 2. The administrator makes it his, over an attested connection; a second init is refused.
"$keyclave" sim root --state "$work/server" >"$work/root.pem"
mrenclave=${ready#*mrenclave=}
echo "{\"mrenclave\": \"${mrenclave%% *}\", \"tcb\": \"ignore\"}" >"$work/policy.json"
init() {
    "$keyclave" init "https://$address" --policy "$work/policy.json" --trust "$work/root.pem" "$@"
}
init --token-out "$work/token" --ca-out "$work/ca.pem" 2>"$work/err" ||
    fail "init: $(cat "$work/err")"
token=$(cat "$work/token")
status=0
init --state "$work/other" --token-out "$work/token2" 2>"$work/err" || status=$?
[ "$status" = 1 ] || fail "a second init: $status, $(cat "$work/err")"

# 3. Keys, and what they are for.
"$keyclave" key create mine --token-file "$work/token" >/dev/null
head -c 1000 /dev/urandom >"$work/plain"
"$keyclave" encrypt mine "$work/plain" --token-file "$work/token" >"$work/cipher"
"$keyclave" decrypt mine "$work/cipher" --token-file "$work/token" >"$work/again"
cmp -s "$work/plain" "$work/again" || fail "decrypted to something else"

# 4. Other TLS clients: with the service's CA, and not without; TLS 1.3 alone, no tickets.
auth=(-H "X-Vault-Token: $token")
[ "$(code --cacert "$work/ca.pem" "${auth[@]}" "https://$address/v1/transit/keys/mine")" = 200 ] ||
    fail "curl with the CA: $(cat "$work/body")"
status=0
curl -s "https://$address/v1/sys/health" >/dev/null || status=$?
[ "$status" = 60 ] || fail "curl without the CA: $status"
status=0
curl -s --tls-max 1.2 -k "https://$address/v1/sys/health" >/dev/null || status=$?
[ "$status" = 35 ] || fail "TLS 1.2: $status"
[ "$(code --cacert "$work/ca.pem" "https://$address/v1/transit/keys/mine")" = 403 ] ||
    fail "without a token"
printf 'GET /v1/sys/health HTTP/1.1\r\nHost: k\r\nConnection: close\r\n\r\n' |
    timeout 30 openssl s_client -connect "$address" -CAfile "$work/ca.pem" -verify_return_error \
        -ign_eof >"$work/s_client" 2>&1 || fail "s_client: $(tail -n 5 "$work/s_client")"
grep -q 'TLSv1.3, Cipher is' "$work/s_client" || fail "not TLS 1.3"
grep -q 'HTTP/1.1 200' "$work/s_client" || fail "no answer to s_client"
! grep -q 'Session Ticket' "$work/s_client" || fail "a ticket"
head -c 700000 /dev/zero | base64 -w0 | sed 's/.*/{"plaintext":"&"}/' >"$work/large"
[ "$(code --cacert "$work/ca.pem" "${auth[@]}" -X POST --data-binary @"$work/large" \
    "https://$address/v1/transit/encrypt/mine")" = 200 ] || fail "a large body: $(head -c 200 "$work/body")"

# 5. Killed while it stores: what was acknowledged is there, and the service is the same one.
for i in $(seq 200); do
    "$keyclave" key create "k$i" --token-file "$work/token" >/dev/null 2>&1 || break
    echo "$i" >>"$work/made"
done &
maker=$!
for _ in $(seq 200); do
    [ "$(wc -l 2>/dev/null <"$work/made" || echo 0)" -lt 5 ] || break
    sleep 0.05
done
kill -9 "$server"
wait "$server" 2>/dev/null || true
wait "$maker"
first=$(sed 's/.*kms-id is //;q' <(grep 'kms-id is' "$work/err" || true))
start "${address##*:}"
[[ ! $kms_id =~ ^0{64}$ ]] || fail "the sealed root did not open"
[ -z "$first" ] || [ "$first" = "$kms_id" ] || fail "another service"
"$keyclave" decrypt mine "$work/cipher" --token-file "$work/token" >"$work/again" ||
    fail "decrypt after the restart"
cmp -s "$work/plain" "$work/again" || fail "decrypted to something else after the restart"
while read -r i; do
    [ "$(code --cacert "$work/ca.pem" "${auth[@]}" "https://$address/v1/transit/keys/k$i")" = 200 ] ||
        fail "key k$i was acknowledged and is not there"
done <"$work/made"

# 6. Slow answers end although the service does: eight wait for one thread when SIGTERM comes.
for i in 1 2 3 4 5 6 7 8; do
    curl -s -o "$work/slow.$i" -w '%{http_code}\n' --max-time 30 --cacert "$work/ca.pem" \
        "${auth[@]}" -X POST -d '' "https://$address/generate-rsa-key-pair" >>"$work/slow" &
    slow[i]=$!
done
for _ in $(seq 400); do
    [ ! -s "$work/slow" ] || break
    sleep 0.02
done
status=0
kill -TERM "$server"
wait "$server" || status=$?
server=
[ "$status" = 0 ] || fail "SIGTERM: exit status $status"
for i in 1 2 3 4 5 6 7 8; do
    wait "${slow[i]}" || true
done
[ "$(grep -c 200 "$work/slow")" -ge 4 ] || fail "slow answers: $(tr '\n' ' ' <"$work/slow")"

# 7. --once: one connection, and it ends by itself.
start 0 --once
[ "$(code --cacert "$work/ca.pem" "https://$address/v1/sys/health")" = 200 ] || fail "--once"
status=0
wait "$server" || status=$?
server=
[ "$status" = 0 ] || fail "--once: exit status $status"

# 8. Another machine cannot open the root: it does not start, and says so.
mv "$work/server/simulation" "$work/simulation"
status=0
timeout 60 "$keyclave" serve --platform sim --listen 127.0.0.1:0 --state "$work/server" \
    >"$work/out" 2>"$work/err" || status=$?
[ "$status" = 1 ] || fail "a root sealed elsewhere: exit status $status, $(cat "$work/err")"
grep -q 'does not start' "$work/err" || fail "no word of the root: $(cat "$work/err")"

# 9. dev: everything by itself, and nothing left.
mkdir "$work/dev"
TMPDIR=$work/dev "$keyclave" dev --listen 127.0.0.1:0 >"$work/dev.out" 2>"$work/dev.err" &
server=$!
for _ in $(seq 400); do
    ! grep -q 'curl --cacert' "$work/dev.out" || break
    sleep 0.05
done
(
    eval "$(grep -o 'export KEYCLAVE_.*' "$work/dev.out")"
    "$keyclave" key create mine >/dev/null
    echo 'a secret' | "$keyclave" encrypt mine >"$work/cipher"
    [ "$("$keyclave" decrypt mine "$work/cipher")" = 'a secret' ]
) || fail "dev: $(cat "$work/dev.out" "$work/dev.err")"
status=0
kill -INT "$server"
wait "$server" || status=$?
server=
[ "$status" = 0 ] || fail "dev: exit status $status"
[ -z "$(ls "$work/dev")" ] || fail "dev left something behind"
