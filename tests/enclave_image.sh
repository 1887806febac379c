#!/bin/bash
# usage: enclave_image.sh KEYCLAVE IMAGE SOURCE
# The image that was built: a production SIGSTRUCT that fits, no forbidden instruction, the same
# MRENCLAVE from the second implementation, and UD2 where trap.c says so.
set -u
keyclave=$1
image=$2
source=$3
failed=0
facts=$("$keyclave" measure --scan --json "$image") || { echo "measure: exit status $?"; exit 1; }
for want in '"fits": true' '"debug_allowed": false' '"forbidden": 0' '"tcs": 16' \
    '"flags_mask": "0xffffffffffffffff"' '"xfrm_mask": "0xffffffffffffffff"'; do
    grep -qF -- "$want" <<<"$facts" || { echo "FAILED: no $want in: $facts"; failed=1; }
done

# Text is linked at 0 and its segment's offset in the file is that of the first PT_LOAD.
text=$(readelf -lW "$image" | awk '$1 == "LOAD" { print $2; exit }')
found=0
while read -r value size _ _ _ _ name; do
    case $name in OPENSSL_ia32_cpuid | OPENSSL_rdtsc | RC4_options) ;; *) continue ;; esac
    found=$((found + 1))
    bytes=$(od -An -v -tx1 -j $((text + 0x$value)) -N $((size / 2 * 2)) "$image" | tr -d ' \n')
    [ -z "${bytes//0f0b/}" ] || { echo "FAILED: $name is not UD2: $bytes"; failed=1; }
done < <(readelf -sW "$image" | awk '$4 == "FUNC" { print $2, $3, $4, $5, $6, $7, $8 }')
[ $found -gt 0 ] || { echo "FAILED: none of the functions to overwrite is in the image"; failed=1; }

if command -v python3 >/dev/null; then
    python3 "$source/tests/check_sigstruct.py" "$image" "${image%.signed}.sig" || failed=1
else
    echo "skipped: check_sigstruct.py (no python3)"
fi
exit $failed
