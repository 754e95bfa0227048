#!/usr/bin/env bash
# `tdc run --on rtl`: training on the simulated chip gives the host's bytes, whatever the number of cores, and
# says where the cycles went. The chip is the one that tdc builds, in build/cache.
# Usage: tests/diff/chip.sh [TDC]          (default: the dev build)
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
tdc=$(realpath "${1:-$root/build/dev/compiler/tdc}")
example=$root/examples/mlp_digits
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
# shellcheck source=tests/diff/checks.sh
source "$root/tests/diff/checks.sh"

# train NAME ARGUMENTS...: two steps; weights, losses and text in NAME.*
train() {
  local name=$1
  shift
  "$tdc" run "$example/mlp_digits.td" --data "$example/digits_train.npz" --steps 2 \
    --save "$name.npz" --losses "$name.csv" "$@" >"$name.log" 2>&1 || { cat "$name.log"; return 1; }
}

export TDC_CACHE=$root/build/cache
check "the chip is built" bash -c '"$0" chip >/dev/null' "$tdc"
check "trains on the host" train host --on host
for cores in 1 2 3 8; do
  check "trains on $cores cores" train "cores$cores" --on rtl --set cores=$cores --set cores_per_fpu=1
  check "$cores cores give the host's weights" cmp host.npz "cores$cores.npz"
  check "$cores cores give the host's losses" cmp host.csv "cores$cores.csv"
done
check "shared FPUs give the host's weights too" bash -c "$(declare -f train); tdc='$tdc' example='$example'; train shared --on rtl && cmp host.npz shared.npz"
check "markers change no number" bash -c "$(declare -f train); tdc='$tdc' example='$example'; train profile --on rtl --profile && cmp host.npz profile.npz"
check "the profile has a row per op" grep -qE "^ +[0-9]+ matmul +gradient\(fc1.weight\) +2 " profile.log
check "cycles are the same twice" bash -c "grep -q 'cycles of the chip' shared.log && $(declare -f train); tdc='$tdc' example='$example'; train again --on rtl && diff <(grep 'cycles of the chip' shared.log) <(grep 'cycles of the chip' again.log)"
check "an unknown parameter is refused" refuses 70 "nonsense" "$tdc" run "$example/mlp_digits.td" --on rtl --set nonsense=1 --data "$example/digits_train.npz" --steps 1
check "parameters of the chip are not for QEMU" refuses 2 "for \`--on rtl\`" "$tdc" run "$example/mlp_digits.td" --on qemu --set cores=1 --data "$example/digits_train.npz"

finish
