#!/usr/bin/env bash
# From nothing to a training step of the transformer on eight RISC-V cores, in cycles: installs what is missing, builds tdc and the
# simulated chip, takes one step of cct.td there and on this machine, says how fast the chip is, and compares the bytes of what
# they learned. Leaves weights, C, what the chip said and a picture of the step in build/cct_chip/.
# Usage: examples/cct/chip.sh [--engine] [TRAIN]      (a `train` block of cct.td, default: ft2)
#   --engine   on the chip with a matrix engine beside the cores
set -euo pipefail
cd "$(dirname "$0")/../.."
deploy=cluster
if [ "${1:-}" = --engine ]; then
  deploy=engine
  shift
fi
train=${1:-ft2}
example=examples/cct
out=build/cct_chip

echo "== installing what is missing, and building tdc (about ten minutes on two cores the first time; the chip takes two or three)"
tdc=$(.ci/tdc chip)
rm -rf "$out"
mkdir -p "$out"

# step TARGET OPTION...: weights and losses in $out/TARGET.*
step() {
  local target=$1
  shift
  echo
  echo "== a step of \`$train\` on $target"
  "$tdc" run "$example/cct.td" --train "$train" --deploy "$deploy" --on "$target" --data "$example/shifted_train.npz" --steps 1 \
    --weights "$example/pretrained.safetensors" --save "$out/$target.npz" --losses "$out/$target.csv" --keep "$out/$target" \
    "$@"
}
step host
echo
if [ $deploy = cluster ]; then
  echo "(the chip takes some 20 million cycles for \`ft2\`, of which this machine simulates about 100,000 a second: four minutes)"
fi
step rtl --timeline "$out/timeline.svg" | tee "$out/chip.log"

# What its authors say of TrainDeeploy, which trains this net on a chip of eight cores and a matrix engine, is from arXiv 2603.09511.
echo
awk '
  /^trained / { sub(/.* updates, /, ""); samples = $1 }
  /^the chip: / { cycles = said = $3; gsub(",", "", cycles) }
  / FLOP\/cycle of a peak of / { flop = $1; peak = $7 }
  END {
    printf "%-20s %16s   %s\n", "", "this chip", "TrainDeeploy, with a matrix engine"
    printf "%-20s %16s\n", "cycles", said
    printf "%-20s %16s   %s\n", "FLOP/cycle", flop " of " peak, "up to 4.6"
    printf "%-20s %16.1f   %s\n", "images/s at 360 MHz", samples * 360e6 / cycles, "up to 11"
  }' "$out/chip.log"
for file in npz csv; do
  cmp "$out/host.$file" "$out/rtl.$file" || { echo "the chip did not learn what the host did" >&2; exit 1; }
done
echo "what cores, DMA and matrix engine did in the step's first and busiest millisecond: $out/timeline.svg"
echo "after a step of \`$train\` the chip has the host's weights and loss, byte for byte"
