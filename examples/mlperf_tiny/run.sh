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
source examples/learns.sh
for model; do line_of "$model" >/dev/null; done # refused before anything is built

echo "== installing what is missing, and building tdc (about ten minutes on two cores the first time)"
tdc=$(.ci/tdc qemu)
learn_each "$@"
