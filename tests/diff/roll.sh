#!/usr/bin/env bash
# A GRU cell over 16 and 128 turns: code, argument structs and tables do not grow, and the bytes are those of the turns
# written out, on host and QEMU, and on the chip, whose cores take what lies in the scratchpad. Times: tests/bench/growth.sh. Usage: tests/diff/roll.sh [TDC]        (default: the dev build)
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
tdc=$(realpath "${1:-$root/build/dev/compiler/tdc}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
# shellcheck source=tests/diff/checks.sh
source "$root/tests/diff/checks.sh"

declare -a code
# data TURNS: gru.npz, samples of a pattern
data() {
  python3 - "$1" <<'PY'
import struct, sys, zipfile
turns, count = int(sys.argv[1]), 12
def npy(dtype, shape, elements):
    text = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (dtype, shape)
    text += " " * (63 - (10 + len(text)) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + elements
numbers = [((i * i * 7 + i * 5) % 17 - 8) / 8 for i in range(count * turns * 6)]
with zipfile.ZipFile("gru%d.npz" % turns, "w") as z:
    z.writestr("window.npy", npy("<f4", (count, turns, 6), struct.pack("<%df" % len(numbers), *numbers)))
    z.writestr("label.npy", npy("<i4", (count,), struct.pack("<%di" % count, *[i * 3 % 5 for i in range(count)])))
PY
}
# at_most A FACTOR B: A is at most FACTOR times B
at_most() {
  echo "$1, at most $2 times $3"
  awk -v a="$1" -v f="$2" -v b="$3" 'BEGIN { exit !(a <= f * b) }'
}
# bytes NAME: code, argument structs and tables of the model's object
bytes() {
  size -A "$1" | awk '$1 ~ /^\.(text|rodata)/ { sum += $2 } END { print sum }'
}

for turns in 16 128; do
  sed "s/^let turns = 16$/let turns = $turns/" "$root/tests/diff/gru.td" >"gru$turns.td"
  data "$turns"
  check "tdc writes $turns turns" "$tdc" "gru$turns.td" -o "gru$turns"
  kernels=$(dirname "$(find "gru$turns" -name td_kernels.h)")
  platform=$(dirname "$(find "gru$turns" -name td_platform.h)")
  check "which compile" gcc -std=c11 -O3 -c -ffp-contract=off -fno-math-errno -I "gru$turns/include" -I "$kernels" \
    -I "$platform" "gru$turns/gru.c" -o "gru$turns.o"
  code[turns]=$(bytes "gru$turns.o")
done
check "code, argument structs and tables do not grow with the turns" at_most "${code[128]}" 1.2 "${code[16]}"

for train in all last; do
  for target in host qemu; do
    for without in "" "--without roll"; do
      # shellcheck disable=SC2086
      check "$train trains on $target $without" "$tdc" run gru16.td --train "$train" --on $target --data gru16.npz --steps 4 \
        --seed 1 --save "$train-$target$without.npz" --losses "$train-$target$without.csv" $without
    done
    check "$train: loops give the same weights on $target" cmp "$train-$target.npz" "$train-$target--without roll.npz"
  done
  check "$train: host and QEMU give the same weights" cmp "$train-host.npz" "$train-qemu.npz"
  check "$train: and the same losses" cmp "$train-host.csv" "$train-qemu.csv"
done

# On the chip what a turn needs lies in the scratchpad, or is brought there.
sed 's/^let turns = 16$/let turns = 6/; s/^use std.nn$/use std.nn\nuse std.chips/; s/batch      3/batch      1/' "$root/tests/diff/gru.td" >chip.td
echo 'deploy cluster on pulp_cluster { budget L1 <= 36 KiB }' >>chip.td
data 6
for target in host rtl; do
  deploy=$([ "$target" = rtl ] && echo cluster || echo host)
  check "a step on $target" "$tdc" run chip.td --train all --deploy "$deploy" --on "$target" --data gru6.npz --steps 1 --seed 1 \
    --save "step-$target.npz" --losses "step-$target.csv"
done
check "the chip gives the weights of the host" cmp step-host.npz step-rtl.npz
check "and its losses" cmp step-host.csv step-rtl.csv
check "the turns' own temporaries lie in the scratchpad" \
  bash -c '"$0" chip.td --train all --deploy cluster --dump schedule | grep -q "temporary, L1$" &&
           "$0" chip.td --train all --deploy cluster --dump hoist | grep -qE "copy .* as t.*turn 3 of loop"' "$tdc"
finish
