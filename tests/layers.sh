#!/bin/bash
# Holds the #include lines of src/ to one order: a room may use what stands behind it here.
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A may=(
    [base]=""
    [formats]="base"
    [verify]="base formats"
    [library]="base formats verify"
    [ratls]="base formats"
    [http]="base"
    [core]="base formats verify ratls http"
    [image]="base formats"
    [enclave]="base formats core image"
    [aesm]="base formats"
    [collateral]="base formats verify http"
    [sim]="base formats http aesm"
    [loader]="base formats core image sim"
    [host]="base formats ratls aesm loader core"
    [client]="base formats verify ratls http collateral"
    [ear]="base formats verify core"
    [cli]="base formats verify library ratls core ear image aesm collateral sim loader host client"
)
status=0
for folder in src/*/; do
    room=$(basename "$folder")
    if [ -z "${may[$room]+known}" ]; then
        echo "src/$room: a room that tests/layers.sh does not know"
        status=1
        continue
    fi
    while IFS=: read -r file line text; do
        target=$(sed -E 's/.*"([a-z]+)\/.*/\1/' <<<"$text")
        case " $room ${may[$room]} " in
        *" $target "*) ;;
        *)
            echo "$file:$line: $room must not use $target"
            status=1
            ;;
        esac
    done < <(grep -nE '^#include "[a-z]+/' -r "$folder" --include='*.[chS]' || true)
done
exit $status
