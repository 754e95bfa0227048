#!/usr/bin/env bash
# The four reference models of MLPerf Tiny: installs what is missing, builds tdc, makes data, trains each model whole on
# this machine and says how well it does on data that it has not seen; then trains its last block for some steps in an
# emulated RISC-V program, which must give the same bytes. Leaves everything in build/mlperf_tiny/.
# Usage: run.sh [MODEL...]      (resnet8, ds_cnn, mobilenet_v1, deep_ae; without a word all of them)
set -euo pipefail
cd "$(dirname "$0")/../.."
example=examples/mlperf_tiny
out=build/mlperf_tiny
block=last_block
deploy=host

echo "== installing what is missing, and building tdc (about ten minutes on two cores the first time)"
tdc=$(.ci/tdc qemu)
mkdir -p "$out"
source examples/learns.sh

rm -f "$out/results.txt"
for model in "${@:-resnet8 ds_cnn mobilenet_v1 deep_ae}"; do
  for each in $model; do
    case $each in
      resnet8) learns resnet8 300 accuracy at_least 0.9 ;;
      ds_cnn) learns ds_cnn 600 accuracy at_least 0.85 ;;
      mobilenet_v1) learns mobilenet_v1 500 accuracy at_least 0.8 ;;
      deep_ae) learns deep_ae 2000 loss at_most 0.01 ;;
      *) echo "no model \`$each\`: resnet8, ds_cnn, mobilenet_v1 or deep_ae" >&2; exit 2 ;;
    esac
  done
done
echo
cat "$out/results.txt"
