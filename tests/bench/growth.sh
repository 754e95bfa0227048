#!/usr/bin/env bash
# The figures of growth: every stage over programs of growing sizes, and a GRU cell over 16 to 1,024 turns, as loops and
# with the turns written out. Usage: tests/bench/growth.sh [BUILD]        (default: build/dev)
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$(realpath "${1:-$root/build/dev}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# seconds COMMAND...: processor seconds of the best of three runs
seconds() {
  python3 - "$@" <<'PY'
import os, subprocess, sys
best = None
for _ in range(3):
    before = os.times()
    subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    best = used if best is None else min(best, used)
print("%.3f" % best)
PY
}

"$build/tests/bench/growth"

echo
echo "GRU cell, train step and inference: bytes of code with argument structs and tables; processor seconds, the best of three"
printf '%6s %10s %10s %10s %10s\n' turns pass bytes tdc gcc
for turns in 16 128 1024; do
  for without in "" "--without roll"; do
    if [ "$turns" = 1024 ] && [ -n "$without" ]; then continue; fi # minutes for the C compiler
    sed "s/^let turns = 16$/let turns = $turns/" "$root/tests/diff/gru.td" >gru.td
    rm -rf gru
    # shellcheck disable=SC2086
    tdc_seconds=$(seconds "$build/compiler/tdc" gru.td -o gru $without)
    c_seconds=$(seconds gcc -std=c11 -O3 -c -ffp-contract=off -fno-math-errno -I gru/include \
      -I "$(dirname "$(find gru -name td_kernels.h)")" -I "$(dirname "$(find gru -name td_platform.h)")" gru/gru.c -o gru.o)
    bytes=$(size -A gru.o | awk '$1 ~ /^\.(text|rodata)/ { sum += $2 } END { print sum }')
    printf '%6s %10s %10s %10s %10s\n' "$turns" "$([ -n "$without" ] && echo unrolled || echo loops)" "$bytes" "$tdc_seconds" "$c_seconds"
  done
done
