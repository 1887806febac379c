#!/bin/bash
# usage: sign_image.sh KEYCLAVE MAKE_IMAGE SOURCE
# sign and measure as a user runs them: exit statuses, messages, reproducible output.
set -u
keyclave=$(realpath "$1")
make_image=$(realpath "$2")
source=$(realpath "$3")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

# expect STATUS TEXT COMMAND...: the exit status, and TEXT somewhere in the output.
expect() {
    local want=$1 text=$2 got=0
    shift 2
    "$@" >out 2>&1 || got=$?
    if [ "$got" != "$want" ] || ! grep -qF -- "$text" <(cat out; echo); then
        echo "FAILED: $*: exit status $got for $want, '$text' wanted in:"
        sed 's/^/    /' out
        failed=1
    fi
}

"$make_image" image || exit 1
cat >kms.conf <<END
Debug=0
NumHeapPages=64  # 256 KiB
NumStackPages=4
NumTCS=3
ProductID=5
SecurityVersion=6
Date=20260102
END
openssl genrsa -3 -out private.pem 3072 2>/dev/null
openssl genrsa -3 -out small.pem 1024 2>/dev/null

expect 0 "usage: keyclave sign" "$keyclave" sign --help
expect 0 "usage: keyclave measure" "$keyclave" measure --help
expect 64 "are needed" "$keyclave" sign -e image
expect 64 "--colour" "$keyclave" sign --colour
expect 64 "which IMAGE" "$keyclave" measure
expect 64 "--colour" "$keyclave" measure --colour image
expect 2 "not signed yet" "$keyclave" measure image
expect 3 "No such file" "$keyclave" measure nothing
expect 2 "not a 64-bit little-endian ELF" "$keyclave" measure private.pem
expect 3 "No such file" "$keyclave" sign -e image -c kms.conf -k nothing.pem
expect 2 "not an RSA key of 3072 bits" "$keyclave" sign -e image -c kms.conf -k small.pem
sed 's/NumTCS=3/NumTCS=65/' kms.conf >bad.conf
expect 64 "bad.conf:4: NumTCS is not 1 to 64: NumTCS=65" \
    "$keyclave" sign -e image -c bad.conf -k private.pem
echo "NumTCS=4" >>kms.conf
expect 64 "kms.conf:8: setting is given twice: NumTCS=4" \
    "$keyclave" sign -e image -c kms.conf -k private.pem
sed -i '$d' kms.conf
test -e image.signed && echo "FAILED: a refused image was written" && failed=1

expect 0 "1 functions overwritten" "$keyclave" sign -e image -c kms.conf -k private.pem
expect 0 '"isv_svn": 6' \
    "$keyclave" sign --json -e image -c kms.conf -k private.pem -o other.signed -s other.sig
cmp image.signed other.signed || failed=1
cmp image.sig other.sig || failed=1
expect 0 "fits the image" "$keyclave" measure image.signed
expect 0 "product        5, security version 6, signed 2026-01-02" "$keyclave" measure image.signed
expect 0 '"debug_allowed": false' "$keyclave" measure --json image.signed
expect 0 '"forbidden": 0' "$keyclave" measure --json --scan --sig other.sig image.signed

# Debug, another date, and what does not fit.
sed 's/Debug=0/Debug=1/; /Date/d' kms.conf >debug.conf
expect 0 "signed 2001-09-09" env SOURCE_DATE_EPOCH=1000000000 \
    "$keyclave" sign -e image -c debug.conf -k private.pem -o debug.signed -s debug.sig
expect 64 "SOURCE_DATE_EPOCH" env SOURCE_DATE_EPOCH=soon \
    "$keyclave" sign -e image -c debug.conf -k private.pem -o debug.signed -s debug.sig
expect 0 '"debug_allowed": true' "$keyclave" measure --json debug.signed
cmp image.signed debug.signed || failed=1
sed 's/NumHeapPages=64/NumHeapPages=65/' kms.conf >larger.conf
expect 0 "MRENCLAVE" "$keyclave" sign -e image -c larger.conf -k private.pem -o larger.signed
expect 0 "fits the image" "$keyclave" measure larger.signed
expect 2 "of another image" "$keyclave" measure --sig other.sig larger.signed
expect 2 "not 1808 bytes" "$keyclave" measure --sig kms.conf image.signed
expect 3 "No such file" "$keyclave" measure --sig nothing image.signed

# An image that would execute CPUID is not signed. The NOPs of its function start at 0x1040.
cp image bad
printf '\x0f\xa2' | dd of=bad bs=1 seek=$((0x1042)) conv=notrunc status=none
expect 2 "CPUID at 0x42 in function" "$keyclave" sign -e bad -c kms.conf -k private.pem
test -e bad.signed && echo "FAILED: a refused image was written" && failed=1
cp image.signed bad.signed
printf '\x0f\xa2' | dd of=bad.signed bs=1 seek=$((0x1042)) conv=notrunc status=none
expect 2 "1 forbidden instructions" "$keyclave" measure --scan bad.signed

if command -v python3 >/dev/null; then
    for name in image debug; do
        expect 0 "" python3 "$source/tests/check_sigstruct.py" $name.signed $name.sig
    done
    expect 1 "MRENCLAVE" python3 "$source/tests/check_sigstruct.py" larger.signed other.sig
else
    echo "skipped: check_sigstruct.py (no python3)"
fi
exit $failed
