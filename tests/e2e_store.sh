#!/bin/bash
# The service and a store that is full, read-only, damaged, or another machine's: what fails says
# so, what needs no disk goes on, and nothing that was acknowledged is lost.
# usage: e2e_store.sh KEYCLAVE
set -euo pipefail
keyclave=$1
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -9 "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
export TMPDIR=$work KEYCLAVE_STATE=$work/client
unset KEYCLAVE_TOKEN VAULT_TOKEN VAULT_ADDR

fail() {
    echo "e2e_store: $*" >&2
    tail -n 20 "$work/err" >&2
    exit 1
}
# serve COMMAND...: starts it and waits until it is ready; sets $url and $mrenclave
serve() {
    rm -f "$work/pipe"
    mkfifo "$work/pipe"
    "$@" >"$work/pipe" 2>>"$work/err" &
    server=$!
    read -r -t 60 ready <"$work/pipe" || fail "not ready: $*"
    url=${ready#ready }
    url=${url%% *}
    mrenclave=${ready#*mrenclave=}
    mrenclave=${mrenclave%% *}
}
plain() { serve "$keyclave" serve --platform sim --listen 127.0.0.1:0 --state "$state"; }
stop() {
    local status=0
    kill -TERM "$server"
    wait "$server" || status=$?
    server=
    [ "$status" = 0 ] || fail "exit status $status after SIGTERM"
}
# refuse STATUS WORDS: a start fails that way and says so
refuse() {
    local status=0
    timeout 60 "$keyclave" serve --platform sim --listen 127.0.0.1:0 --state "$state" \
        >"$work/out" 2>"$work/err" || status=$?
    [ "$status" = "$1" ] || fail "exit status $status, not $1"
    grep -q "$2" "$work/err" || fail "no word of '$2'"
}
init() { # ROOT-STATE
    "$keyclave" sim root --state "$1" >"$work/root.pem"
    echo "{\"mrenclave\": \"$mrenclave\", \"tcb\": \"ignore\"}" >"$work/policy.json"
    rm -rf "$KEYCLAVE_STATE" "$work/token" "$work/ca.pem"
    "$keyclave" init "$url" --policy "$work/policy.json" --trust "$work/root.pem" \
        --token-out "$work/token" --ca-out "$work/ca.pem" 2>>"$work/err" >/dev/null || fail "init"
    token=$(cat "$work/token")
}
# ask METHOD PATH [BODY]: the status, and the answer in $work/body
ask() {
    curl -s -o "$work/body" -w '%{http_code}' --max-time 30 --cacert "$work/ca.pem" \
        -H "X-Vault-Token: $token" -X "$1" ${3:+-d "$3"} "$url/v1/transit/$2"
}
ciphertext() { sed -n 's/.*"ciphertext": *"\([^"]*\)".*/\1/p' "$work/body"; }
# use KEY CIPHERTEXT: it decrypts what it encrypted, and encrypts still
use() {
    [ "$(ask POST "decrypt/$1" "{\"ciphertext\": \"$2\"}")" = 200 ] ||
        fail "$1 does not decrypt: $(cat "$work/body")"
    grep -q '"aGVsbG8="' "$work/body" || fail "$1 decrypts to something else"
    [ "$(ask POST "encrypt/$1" '{"plaintext": "aGVsbG8="}')" = 200 ] || fail "$1 does not encrypt"
}
# keep KEY: made, and something encrypted with it in $kept
keep() {
    [ "$(ask POST "keys/$1" '{}')" = 200 ] || fail "key $1: $(cat "$work/body")"
    [ "$(ask POST "encrypt/$1" '{"plaintext": "aGVsbG8="}')" = 200 ] || fail "encrypt with $1"
    kept=$(ciphertext)
}
# fill NAME: makes keys until one is refused; sets $made and $refused
fill() {
    local status
    for made in $(seq 2000); do
        status=$(ask POST "keys/$1$made" '{}')
        [ "$status" = 200 ] || break
    done
    refused=$1$made
    made=$((made - 1))
    [ "$status" = 507 ] || fail "$refused was answered $status: $(cat "$work/body")"
    grep -q 'errors' "$work/body" || fail "no words: $(cat "$work/body")"
}
# whole NAME: all that were made are there, and the refused one is not
whole() {
    local i
    [ "$(ask GET "keys/$refused")" = 404 ] || fail "$refused was refused and is there"
    for i in 1 $((made / 2)) "$made"; do
        [ "$(ask GET "keys/$1$i")" = 200 ] || fail "$1$i was acknowledged and is not there"
        [ "$(ask POST "encrypt/$1$i" '{"plaintext": "aGVsbG8="}')" = 200 ] || fail "$1$i: encrypt"
    done
}

# 1. Files may not grow any more: the store is full, all else goes on. Then they may again.
state=$work/limited
plain
init "$state"
keep first
prlimit --pid "$server" --fsize=300000:unlimited
fill limited
whole limited
use first "$kept"
grep -q 'did not take a change' "$work/err" || fail "no word in the log"
prlimit --pid "$server" --fsize=unlimited
[ "$(ask POST "keys/$refused" '{}')" = 200 ] || fail "there is room again: $(cat "$work/body")"
stop
plain
use first "$kept"
[ "$(ask GET "keys/$refused")" = 200 ] || fail "$refused is not there after the restart"
refused=none
whole limited
stop

# 2. Damage: the first page; the middle; a blob that somebody changed; a file cut short.
cp "$state/records.db" "$work/sound.db"
[ ! -s "$state/records.db-wal" ] || fail "a log is left after SIGTERM"
printf 'nonsense' | dd of="$state/records.db" conv=notrunc status=none
refuse 2 'no sound database'
head -c 100 "$work/sound.db" >"$state/records.db"
refuse 2 'records.db'
cp "$work/sound.db" "$state/records.db"
python3 - "$state/records.db" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
blob = bytearray(db.execute("SELECT blob FROM record WHERE name = 'limited1'").fetchone()[0])
blob[-1] ^= 1
db.execute("UPDATE record SET blob = ? WHERE name = 'limited1'", (bytes(blob),))
db.commit()
PY
plain
status=$(ask POST encrypt/limited1 '{"plaintext": "aGVsbG8="}')
[ "$status" = 500 ] || fail "a changed record: $status $(cat "$work/body")"
use first "$kept"
stop
cp "$work/sound.db" "$state/records.db"

# 3. Another machine cannot open the root; its own opens it still.
mv "$state/simulation" "$work/simulation"
refuse 1 'does not start'
rm -rf "$state/simulation"
mv "$work/simulation" "$state/simulation"
plain
use first "$kept"
stop

# 4. A disk that is full, in a mount namespace of the server's own where that may be.
unshare --mount --map-root-user true 2>/dev/null || {
    echo "no mount namespaces here: a full and a read-only disk were not tried"
    exit 0
}
state=$work/disk
mkdir "$state"
# shellcheck disable=SC2016 # for the inner shell
on_disk='mount -t tmpfs -o size=$3,mode=700 none "$2" && { [ ! -d "$4" ] || cp -r "$4/." "$2"; } &&
    { [ "$5" = rw ] || mount -o remount,ro "$2"; } &&
    exec "$1" serve --platform sim --listen 127.0.0.1:0 --state "$2"'
# SIZE COPY-OF rw|ro
disk=(unshare --mount --map-root-user bash -c "$on_disk" - "$keyclave" "$state")
serve "${disk[@]}" 400k none rw
seen=/proc/$server/root$state
mkdir -m 700 "$work/outside"
cp -r "$seen/simulation" "$work/outside/"
init "$work/outside"
keep first
head -c 60000 /dev/zero >"$seen/ballast"
fill full
whole full
use first "$kept"
rm "$seen/ballast"
[ "$(ask POST "keys/$refused" '{}')" = 200 ] || fail "there is room again: $(cat "$work/body")"
refused=none
whole full
cp -r "$seen/." "$work/outside/"
stop

# 5. A disk that nothing can be written to: no start, and it says why. The records are good.
status=0
timeout 60 "${disk[@]}" 2m "$work/outside" ro >"$work/out" 2>"$work/err" || status=$?
[ "$status" = 1 ] || fail "a read-only disk: exit status $status"
grep -q 'records.db: the store cannot be written here' "$work/err" || fail "no word of it"
state=$work/outside
plain
use first "$kept"
refused=none
whole full
stop
