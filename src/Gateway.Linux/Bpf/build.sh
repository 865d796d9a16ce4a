#!/usr/bin/env bash
# Builds toa.bpf.bin from toa.bpf.c, and notes in toa.bpf.txt what it was built from. Needs clang, llvm and the kernel's user headers (Debian: clang llvm linux-libc-dev).
# usage: [CLANG=clang-14] build.sh [FOLDER]   (where to put the results; default: beside the source)
set -euo pipefail
cd "$(dirname "$0")"
to=${1:-.}
clang=${CLANG:-clang}
object=$(mktemp)
trap 'rm -f "$object"' EXIT
"$clang" -target bpf -mcpu=v2 -O2 -Wall -Werror -I "/usr/include/$(uname -m)-linux-gnu" -c toa.bpf.c -o "$object"
"${OBJCOPY:-llvm-objcopy}" -O binary --only-section=sockops "$object" "$to/toa.bpf.bin"
{
    echo "source $(sha256sum < toa.bpf.c | cut -d' ' -f1)"
    echo "binary $(sha256sum < "$to/toa.bpf.bin" | cut -d' ' -f1)"
    echo "clang $("$clang" -dumpversion)"
} > "$to/toa.bpf.txt"
