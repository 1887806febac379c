#!/bin/bash
# keyclave sim, as a user runs it: what it prints and writes, how it ends. $1 is the program.
set -euo pipefail
keyclave=$1
work=$(mktemp -d)
service=
trap '[ -z "$service" ] || kill "$service" 2>/dev/null || true; rm -rf "$work"' EXIT
export KEYCLAVE_STATE=$work/state

fail() {
    echo "sim_cli: $*" >&2
    exit 1
}

# want STATUS ARGUMENT...
want() {
    local status=$1 got=0
    shift
    "$keyclave" "$@" >"$work/out" 2>"$work/err" || got=$?
    [ "$got" = "$status" ] || fail "keyclave $*: exit status $got, not $status"
    if [ "$status" != 0 ] && [ ! -s "$work/err" ]; then
        fail "keyclave $*: failed without a word"
    fi
}

want 0 sim --help
grep -q -- --fault "$work/out" || fail "--help does not explain --fault"
want 64 sim
want 64 sim aesm
want 64 sim other
want 64 sim root extra
want 64 sim root --days 3
want 64 sim collateral
want 64 sim collateral "$work/c" --status uptodate
want 64 sim collateral "$work/c" --days 0
want 64 sim collateral "$work/c" --days 1x
want 64 sim collateral "$work/c" --at yesterday
want 64 sim aesm --socket "$work/s" --fault nothing
want 64 sim aesm --socket "$work/s" --fault error=0
want 64 sim pcs --fault nothing
want 64 sim pcs --days 0
want 64 sim pcs --listen localhost
want 64 sim pcs extra
want 0 sim pcs --help
want 1 sim aesm --socket "$work/nowhere/s"
want 1 sim root --state /dev/null

want 0 sim root
openssl x509 -in "$work/out" -noout -subject | grep -q 'CN = Simulated SGX Root CA' ||
    fail "sim root: not the root's certificate"
cp "$work/out" "$work/root.pem"
status=0
"$keyclave" sim root >/dev/full 2>"$work/err" || status=$?
[ $status = 1 ] || fail "sim root to a full device: $status"

want 0 sim collateral "$work/c" --at 2030-01-02T03:04:05Z --days 7 --status OutOfDate
cmp "$work/root.pem" "$work/c/root_ca.pem"
grep -q '"issueDate":"2030-01-02T03:04:05Z","nextUpdate":"2030-01-09T03:04:05Z"' \
    "$work/c/tcb_info.json" || fail "--at and --days are not in the TCB info"
for list in pck_crl root_ca_crl; do
    openssl crl -inform DER -in "$work/c/$list.der" -noout -nextupdate |
        grep -q 'Jan  9 03:04:05 2030' || fail "$list.der: another nextUpdate"
done
[ "$(find "$work/c" -type f | wc -l)" = 7 ] || fail "not the seven files of the collateral"

# A service: one line when it listens, a clean end by either signal.
for signal in INT TERM; do
    mkfifo "$work/ready.$signal"
    "$keyclave" sim aesm --socket "$work/aesm.socket" >"$work/ready.$signal" &
    service=$!
    read -r line <"$work/ready.$signal"
    [ "$line" = "ready $work/aesm.socket" ] || fail "'$line' where 'ready ...' belongs"
    [ -S "$work/aesm.socket" ] || fail "no socket"
    kill -s "$signal" "$service"
    wait "$service" || fail "SIG$signal: exit status $?"
    service=
    [ ! -e "$work/aesm.socket" ] || fail "the socket was left behind"
done

echo damaged >"$work/state/simulation/pck.pem"
want 2 sim root
grep -q 'simulation/pck.pem' "$work/err" || fail "the damaged file is not named"
