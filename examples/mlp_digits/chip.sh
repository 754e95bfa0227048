#!/usr/bin/env bash
# From nothing to training on eight RISC-V cores in cycles: installs what is missing, builds tdc, trains mlp_digits.td for
# some steps on this machine and on the simulated chip, which tdc builds first, compares the bytes of what they learned, and says
# where the chip's cycles went. Leaves weights, C and report.json in build/mlp_digits_chip/.
# Usage: examples/mlp_digits/chip.sh [STEPS]      (default: 5)
set -euo pipefail
cd "$(dirname "$0")/../.."
steps=${1:-5}
example=examples/mlp_digits
out=build/mlp_digits_chip

echo "== installing what is missing, and building tdc (about ten minutes on two cores the first time; the chip takes two or three)"
tdc=$(.ci/tdc chip)
rm -rf "$out"
mkdir -p "$out"

# train TARGET ARGUMENTS...: weights and losses in $out/TARGET.*
train() {
  local target=$1
  shift
  echo
  echo "== training on $target"
  "$tdc" run "$example/mlp_digits.td" --on "$target" --data "$example/digits_train.npz" --steps "$steps" \
    --save "$out/$target.npz" --losses "$out/$target.csv" --keep "$out/$target" "$@"
}
train host
train rtl --profile

echo
for file in npz csv; do
  cmp "$out/host.$file" "$out/rtl.$file" || { echo "the chip did not learn what the host did" >&2; exit 1; }
done
echo "after $steps steps the chip has the host's weights and losses, byte for byte"
