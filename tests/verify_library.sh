#!/bin/bash
# The verifier's library as it is installed: exports, size, header, pkg-config, static and shared,
# and the example of its manual page.
# usage: verify_library.sh BUILD SOURCE
set -euo pipefail
build=$1
source=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
failed=0
fail() { echo "FAIL $*"; failed=1; }

library=$build/src/library/libkeyclave-verify.so
# Not `grep -q`: it ends before nm does, and the pipe has failed then.
sanitized=$(nm -D "$library" | grep -c __asan || true)
other=$(nm -D --defined-only "$library" | awk '$2 != "A" {print $3}' | grep -v '^keyclave_' || true)
[ -z "$other" ] || fail "exports $other"
declared=$(grep -oE 'keyclave_[a-z_]+\(' "$source/include/keyclave/verify.h" | tr -d '(' | sort -u)
exported=$(nm -D --defined-only "$library" | awk '$2 == "T" {print $3}' | sed 's/@.*//' | sort -u)
[ "$declared" = "$exported" ] || fail "the header declares other functions than are exported"

if [ "$sanitized" = 0 ]; then
    bytes=$(size "$library" | awk 'NR == 2 {print $1 + $2 + $3}')
    [ "$bytes" -lt $((300 * 1024)) ] || fail "$bytes bytes of our own code"
    echo "own code and data: $bytes bytes"
fi

[ "$(wc -l <"$source/include/keyclave/verify.h")" -lt 250 ] || fail "the header has 250 lines"

# As a dependent's build finds it.
mkdir -p root/include root/lib
cp -r "$source/include/keyclave" root/include
cp "$build/src/library/libkeyclave-verify.a" root/lib
cp -P "$build"/src/library/libkeyclave-verify.so{,.0,.0.?.?} root/lib
sed "s|^prefix=.*|prefix=$scratch/root|; s|^libdir=.*|libdir=\${prefix}/lib|" \
    "$build/meson-private/keyclave-verify.pc" >root/lib/keyclave-verify.pc
export PKG_CONFIG_PATH=$scratch/root/lib
awk '/^# EXAMPLE/ {in_it = 1; next} /^# / {in_it = 0}
    in_it && /^```/ {code = !code; next} in_it && code' "$source/man/keyclave-verify.3.scd" >example.c
lines=$(wc -l <example.c)
# The page that is installed would lose it.
! grep -q '\\' example.c || fail "the example has a backslash"
[ "$lines" -gt 10 ] && [ "$lines" -lt 40 ] || fail "the example has $lines lines"
flags="-Wall -Wextra -Werror"
if [ "$sanitized" != 0 ]; then
    echo "sanitized: the example is not linked"
else
    # shellcheck disable=SC2046
    cc $flags example.c $(pkg-config --cflags --libs keyclave-verify) -o shared
    # shellcheck disable=SC2046
    cc $flags example.c $(pkg-config --cflags keyclave-verify) root/lib/libkeyclave-verify.a \
        $(pkg-config --libs libcrypto jansson) -o static
    seed=$source/tests/vectors/seed/quote.json
    for program in shared static; do
        status=0
        LD_LIBRARY_PATH=root/lib "./$program" "$seed" >out 2>&1 || status=$?
        [ $status = 1 ] && grep -q '^refused$' out && grep -q '^policy.debug: ' out ||
            { fail "$program: $status"; cat out; }
    done
    readelf -d shared | grep -q 'libkeyclave-verify.so.0' || fail "no soname"
fi
exit $failed
