#!/bin/bash
# usage: e2e_reproducible.sh SOURCE
# Two copies of the sources, in folders of different names and depth, must give the same image and
# SIGSTRUCT to the byte: then everybody who has the sources can compute the MRENCLAVE that a client
# pins.
set -eu
source=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SOURCE_DATE_EPOCH=1767225600
cd "$source"

# build FOLDER: the program and its image, nothing else.
build() {
    mkdir -p "$work/$1"
    tar -c --exclude='./build*' --exclude=./.git --exclude=./tests/vectors --exclude=node_modules . |
        tar -x -C "$work/$1"
    meson setup "$work/$1/build" "$work/$1" -Dtests=false -Dfuzz=false -Dbench=false >"$work/log" ||
        { cat "$work/log"; exit 1; }
    ninja -j2 -C "$work/$1/build" keyclave-enclave.signed >"$work/log" ||
        { tail -40 "$work/log"; exit 1; }
}

build one
build a/much/longer/path/than/the/other
for file in keyclave-enclave.signed keyclave-enclave.sig; do
    cmp "$work/one/build/$file" "$work/a/much/longer/path/than/the/other/build/$file"
done
"$work/one/build/keyclave" measure "$work/one/build/keyclave-enclave.signed"
if grep -aqF -e "$work" -e "$source" "$work/one/build/keyclave-enclave.signed"; then
    echo "a path of the build stands in the image"
    exit 1
fi
