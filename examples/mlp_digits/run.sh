#!/usr/bin/env bash
# From nothing to a trained network: installs what is missing, builds tdc, compiles mlp_digits.td,
# trains it in an emulated RISC-V program on real handwritten digits, and says how well it reads
# digits that it has not seen, before and after. Leaves the C and the weights in build/mlp_digits/.
set -euo pipefail
cd "$(dirname "$0")/../.."
example=examples/mlp_digits
out=build/mlp_digits

echo "== installing what is missing, and building tdc (about ten minutes on two cores the first time; the rest takes one)"
tdc=$(.ci/tdc qemu)
mkdir -p "$out"

echo
echo "== compiling mlp_digits.td for the chip"
"$tdc" "$example/mlp_digits.td" -o "$out/c"

evaluate() {
  "$tdc" run "$example/mlp_digits.td" --on qemu --eval --data "$example/digits_test.npz" "$@" | tee "$out/eval.log"
}
# accuracy: the share of the test digits that were read correctly, in percent
accuracy() {
  awk '$1 == "accuracy" { printf "%.1f", 100 * $2 }' "$out/eval.log"
}

echo
echo "== before training"
evaluate
before=$(accuracy)

echo
echo "== training in the emulated RISC-V program (qemu-riscv32)"
"$tdc" run "$example/mlp_digits.td" --on qemu --data "$example/digits_train.npz" --steps 3600 --shuffle \
  --save "$out/trained.npz" --losses "$out/losses.csv" --keep "$out/run"

echo
echo "== after training"
evaluate --weights "$out/trained.npz"
after=$(accuracy)

echo
echo "test accuracy   $before % before, $after % after 20 passes over the 1,437 training digits"
echo "C for the chip  $out/c"
echo "C that trained  $out/run"
echo "weights         $out/trained.npz"
echo "losses          $out/losses.csv"
awk -v after="$after" 'BEGIN { exit !(after >= 93) }' || {
  echo "less than 93 % of the test digits are read correctly" >&2
  exit 1
}
